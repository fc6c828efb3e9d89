/* SPDX-License-Identifier: Apache-2.0 */
/* template_printf.h - printf, as fmt.Sprintf(format, args...) has it. */
#ifndef GAUGELET_TEXT_TEMPLATE_PRINTF_H
#define GAUGELET_TEXT_TEMPLATE_PRINTF_H

#include "template_run.h"

MUST_USE bool template_printf(struct run *run, const struct node *call, struct str format, const struct value *args,
			      size_t count);

#endif
