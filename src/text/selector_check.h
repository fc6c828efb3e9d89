/* SPDX-License-Identifier: Apache-2.0 */
/* selector_check.h - which keys and values a label selector may have. */
#ifndef GAUGELET_TEXT_SELECTOR_CHECK_H
#define GAUGELET_TEXT_SELECTOR_CHECK_H

#include "base/err.h"
#include "text/selector.h"

MUST_USE bool selector_check_key(struct str key, struct err *err);

/* Everything that is wrong with the values of one requirement, at once, as apimachinery says it. */
MUST_USE bool selector_check_values(const struct selector_requirement *requirement, struct err *err);

#endif
