/* SPDX-License-Identifier: Apache-2.0 */
#include "text/quote.h"

#include "characters.h"

static void put_hex(struct buf *out, char letter, uint32_t number, unsigned digits)
{
	buf_putc(out, '\\');
	buf_putc(out, letter);
	while (digits--)
		buf_putc(out, "0123456789abcdef"[number >> (4 * digits) & 0xf]);
}

/* The letter behind the backslash, or 0. */
static char short_escape(uint32_t character)
{
	switch (character) {
	case '\a':
		return 'a';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	case '"':
	case '\\':
		return (char)character;
	default:
		return 0;
	}
}

static void put_escape(struct buf *out, uint32_t character)
{
	char letter = short_escape(character);

	if (letter) {
		buf_putc(out, '\\');
		buf_putc(out, letter);
	} else if (character < 0x20 || character == 0x7f) {
		put_hex(out, 'x', character, 2);
	} else if (character < 0x10000) {
		put_hex(out, 'u', character, 4);
	} else {
		put_hex(out, 'U', character, 8);
	}
}

/* How many bytes at the front stand for themselves: names of pods and namespaces are nothing else, and long lists of them go
   through here. */
static size_t plain_bytes(struct str text)
{
	size_t count = 0;

	while (count < text.len && text.ptr[count] >= 0x20 && text.ptr[count] < 0x7f && text.ptr[count] != '"' &&
	       text.ptr[count] != '\\')
		count++;
	return count;
}

void quote_go(struct buf *out, struct str text)
{
	buf_putc(out, '"');
	for (size_t at = 0, bytes; at < text.len; at += bytes) {
		struct str rest = {text.ptr + at, text.len - at};
		uint32_t character;

		bytes = plain_bytes(rest);
		if (bytes) {
			buf_put(out, (struct str){rest.ptr, bytes});
			continue;
		}
		character = characters_read(rest, &bytes);
		if (character == CHARACTER_BAD && bytes == 1)
			put_hex(out, 'x', (unsigned char)rest.ptr[0], 2);
		else if (character != '"' && character != '\\' && characters_printable(character))
			buf_put(out, (struct str){rest.ptr, bytes});
		else
			put_escape(out, character);
	}
	buf_putc(out, '"');
}

void quote_regexp(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] && strchr("\\.+*?()|[]{}^$", text.ptr[i]))
			buf_putc(out, '\\');
		buf_putc(out, text.ptr[i]);
	}
}
