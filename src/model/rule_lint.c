/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_lint.h"

#include "lint.h"
#include "model/rule.h"

void rules_lint(const struct rules *rules, struct problems *problems)
{
	for (size_t i = 0; i < rules->count; i++) {
		lint_keys(&rules->list[i], problems);
		lint_query(&rules->list[i], problems);
	}
	lint_names(rules, problems);
}
