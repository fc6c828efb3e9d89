/* SPDX-License-Identifier: Apache-2.0 */
/* template_eval.h - expressions. */
#ifndef GAUGELET_TEXT_TEMPLATE_EVAL_H
#define GAUGELET_TEXT_TEMPLATE_EVAL_H

#include "template_run.h"

/* The value of a pipeline; variables that it declares are on the stack afterwards. */
MUST_USE bool template_eval_pipeline(struct run *run, const struct value *dot, const struct node *pipe,
				     struct value *ret_value);

#endif
