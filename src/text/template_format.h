/* SPDX-License-Identifier: Apache-2.0 */
/* template_format.h - values as text, as Go's fmt prints them. */
#ifndef GAUGELET_TEXT_TEMPLATE_FORMAT_H
#define GAUGELET_TEXT_TEMPLATE_FORMAT_H

#include "template_run.h"

/* As fmt.Fprint(value), fmt.Sprint(args...) (with `line` Sprintln) and fmt.Sprintf(format, args...). */
void template_format_value(const struct run *run, struct buf *out, const struct value *value);
void template_format_print(const struct run *run, struct buf *out, const struct value *args, size_t count, bool line);
MUST_USE bool template_format_printf(struct run *run, const struct node *call, struct str format,
				     const struct value *args, size_t count);

/* Always false: `before` and the value as text. */
bool template_format_fail(struct run *run, const char *before, const struct value *value);

#endif
