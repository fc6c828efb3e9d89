/* SPDX-License-Identifier: Apache-2.0 */
#include "template_printf.h"

#include "characters.h"
#include "template_format.h"

static void take_flags(struct str *rest, struct directive *d)
{
	for (; rest->len; *rest = str_slice(*rest, 1, rest->len)) {
		switch (rest->ptr[0]) {
		case '#':
			d->sharp = true;
			break;
		case '0':
			d->zero = !d->minus;
			break;
		case '+':
			d->plus = true;
			break;
		case '-':
			d->minus = true;
			d->zero = false;
			break;
		case ' ':
			d->space = true;
			break;
		default:
			return;
		}
	}
}

/* Digits; too large a number is unsupported. */
static int take_count(struct str *rest, struct directive *d)
{
	int count = 0;

	for (; rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; *rest = str_slice(*rest, 1, rest->len)) {
		count = count * 10 + (rest->ptr[0] - '0');
		if (count > FORMAT_WIDTH_MAX) {
			d->unsupported = true;
			count = FORMAT_WIDTH_MAX;
		}
	}
	return count;
}

/* The arguments of a printf, and which comes next. */
struct arguments {
	const struct value *all;
	size_t count, next;
	bool by_place; /* some were asked for by their places, so that nobody knows which are left over */
};

/* `[2]`: the next argument is the second. True when it stood there. */
static bool take_place(struct str *rest, struct directive *d, struct arguments *arguments)
{
	struct str digits = str_slice(*rest, 1, str_index(*rest, ']'));
	struct str left = digits;
	int place;

	if (!str_starts(*rest, STR("[")))
		return false;
	arguments->by_place = true;
	place = take_count(&left, d);
	if (str_index(*rest, ']') == rest->len) { /* Go goes on behind the bracket */
		*rest = str_slice(*rest, 1, rest->len);
		d->bad_place = true;
		return false;
	}
	*rest = str_slice(*rest, digits.len + 2, rest->len);
	if (digits.len == 0 || left.len || place < 1 || (size_t)place > arguments->count) {
		d->bad_place = true;
		return digits.len > 0 && left.len == 0;
	}
	arguments->next = (size_t)place - 1;
	return true;
}

/* For a `*`: the next argument as a number of characters. */
static bool take_number(struct directive *d, struct arguments *arguments, int *ret_number)
{
	const struct value *value = arguments->next < arguments->count ? &arguments->all[arguments->next++] : NULL;

	if (value == NULL || (value->kind != VALUE_INT && value->kind != VALUE_BYTE) || value->integer > 1000000 ||
	    value->integer < -1000000)
		return false;
	d->unsupported = d->unsupported || value->integer > FORMAT_WIDTH_MAX || value->integer < -FORMAT_WIDTH_MAX;
	*ret_number = d->unsupported ? 0 : (int)value->integer;
	return true;
}

static bool starts_with_star(struct str *rest)
{
	if (!str_starts(*rest, STR("*")))
		return false;
	*rest = str_slice(*rest, 1, rest->len);
	return true;
}

static void take_width(struct str *rest, struct directive *d, struct arguments *arguments, bool *placed)
{
	size_t before;

	*placed = take_place(rest, d, arguments);
	if (starts_with_star(rest)) {
		if (!take_number(d, arguments, &d->width))
			buf_puts(d->out, "%!(BADWIDTH)");
		if (d->width < 0) {
			d->width = -d->width;
			d->minus = true;
			d->zero = false;
		}
		*placed = false;
		return;
	}
	before = rest->len;
	d->width = take_count(rest, d);
	d->bad_place = d->bad_place || (*placed && rest->len < before); /* %[3]2d */
}

static void take_precision(struct str *rest, struct directive *d, struct arguments *arguments, bool *placed)
{
	if (!str_starts(*rest, STR(".")))
		return;
	d->bad_place = d->bad_place || *placed; /* %[3].2d */
	*rest = str_slice(*rest, 1, rest->len);
	*placed = take_place(rest, d, arguments);
	if (!starts_with_star(rest)) {
		d->precision = take_count(rest, d);
		return;
	}
	if (!take_number(d, arguments, &d->precision) || d->precision < 0) {
		d->precision = -1;
		buf_puts(d->out, "%!(BADPREC)");
	}
	*placed = false;
}

/* Behind the '%'. Without a verb d->verb stays 0. */
static void take_directive(struct str *rest, struct directive *d, struct arguments *arguments)
{
	bool placed;
	size_t bytes;

	take_flags(rest, d);
	take_width(rest, d, arguments, &placed);
	take_precision(rest, d, arguments, &placed);
	if (!placed)
		take_place(rest, d, arguments);
	if (rest->len == 0)
		return;
	d->verb = characters_read(*rest, &bytes);
	*rest = str_slice(*rest, bytes, rest->len);
	if (d->verb == 'v') {
		d->syntax = d->sharp;
		d->names = d->plus;
		d->sharp = d->plus = false;
	}
}

static void put_extra(const struct run *run, struct buf *out, const struct value *args, size_t count)
{
	buf_puts(out, "%!(EXTRA ");
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, i ? ", " : "");
		if (args[i].kind != VALUE_NONE) {
			buf_puts(out, template_run_type(run, &args[i]));
			buf_putc(out, '=');
		}
		template_format_value(run, out, &args[i]);
	}
	buf_putc(out, ')');
}

static void put_directive(struct directive *d, struct arguments *arguments)
{
	if (d->verb == '%') {
		buf_putc(d->out, '%');
		return;
	}
	if (d->verb && !d->bad_place && arguments->next < arguments->count) {
		template_format_directive(d, &arguments->all[arguments->next++]);
		return;
	}
	buf_puts(d->out, "%!");
	if (d->verb)
		characters_write(d->out, d->verb);
	if (d->verb == 0)
		buf_puts(d->out, "(NOVERB)");
	else
		buf_puts(d->out, d->bad_place ? "(BADINDEX)" : "(MISSING)");
}

bool template_printf(struct run *run, const struct node *call, struct str format, const struct value *args,
		     size_t count)
{
	struct arguments arguments = {.all = args, .count = count};
	struct str rest = format;

	while (rest.len && !run->out->failed) {
		struct directive d = {.run = run, .out = run->out, .precision = -1};
		size_t literal = str_index(rest, '%');

		buf_put(run->out, str_slice(rest, 0, literal));
		if (literal == rest.len)
			break;
		rest = str_slice(rest, literal + 1, rest.len);
		take_directive(&rest, &d, &arguments);
		put_directive(&d, &arguments);
		if (d.unsupported)
			return template_run_fail_call(
				run, call, "a directive that is not supported in the format '%.*s'", STR_ARG(format));
	}
	if (!arguments.by_place && arguments.next < count)
		put_extra(run, run->out, args + arguments.next, count - arguments.next);
	return true;
}
