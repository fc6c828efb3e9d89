/* SPDX-License-Identifier: Apache-2.0 */
#include "template_constant.h"

#include <math.h>
#include <stdlib.h>

#include "characters.h"
#include "text/quote.h"

enum { OLD_OCTAL = 7 }; /* the octal form without a letter; stands where other bases do */

/* ---- texts ---- */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 99;
}

/* Exactly `count` digits off the front of *rest. */
static bool take_digits(struct str *rest, size_t count, int base, uint32_t *ret_number)
{
	uint32_t number = 0;

	if (rest->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = digit_value(rest->ptr[i]);

		if (digit >= base)
			return false;
		number = number * (uint32_t)base + (uint32_t)digit;
	}
	*rest = str_slice(*rest, count, rest->len);
	*ret_number = number;
	return true;
}

/* What stands behind a backslash. *ret_byte: the number is a byte, not a character. */
static bool take_escape(struct str *rest, char quote, uint32_t *ret_number, bool *ret_byte)
{
	static const char letters[] = "abfnrtv\\";
	static const char meanings[] = "\a\b\f\n\r\t\v\\";
	const char *found;
	char letter;

	if (rest->len == 0)
		return false;
	letter = rest->ptr[0];
	*ret_byte = letter == 'x' || (letter >= '0' && letter <= '7');
	if (letter >= '0' && letter <= '7')
		return take_digits(rest, 3, 8, ret_number) && *ret_number <= 0xff;
	*rest = str_slice(*rest, 1, rest->len);
	if (letter == 'x')
		return take_digits(rest, 2, 16, ret_number);
	if (letter == 'u' || letter == 'U')
		return take_digits(rest, letter == 'u' ? 4 : 8, 16, ret_number) && *ret_number <= CHARACTER_LAST &&
		       (*ret_number < 0xd800 || *ret_number > 0xdfff);
	found = letter ? strchr(letters, letter) : NULL;
	if (found == NULL && letter != quote)
		return false;
	*ret_number = (unsigned char)(found ? meanings[found - letters] : letter);
	return true;
}

bool template_constant_unquote(struct str written, struct buf *out)
{
	struct str rest = str_slice(written, 1, written.len - 1);
	char quote = written.ptr[0];

	while (rest.len) {
		char c = rest.ptr[0];
		uint32_t number;
		bool byte;

		rest = str_slice(rest, 1, rest.len);
		if (quote == '`' ? c != '\r' : c != '\\') { /* Go drops CR in raw texts */
			buf_putc(out, c);
		} else if (quote != '`') {
			if (!take_escape(&rest, quote, &number, &byte))
				return false;
			if (byte)
				buf_putc(out, (char)number);
			else
				characters_write(out, number);
		}
	}
	return true;
}

/* ---- numbers ---- */

static bool malformed(struct err *err, const char *what, struct str written)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	quote_go(&shown, written);
	return err_set(err, ERR_INVALID, "%s: %s", what, buf_cstr(&shown));
}

static bool character_constant(struct str written, struct number *ret_number, struct err *err)
{
	struct str rest = str_slice(written, 1, written.len - 1);
	uint32_t number = 0;
	size_t bytes;
	bool byte;
	bool good = rest.len > 0 && rest.ptr[0] != '\'';

	if (good && rest.ptr[0] == '\\') {
		rest = str_slice(rest, 1, rest.len);
		good = take_escape(&rest, '\'', &number, &byte);
	} else if (good) {
		number = characters_read(rest, &bytes);
		rest = str_slice(rest, bytes, rest.len);
	}
	if (!good)
		return err_set(err, ERR_INVALID, "invalid syntax");
	if (rest.len)
		return err_set(err, ERR_INVALID, "malformed character constant: %.*s", STR_ARG(written));
	*ret_number = (struct number){NUMBER_INT, number, number};
	return true;
}

static int base_of(struct str digits)
{
	if (digits.len < 2 || digits.ptr[0] != '0')
		return 10;
	switch (digits.ptr[1] | 0x20) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	default:
		return OLD_OCTAL;
	}
}

/* Go allows '_' between digits and behind the prefix. */
static bool underscores_good(struct str digits)
{
	char before = base_of(digits) == 10 ? '.' : '0';

	for (size_t i = base_of(digits) == 10 || base_of(digits) == OLD_OCTAL ? 0 : 2; i < digits.len; i++) {
		char c = digits.ptr[i];

		if (c == '_' &&
		    (digit_value(before) >= 16 || i + 1 == digits.len || digit_value(digits.ptr[i + 1]) >= 16))
			return false;
		before = c;
	}
	return true;
}

/* False when it is no integer at all; *ret_large when it needs more than 64 bits. */
static bool parse_unsigned(struct str digits, uint64_t *ret_number, bool *ret_large)
{
	int base = base_of(digits);
	size_t at = base == 10 ? 0 : base == OLD_OCTAL ? 1 : 2;
	uint64_t number = 0;
	bool any = base == OLD_OCTAL;

	if (base == OLD_OCTAL)
		base = 8;
	for (; at < digits.len; at++) {
		int digit = digit_value(digits.ptr[at]);

		if (digits.ptr[at] == '_')
			continue;
		if (digit >= base)
			return false;
		any = true;
		if (__builtin_mul_overflow(number, (uint64_t)base, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number))
			*ret_large = true;
	}
	*ret_number = number;
	return any;
}

/* Decimal, or hexadecimal with the exponent that Go demands. */
static bool parse_real(struct str digits, double *ret_number)
{
	CLEANUP(buf_clear) struct buf plain = BUF_MAX(TEMPLATE_BYTES_MAX + 1);
	bool hexadecimal = base_of(digits) == 16;
	bool exponent = false;
	char *end;

	for (size_t i = 0; i < digits.len; i++) {
		exponent = exponent || (digits.ptr[i] | 0x20) == 'p';
		if (digits.ptr[i] != '_')
			buf_putc(&plain, digits.ptr[i]);
	}
	if (hexadecimal != exponent || plain.len == 0)
		return false;
	*ret_number = strtod(buf_cstr(&plain), &end);
	return *end == '\0' && end != plain.ptr && !isinf(*ret_number);
}

bool template_constant_number(struct str written, struct number *ret_number, struct err *err)
{
	struct str digits = written;
	bool negative = written.len && written.ptr[0] == '-';
	bool sign = negative || (written.len && written.ptr[0] == '+');
	bool marked = false; /* has what makes a number a floating point one */
	bool large = false;
	uint64_t whole;
	double real;

	if (written.len && written.ptr[0] == '\'')
		return character_constant(written, ret_number, err);
	if (written.len && str_ends(written, STR("i")))
		return malformed(err, "imaginary numbers are not supported", written);
	for (size_t i = 0; i < written.len; i++)
		marked = marked || strchr(".eEpP", written.ptr[i]) != NULL;
	if (sign)
		digits = str_slice(written, 1, written.len);
	if (digits.len == 0 || !underscores_good(digits))
		return malformed(err, "illegal number syntax", written);
	if (parse_unsigned(digits, &whole, &large) && !large) {
		uint64_t limit = (uint64_t)INT64_MAX + negative;

		if (whole > limit && sign)
			return malformed(err, "integer overflow", written);
		*ret_number = (struct number){NUMBER_INT, (int64_t)(negative ? -whole : whole), 0};
		if (whole > limit)
			ret_number->kind = NUMBER_TOO_LARGE;
		if (marked && (sign || base_of(digits) != 16)) /* Go's reading of "-0xE" */
			*ret_number = (struct number){NUMBER_FLOAT, 0, negative ? -(double)whole : (double)whole};
		return true;
	}
	if (!parse_real(digits, &real))
		return malformed(err, "illegal number syntax", written);
	if (!marked)
		return malformed(err, "integer overflow", written);
	*ret_number = (struct number){NUMBER_FLOAT, 0, negative ? -real : real};
	return true;
}
