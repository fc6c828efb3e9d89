/* SPDX-License-Identifier: Apache-2.0 */
/* template_run_in.h - what statements need of expressions. */
#ifndef GAUGELET_TEXT_TEMPLATE_RUN_IN_H
#define GAUGELET_TEXT_TEMPLATE_RUN_IN_H

#include "template_in.h"

/* The value of a pipeline; variables that it declares are on the stack afterwards. */
MUST_USE bool run_pipeline(struct run *run, const struct value *dot, const struct node *pipe, struct value *ret_value);

/* One level deeper; the caller takes it back from run->depth. */
MUST_USE bool run_deeper(struct run *run);

/* False when `out` is full. */
MUST_USE bool run_check_output(struct run *run);

/* Of the innermost variable of this name. */
MUST_USE bool run_set_variable(struct run *run, struct str name, const struct value *value);

/* Takes the variables above `mark` off the stack. */
void run_pop_to(struct run *run, struct variable *mark);

/* Always false: `before` and the value as text. */
bool run_fail_value(struct run *run, const char *before, const struct value *value);

#endif
