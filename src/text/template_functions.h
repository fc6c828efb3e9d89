/* SPDX-License-Identifier: Apache-2.0 */
/* template_functions.h - the built-in functions. */
#ifndef GAUGELET_TEXT_TEMPLATE_FUNCTIONS_H
#define GAUGELET_TEXT_TEMPLATE_FUNCTIONS_H

#include "template_run.h"

/* A built-in function but `and` and `or`. `call` is where errors are said to be. */
MUST_USE bool template_function_call(struct run *run, enum function function, const struct node *call,
				     const struct value *args, size_t count, struct value *ret_value);

#endif
