/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8_in.h"

size_t utf8_character(struct str text, size_t at, uint32_t *ret_character)
{
	unsigned char first = at < text.len ? (unsigned char)text.ptr[at] : 0;
	size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	struct str whole = str_slice(text, at, at + bytes);
	uint32_t character = bytes == 1 ? first : first & (0xffU >> (bytes + 1));

	*ret_character = 0;
	if (at >= text.len || !str_is_utf8(whole))
		return 0;
	for (size_t i = 1; i < bytes; i++)
		character = character << 6 | ((unsigned char)whole.ptr[i] & 0x3fU);
	*ret_character = character;
	return bytes;
}

void utf8_clean(struct buf *out, struct str text)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t character;
		size_t bytes = utf8_character(text, at, &character);

		buf_put(out, bytes ? str_slice(text, at, at + bytes) : STR("\xef\xbf\xbd"));
		at += bytes ? bytes : 1;
	}
}

size_t utf8_dirty_offset(struct str text, size_t clean_offset)
{
	size_t at = 0;

	for (size_t clean = 0; clean < clean_offset;) {
		uint32_t character;
		size_t bytes = utf8_character(text, at, &character);

		clean += bytes ? bytes : 3;
		at += bytes ? bytes : 1;
	}
	return at;
}
