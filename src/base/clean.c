/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clean.h"

void clean_line(char *text, size_t length)
{
	for (size_t at = 0, bytes; at < length; at += bytes) {
		bytes = str_character((struct str){text + at, length - at});
		if (bytes == 0)
			text[at] = '?';
		else if ((unsigned char)text[at] < ' ' || text[at] == 0x7f)
			text[at] = ' ';
		bytes += bytes == 0;
	}
}

void clean_copy(char *to, size_t size, struct str text)
{
	if (text.len >= size)
		text.len = str_whole_characters((struct str){text.ptr, size - 1});
	if (text.len)
		memmove(to, text.ptr, text.len);
	to[text.len] = '\0';
	clean_line(to, text.len);
}

void clean_put(struct buf *out, struct str text)
{
	size_t before = out->len;

	buf_put(out, text);
	if (out->len > before)
		clean_line(out->ptr + before, out->len - before);
}
