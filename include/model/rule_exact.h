/* SPDX-License-Identifier: Apache-2.0 */
/* rule_exact.h - rules that an endpoint cannot serve which takes exact names of metrics alone, as Google's does. */
#ifndef GAUGELET_MODEL_RULE_EXACT_H
#define GAUGELET_MODEL_RULE_EXACT_H

#include "base/base.h"

struct problems;
struct rules;

/* False: at least one selector has no exact name; each is an error in `problems`. */
MUST_USE bool rules_check_exact(const struct rules *rules, struct problems *problems);

#endif
