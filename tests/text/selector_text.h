/* SPDX-License-Identifier: Apache-2.0 */
/* selector_text.h - a selector's canonical text, as labels.Selector.String() writes it: `app=vllm,!canary,role in (a,b)`. */
#ifndef GAUGELET_TESTS_SELECTOR_TEXT_H
#define GAUGELET_TESTS_SELECTOR_TEXT_H

#include "base/buf.h"
#include "text/selector.h"

static inline void write_requirement(struct buf *out, const struct selector_requirement *requirement)
{
	static const char *const OPERATORS[] = {
		[SELECTOR_EQUALS] = "=",    [SELECTOR_DOUBLE_EQUALS] = "==", [SELECTOR_NOT_EQUALS] = "!=",
		[SELECTOR_IN] = " in ",	    [SELECTOR_NOT_IN] = " notin ",   [SELECTOR_EXISTS] = "",
		[SELECTOR_NOT_EXISTS] = "", [SELECTOR_GREATER] = ">",	     [SELECTOR_LESS] = "<",
	};
	bool is_set = requirement->op == SELECTOR_IN || requirement->op == SELECTOR_NOT_IN;

	if (requirement->op == SELECTOR_NOT_EXISTS)
		buf_putc(out, '!');
	buf_put(out, requirement->key);
	buf_puts(out, OPERATORS[requirement->op]);
	if (is_set)
		buf_putc(out, '(');
	for (size_t i = 0; i < requirement->value_count; i++) {
		if (i)
			buf_putc(out, ',');
		buf_put(out, requirement->values[i]);
	}
	if (is_set)
		buf_putc(out, ')');
}

static inline void write_selector(struct buf *out, const struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		if (i)
			buf_putc(out, ',');
		write_requirement(out, &selector->requirements[i]);
	}
}

#endif
