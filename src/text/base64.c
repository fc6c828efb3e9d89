/* SPDX-License-Identifier: Apache-2.0 */
#include "text/base64.h"

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		struct str three = str_slice(bytes, i, i + 3);
		uint32_t bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < three.len ? (unsigned char)three.ptr[j] : 0);
		for (size_t j = 0; j < 4; j++)
			buf_putc(out, j <= three.len ? DIGITS[bits >> (18 - 6 * j) & 63] : '=');
	}
}

/* Four digits, of which `padding` are '='. */
struct quad {
	uint32_t bits;
	unsigned digits, padding;
};

static bool flush(struct quad *quad, struct buf *out, struct err *err)
{
	if (quad->padding > 2 || (quad->bits & ((1u << 8 * quad->padding) - 1)) != 0)
		return err_set(err, ERR_INVALID, "base64 that ends wrongly");
	for (unsigned i = 0; i < 3 - quad->padding; i++)
		buf_putc(out, (char)(quad->bits >> (16 - 8 * i) & 0xff));
	quad->bits = 0;
	quad->digits = 0;
	return true;
}

static bool add_digit(struct quad *quad, char c, struct err *err)
{
	const char *digit = c == '\0' ? NULL : strchr(DIGITS, c);

	if (c != '=' && digit == NULL)
		return err_set(err, ERR_INVALID, "a character that is no base64");
	if (c != '=' && quad->padding > 0)
		return err_set(err, ERR_INVALID, "base64 that goes on behind its padding");
	if (c == '=')
		quad->padding++;
	quad->bits = quad->bits << 6 | (digit ? (uint32_t)(digit - DIGITS) : 0);
	quad->digits++;
	return true;
}

bool base64_decode(struct str text, struct buf *out, struct err *err)
{
	struct quad quad = {0};

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (quad.padding > 0 && quad.digits == 0)
			return err_set(err, ERR_INVALID, "base64 that goes on behind its padding");
		if (!add_digit(&quad, c, err) || (quad.digits == 4 && !flush(&quad, out, err)))
			return false;
	}
	if (quad.digits > 0)
		return err_set(err, ERR_INVALID, "base64 that ends early");
	if (out->failed)
		return err_set(err, ERR_LIMIT, "more than %zu bytes", out->max);
	return true;
}
