/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_class.h - character classes of a pattern, and escapes for one character. */
#ifndef GAUGELET_TEXT_REGEXP_CLASS_H
#define GAUGELET_TEXT_REGEXP_CLASS_H

#include "regexp_gate.h"

/* At a `[`: reads the class, and appends it. */
MUST_USE bool regexp_class_read(struct regexp_gate *gate);

/* At a backslash: reads \d \pL and the like. *ret_is is false when it is something else. */
MUST_USE bool regexp_class_read_escape(struct regexp_gate *gate, bool *ret_is);

/* Reads an escape that stands for one character. */
MUST_USE bool regexp_class_read_character(struct regexp_gate *gate, uint32_t *ret_character);

#endif
