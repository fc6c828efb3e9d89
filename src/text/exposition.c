/* SPDX-License-Identifier: Apache-2.0 */
#include "text/exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/histogram.h"

/* So many digits every double keeps as they are written, and so many tell each from the next. */
enum { DIGITS_KEPT = 15, DIGITS_ENOUGH = 17 };

void exposition_init(struct exposition *exposition, struct buf *out)
{
	*exposition = (struct exposition){.out = out};
}

void exposition_family(struct exposition *exposition, const struct family *family)
{
	exposition->family = family;
	exposition->begun = false;
}

static const char *type_name(enum family_type type)
{
	switch (type) {
	case FAMILY_COUNTER:
		return "counter";
	case FAMILY_GAUGE:
		return "gauge";
	case FAMILY_HISTOGRAM:
		return "histogram";
	}
	return "untyped";
}

static void begin(struct exposition *exposition)
{
	const struct family *family = exposition->family;

	CHECK(family);
	if (exposition->begun)
		return;
	exposition->begun = true;
	buf_printf(exposition->out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
		   type_name(family->type));
}

/* ---- one line */

static void put_value(struct buf *out, struct str value)
{
	bool is_utf8 = str_is_utf8(value);

	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else
			buf_putc(out, is_utf8 || (unsigned char)c < 0x80 ? c : '?');
	}
}

/* Without digits that say nothing: 0.1 and not 0.10000000000000001. */
static void put_double(struct buf *out, double value)
{
	char text[40];

	if (isnan(value) || isinf(value)) {
		buf_puts(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int digits = DIGITS_KEPT; digits <= DIGITS_ENOUGH; digits++) {
		double back;

		snprintf(text, sizeof(text), "%.*g", digits, value);
		back = strtod(text, NULL);
		if (back >= value && back <= value)
			break;
	}
	buf_puts(out, text);
}

static void put_label(struct buf *out, bool *first, const char *name, struct str value)
{
	buf_printf(out, "%s%s=\"", *first ? "{" : ",", name);
	put_value(out, value);
	buf_putc(out, '"');
	*first = false;
}

/* Up to the value. `le` is empty when there is none. */
static void put_name(struct exposition *exposition, const char *suffix, const struct exposition_label *labels,
		     struct str le)
{
	struct buf *out = exposition->out;
	bool first = true;

	begin(exposition);
	buf_printf(out, "%s%s", exposition->family->name, suffix);
	for (const struct exposition_label *label = labels; label && label->name; label++)
		put_label(out, &first, label->name, label->value);
	if (le.len > 0)
		put_label(out, &first, "le", le);
	buf_puts(out, first ? " " : "} ");
}

static void put_count(struct exposition *exposition, const char *suffix, const struct exposition_label *labels,
		      struct str le, uint64_t value)
{
	put_name(exposition, suffix, labels, le);
	buf_put_u64(exposition->out, value);
	buf_putc(exposition->out, '\n');
}

/* ---- samples */

void exposition_count(struct exposition *exposition, const struct exposition_label *labels, uint64_t value)
{
	CHECK(exposition->family->type != FAMILY_HISTOGRAM);
	put_count(exposition, "", labels, STR(""), value);
}

void exposition_number(struct exposition *exposition, const struct exposition_label *labels, double value)
{
	CHECK(exposition->family->type != FAMILY_HISTOGRAM);
	put_name(exposition, "", labels, STR(""));
	put_double(exposition->out, value);
	buf_putc(exposition->out, '\n');
}

static void put_buckets(struct exposition *exposition, const struct exposition_label *labels, const double *bounds,
			size_t bound_count, const uint64_t *buckets, double sum)
{
	uint64_t count = 0;

	CHECK(exposition->family->type == FAMILY_HISTOGRAM);
	for (size_t i = 0; i <= bound_count; i++) {
		CLEANUP(buf_clear) struct buf le = {0};

		put_double(&le, i < bound_count ? bounds[i] : (double)INFINITY);
		count += buckets[i];
		put_count(exposition, "_bucket", labels, buf_str(&le), count);
	}
	put_name(exposition, "_sum", labels, STR(""));
	put_double(exposition->out, sum);
	buf_putc(exposition->out, '\n');
	put_count(exposition, "_count", labels, STR(""), count);
}

void exposition_histogram(struct exposition *exposition, const struct exposition_label *labels,
			  const struct histogram *histogram)
{
	put_buckets(exposition, labels, histogram_bounds, HISTOGRAM_BOUNDS, histogram->buckets, histogram->sum);
}

void exposition_ages(struct exposition *exposition, const struct exposition_label *labels,
		     const struct age_histogram *histogram)
{
	put_buckets(exposition, labels, histogram_age_bounds, AGE_BOUNDS, histogram->buckets, histogram->sum);
}
