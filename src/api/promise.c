/* SPDX-License-Identifier: Apache-2.0 */
#include "promise.h"

#include "model/namer.h"
#include "model/rule.h"
#include "model/rule_spec.h"

struct str promise_series(const struct rules *rules, const struct rule *rule)
{
	return rules->series_names[rule->series_query];
}

void promise_write(struct buf *out, const struct rules *rules, const struct rule *rule)
{
	struct str series = promise_series(rules, rule);
	struct str as = rule->spec->name_as.text;
	bool keeps = false;
	struct err err;

	if (series.len == 0) {
		if (as.len && str_index(as, '$') == as.len)
			buf_put(out, as);
		return;
	}
	if (namer_keeps(rule->namer, series, &keeps, &err) && keeps && !namer_name(rule->namer, series, out, &err))
		buf_reset(out);
}
