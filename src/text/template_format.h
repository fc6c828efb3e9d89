/* SPDX-License-Identifier: Apache-2.0 */
/* template_format.h - values as text, as Go's fmt prints them. */
#ifndef GAUGELET_TEXT_TEMPLATE_FORMAT_H
#define GAUGELET_TEXT_TEMPLATE_FORMAT_H

#include "template_run.h"

enum { FORMAT_WIDTH_MAX = 1000 };

/* One %-directive of Go's fmt, and where it writes. */
struct directive {
	const struct run *run;
	struct buf *out;
	uint32_t verb;
	bool minus, plus, sharp, space, zero;
	bool names;	  /* %+v */
	bool syntax;	  /* %#v */
	int width;	  /* characters; 0: as wide as it is */
	int precision;	  /* -1: none given */
	bool bad_place;	  /* %[n] of an argument that is not there */
	bool unsupported; /* what Go knows and we do not */
};

void template_format_directive(struct directive *d, const struct value *value);

/* As fmt.Fprint(value), and fmt.Sprint(args...) or, with `line`, fmt.Sprintln(args...). */
void template_format_value(const struct run *run, struct buf *out, const struct value *value);
void template_format_print(const struct run *run, struct buf *out, const struct value *args, size_t count, bool line);

/* Always false: `before` and the value as text. */
bool template_format_fail(struct run *run, const char *before, const struct value *value);

#endif
