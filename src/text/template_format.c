/* SPDX-License-Identifier: Apache-2.0 */
#include "template_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "characters.h"
#include "text/quote.h"

/* ---- parts ---- */

static size_t count_characters(struct str text)
{
	size_t count = 0;

	for (size_t at = 0, bytes; at < text.len; at += bytes, count++)
		characters_read(str_slice(text, at, text.len), &bytes);
	return count;
}

/* Widens what was written from `mark` on. */
static void pad(const struct directive *d, size_t mark, char fill)
{
	struct buf *out = d->out;
	size_t length = out->len - mark;
	size_t missing;

	if (d->width == 0 || out->failed)
		return;
	missing = count_characters((struct str){out->ptr + mark, length});
	missing = missing < (size_t)d->width ? (size_t)d->width - missing : 0;
	if (missing == 0 || !buf_reserve(out, missing))
		return;
	if (d->minus) {
		memset(out->ptr + out->len, ' ', missing);
	} else {
		memmove(out->ptr + mark + missing, out->ptr + mark, length);
		memset(out->ptr + mark, fill, missing);
	}
	out->len += missing;
}

static void put_text(const struct directive *d, struct str text)
{
	size_t mark = d->out->len;

	buf_put(d->out, text);
	pad(d, mark, d->zero ? '0' : ' ');
}

/* NOLINTBEGIN(misc-no-recursion): no deeper than root, list, text, and a bad verb once more */

static void put_bad_verb(struct directive *d, const struct value *value)
{
	uint32_t verb = d->verb;

	buf_puts(d->out, "%!");
	characters_write(d->out, verb);
	buf_putc(d->out, '(');
	if (value->kind != VALUE_NONE) {
		buf_puts(d->out, template_run_type(d->run, value));
		buf_putc(d->out, '=');
	}
	d->verb = 'v';
	if (value->kind == VALUE_NONE)
		buf_puts(d->out, "<nil>");
	else
		template_format_directive(d, value);
	d->verb = verb;
	buf_putc(d->out, ')');
}

/* ---- whole numbers ---- */

static void put_digits(const struct directive *d, bool negative, uint64_t number, unsigned base)
{
	const char *alphabet = d->verb == 'X' ? "0123456789ABCDEFX" : "0123456789abcdefx";
	char digits[64];
	size_t at = sizeof(digits);
	size_t mark = d->out->len;
	bool sign = negative || d->plus || d->space;
	int zeros = d->precision >= 0 ? d->precision : d->zero && !d->minus ? d->width - sign : 0;

	if (d->precision == 0 && number == 0) {
		pad(d, mark, ' ');
		return;
	}
	for (uint64_t rest = number; rest || at == sizeof(digits); rest /= base)
		digits[--at] = alphabet[rest % base];
	if (sign)
		buf_putc(d->out, negative ? '-' : d->plus ? '+' : ' ');
	zeros -= (int)(sizeof(digits) - at);
	if (d->verb == 'O')
		buf_puts(d->out, "0o");
	if (d->sharp && base == 8 && zeros <= 0 && number)
		buf_putc(d->out, '0');
	if (d->sharp && (base == 2 || base == 16))
		buf_put(d->out, (struct str){base == 2 ? "0b" : d->verb == 'X' ? "0X" : "0x", 2});
	for (; zeros > 0; zeros--)
		buf_putc(d->out, '0');
	buf_put(d->out, (struct str){digits + at, sizeof(digits) - at});
	pad(d, mark, ' ');
}

/* %c, %q and %U of a number: the character. */
static void put_character(const struct directive *d, int64_t number)
{
	uint32_t character = number < 0 || number > CHARACTER_LAST ? CHARACTER_BAD : (uint32_t)number;
	CLEANUP(buf_clear) struct buf text = {0};
	size_t mark = d->out->len;

	characters_write(&text, character);
	if (d->verb == 'c') {
		buf_put(d->out, buf_str(&text));
	} else if (d->verb == 'U') {
		buf_printf(d->out, "U+%0*llX", d->precision > 4 ? d->precision : 4, (unsigned long long)number);
		if (d->sharp && number == character && characters_printable(character))
			buf_printf(d->out, " '%s'", buf_cstr(&text));
	} else if (character == '\'' || character == '"') {
		buf_puts(d->out, character == '"' ? "'\"'" : "'\\''");
	} else {
		quote_go(d->out, buf_str(&text));
		if (!d->out->failed)
			d->out->ptr[mark] = d->out->ptr[d->out->len - 1] = '\'';
	}
	pad(d, mark, d->zero && d->verb != 'U' ? '0' : ' ');
}

static void put_whole(struct directive *d, const struct value *value)
{
	int64_t number = value->integer;
	uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
	struct directive hexadecimal = *d;

	switch (d->verb) {
	case 'v':
		if (d->syntax && value->kind == VALUE_BYTE) {
			hexadecimal.sharp = true;
			put_digits(&hexadecimal, false, magnitude, 16);
			return;
		}
		put_digits(d, number < 0, magnitude, 10);
		return;
	case 'd':
		put_digits(d, number < 0, magnitude, 10);
		return;
	case 'b':
		put_digits(d, number < 0, magnitude, 2);
		return;
	case 'o':
	case 'O':
		put_digits(d, number < 0, magnitude, 8);
		return;
	case 'x':
	case 'X':
		put_digits(d, number < 0, magnitude, 16);
		return;
	case 'c':
	case 'q':
	case 'U':
		d->unsupported = d->unsupported || (d->verb == 'q' && (d->plus || d->sharp));
		put_character(d, number);
		return;
	default:
		put_bad_verb(d, value);
	}
}

/* ---- floating point numbers ---- */

/* The fewest digits that read back as the same number, with an exponent below 0.0001 and from a million on. */
static void shortest(char *text, size_t size, double number, bool upper)
{
	int exponent = 0;
	int digits = 0;
	const char *mark;

	do
		snprintf(text, size, upper ? "%.*E" : "%.*e", digits, number);
	while (strtod(text, NULL) != number && ++digits < 17);
	mark = strchr(text, upper ? 'E' : 'e');
	if (mark)
		exponent = (int)strtol(mark + 1, NULL, 10);
	if (mark && exponent >= -4 && exponent < 6)
		snprintf(text, size, "%.*f", digits > exponent ? digits - exponent : 0, number);
}

static void write_real(const struct directive *d, char *text, size_t size, double number)
{
	int precision = d->precision < 0 ? 6 : d->precision;

	if (d->precision < 0 && (d->verb == 'v' || d->verb == 'g' || d->verb == 'G'))
		shortest(text, size, number, d->verb == 'G');
	else if (d->verb == 'e')
		snprintf(text, size, "%.*e", precision, number);
	else if (d->verb == 'E')
		snprintf(text, size, "%.*E", precision, number);
	else if (d->verb == 'G')
		snprintf(text, size, "%.*G", precision, number);
	else if (d->verb == 'f' || d->verb == 'F')
		snprintf(text, size, "%.*f", precision, number);
	else
		snprintf(text, size, "%.*g", precision, number);
}

static void put_real(struct directive *d, const struct value *value)
{
	char text[400 + FORMAT_WIDTH_MAX];
	bool negative = signbit(value->real) != 0;
	bool sign = negative || d->plus || d->space;
	size_t mark = d->out->len;

	d->unsupported = d->unsupported || d->verb == 'x' || d->verb == 'X' || d->verb == 'b' || d->sharp;
	if (d->verb >= 0x80 || strchr("veEfFgG", (int)d->verb) == NULL) {
		put_bad_verb(d, value);
		return;
	}
	write_real(d, text, sizeof(text), fabs(value->real));
	if (sign)
		buf_putc(d->out, negative ? '-' : d->plus ? '+' : ' ');
	if (d->zero && !d->minus)
		for (int zeros = d->width - sign - (int)strlen(text); zeros > 0; zeros--)
			buf_putc(d->out, '0');
	buf_puts(d->out, text);
	pad(d, mark, ' ');
}

/* ---- texts ---- */

static struct str cut(const struct directive *d, struct str text)
{
	size_t at = 0;

	if (d->precision < 0)
		return text;
	for (size_t bytes, count = 0; at < text.len && count < (size_t)d->precision; at += bytes, count++)
		characters_read(str_slice(text, at, text.len), &bytes);
	return str_slice(text, 0, at);
}

static void put_hex(const struct directive *d, struct str text)
{
	size_t mark = d->out->len;

	if (d->precision >= 0)
		text = str_slice(text, 0, (size_t)d->precision);
	for (size_t i = 0; i < text.len && !d->out->failed; i++) {
		if (i > 0 && d->space)
			buf_putc(d->out, ' ');
		if (d->sharp && (i == 0 || d->space))
			buf_put(d->out, (struct str){d->verb == 'X' ? "0X" : "0x", 2});
		buf_printf(d->out, d->verb == 'X' ? "%02X" : "%02x", (unsigned)(unsigned char)text.ptr[i]);
	}
	pad(d, mark, d->zero ? '0' : ' ');
}

static void put_quoted(struct directive *d, struct str text)
{
	size_t mark = d->out->len;

	d->unsupported = d->unsupported || d->plus || d->sharp;
	quote_go(d->out, cut(d, text));
	pad(d, mark, d->zero ? '0' : ' ');
}

static void put_string(struct directive *d, const struct value *value)
{
	if (d->verb == 'q' || (d->verb == 'v' && d->syntax))
		put_quoted(d, value->string);
	else if (d->verb == 's' || d->verb == 'v')
		put_text(d, cut(d, value->string));
	else if (d->verb == 'x' || d->verb == 'X')
		put_hex(d, value->string);
	else
		put_bad_verb(d, value);
}

/* ---- lists, maps, the root ---- */

static void put_items(struct directive *d, const struct value *value)
{
	const struct value_items *all = &value->all;
	bool map = value->kind == VALUE_MAP;

	if (d->syntax)
		buf_puts(d->out, template_run_type(d->run, value));
	else if (map)
		buf_puts(d->out, "map");
	buf_putc(d->out, d->syntax ? '{' : '[');
	for (size_t i = 0; i < all->count && !d->out->failed; i++) {
		struct value item = value_string(all->items[i]);

		if (i > 0)
			buf_puts(d->out, d->syntax ? ", " : " ");
		if (map) {
			struct value key = value_string(all->keys[i]);

			put_string(d, &key);
			buf_putc(d->out, ':');
		}
		put_string(d, &item);
	}
	buf_putc(d->out, d->syntax ? '}' : ']');
}

static const struct template_field *string_method(const struct run *run)
{
	for (size_t i = 0; i < run->field_count; i++)
		if (run->fields[i].method && str_eq(run->fields[i].name, STR("String")))
			return &run->fields[i];
	return NULL;
}

static void put_root(struct directive *d, const struct value *value)
{
	const struct template_field *string = d->syntax ? NULL : string_method(d->run);
	const char *before = d->syntax ? template_run_type(d->run, value) : "";

	if (string) {
		struct value text = value_string(string->string);

		put_string(d, &text);
		return;
	}
	buf_puts(d->out, before);
	buf_putc(d->out, '{');
	before = "";
	for (size_t i = 0; i < d->run->field_count; i++) {
		struct value field = template_value_of_field(&d->run->fields[i]);

		if (d->run->fields[i].method)
			continue;
		buf_puts(d->out, before);
		before = d->syntax ? ", " : " ";
		if (d->names || d->syntax) {
			buf_put(d->out, d->run->fields[i].name);
			buf_putc(d->out, ':');
		}
		template_format_directive(d, &field);
	}
	buf_putc(d->out, '}');
}

static void put_bool(struct directive *d, const struct value *value)
{
	if (d->verb == 't' || d->verb == 'v')
		put_text(d, value->truth ? STR("true") : STR("false"));
	else
		put_bad_verb(d, value);
}

void template_format_directive(struct directive *d, const struct value *value)
{
	if (d->verb == 'T' && value->kind != VALUE_NONE) {
		put_text(d, cut(d, str_of(template_run_type(d->run, value))));
		return;
	}
	if (d->verb == 'p' || d->verb == 'w')
		d->unsupported = true;
	switch (value->kind) {
	case VALUE_NONE:
		if (d->verb == 'v' || d->verb == 'T')
			put_text(d, STR("<nil>"));
		else
			put_bad_verb(d, value);
		break;
	case VALUE_BOOL:
		put_bool(d, value);
		break;
	case VALUE_INT:
	case VALUE_BYTE:
		put_whole(d, value);
		break;
	case VALUE_FLOAT:
		put_real(d, value);
		break;
	case VALUE_STRING:
		put_string(d, value);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		put_items(d, value);
		break;
	case VALUE_ROOT:
		put_root(d, value);
		break;
	}
}

/* NOLINTEND(misc-no-recursion) */

void template_format_value(const struct run *run, struct buf *out, const struct value *value)
{
	struct directive plain = {.run = run, .out = out, .verb = 'v', .precision = -1};

	template_format_directive(&plain, value);
}

bool template_format_fail(struct run *run, const char *before, const struct value *value)
{
	CLEANUP(buf_clear) struct buf shown = BUF_MAX(TEMPLATE_OUTPUT_MAX);

	template_format_value(run, &shown, value);
	return template_run_fail(run, "%s%s", before, buf_cstr(&shown));
}

/* Print puts a space between two that are no strings, Println everywhere. */
void template_format_print(const struct run *run, struct buf *out, const struct value *args, size_t count, bool line)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (line || (args[i - 1].kind != VALUE_STRING && args[i].kind != VALUE_STRING)))
			buf_putc(out, ' ');
		template_format_value(run, out, &args[i]);
	}
	if (line)
		buf_putc(out, '\n');
}
