/* SPDX-License-Identifier: Apache-2.0 */
#include "text/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "text/quote.h"

/* An infinite or useless exponent stays one when it is cut here, and cannot overflow an int. */
enum { EXPONENT_MAX = 100000 };

/* Escaped, a byte takes up to four: a message keeps room for the reason. */
enum { QUOTED_MAX = 100 };

/* Digits of a decimal number: mantissa * 10^exponent, as long as `exact`. */
struct decimal {
	uint64_t mantissa;
	int exponent;
	bool negative, exact;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The start of a hostile text is enough to find it by. */
static bool refuse(struct err *err, const char *function, struct str text, const char *why)
{
	CLEANUP(buf_clear) struct buf quoted = {0};
	struct str start = str_slice(text, 0, QUOTED_MAX);

	if (start.len < text.len)
		start.len = str_whole_characters(start);
	quote_go(&quoted, start);
	quoted.len--; /* the closing quote stands behind the dots */
	return err_set(err, ERR_INVALID, "%s: parsing %.*s%s\": %s", function, STR_ARG(buf_str(&quoted)),
		       start.len < text.len ? "..." : "", why);
}

/* NULL, or why `text` is no row of digits with a value up to `max`. */
static const char *parse_digits(struct str text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text.len == 0)
		return "invalid syntax";
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.ptr[i]))
			return "invalid syntax";
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text.ptr[i] - '0'), &number))
			return "value out of range";
	}
	if (number > max)
		return "value out of range";
	*ret_number = number;
	return NULL;
}

static bool has_sign(struct str text)
{
	return text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
}

bool number_parse_i64(struct str text, int64_t *ret_number, struct err *err)
{
	bool negative = has_sign(text) && text.ptr[0] == '-';
	struct str digits = str_slice(text, has_sign(text), text.len);
	uint64_t magnitude = 0;
	const char *why = parse_digits(digits, (uint64_t)INT64_MAX + negative, &magnitude);

	if (why)
		return refuse(err, "strconv.ParseInt", text, why);
	*ret_number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

bool number_parse_u64(struct str text, uint64_t max, uint64_t *ret_number, struct err *err)
{
	const char *why = parse_digits(text, max, ret_number);

	return why == NULL || refuse(err, "strconv.ParseUint", text, why);
}

/* Takes a digit of the mantissa; beyond 2^53 the digits no longer fit a double exactly. */
static void take_digit(struct decimal *decimal, char digit, bool fraction)
{
	if (decimal->mantissa >= (UINT64_C(1) << 53) / 10)
		decimal->exact = false;
	if (!decimal->exact)
		return;
	decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(digit - '0');
	decimal->exponent -= fraction;
}

static size_t take_digits(struct str text, size_t at, struct decimal *decimal, bool fraction)
{
	while (at < text.len && is_digit(text.ptr[at]))
		take_digit(decimal, text.ptr[at++], fraction);
	return at;
}

/* The offset behind the exponent at `at`, which is there; 0 when it has no digits. */
static size_t take_exponent(struct str text, size_t at, struct decimal *decimal)
{
	struct str rest = str_slice(text, at + 1, text.len);
	bool negative = has_sign(rest) && rest.ptr[0] == '-';
	size_t first = at + 1 + has_sign(rest);
	int exponent = 0;

	for (at = first; at < text.len && is_digit(text.ptr[at]); at++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (text.ptr[at] - '0');
	decimal->exponent += negative ? -exponent : exponent;
	return at > first ? at : 0;
}

static bool parse_decimal(struct str text, struct decimal *ret_decimal)
{
	struct decimal decimal = {.exact = true, .negative = has_sign(text) && text.ptr[0] == '-'};
	size_t from = has_sign(text);
	size_t at = take_digits(text, from, &decimal, false);
	size_t digits = at - from;

	if (at < text.len && text.ptr[at] == '.') {
		from = at + 1;
		at = take_digits(text, from, &decimal, true);
		digits += at - from;
	}
	if (digits && at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E'))
		at = take_exponent(text, at, &decimal);
	if (digits == 0 || at != text.len)
		return false;
	*ret_decimal = decimal;
	return true;
}

/* A mantissa below 2^53 times or by a power of ten that a double holds exactly (up to 10^22) is rounded once, hence
   right. */
static bool multiply_exactly(const struct decimal *decimal, double *ret_number)
{
	static const double powers[] = {1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,	1e8,  1e9,  1e10, 1e11,
					1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	double number = (double)decimal->mantissa;
	int largest = (int)COUNT_OF(powers) - 1;

	if (!decimal->exact || decimal->exponent > largest || decimal->exponent < -largest)
		return false;
	number = decimal->exponent < 0 ? number / powers[-decimal->exponent] : number * powers[decimal->exponent];
	*ret_number = decimal->negative ? -number : number;
	return true;
}

/* In the C locale whatever the program's is, since others write the point as a comma. */
static double convert_slowly(struct str text)
{
	CLEANUP(buf_clear) struct buf copy = {0};
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double number;

	CHECK(c_locale != (locale_t)0);
	buf_put(&copy, text);
	number = strtod_l(buf_cstr(&copy), NULL, c_locale);
	freelocale(c_locale);
	return number;
}

static bool parse_word(struct str text, double *ret_number)
{
	static const struct {
		struct str word;
		double value;
	} words[] = {{STR_INIT("nan"), NAN},
		     {STR_INIT("inf"), INFINITY},
		     {STR_INIT("+inf"), INFINITY},
		     {STR_INIT("-inf"), -INFINITY}};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_nocase(text, words[i].word)) {
			*ret_number = words[i].value;
			return true;
		}
	return false;
}

bool number_parse_double(struct str text, double *ret_number, struct err *err)
{
	struct decimal decimal;

	if (!parse_decimal(text, &decimal))
		return parse_word(text, ret_number) || refuse(err, "strconv.ParseFloat", text, "invalid syntax");
	if (!multiply_exactly(&decimal, ret_number))
		*ret_number = convert_slowly(text);
	return true;
}
