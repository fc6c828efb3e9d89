/* SPDX-License-Identifier: Apache-2.0 */
/* What several reasons say of a plan. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/rule.h"
#include "model/series.h"

enum { NAME_SHOWN = 60, NAMES_SHOWN = 3, LABEL_SHOWN = 40, LABELS_SHOWN = 5 };

void reason_set_rule(struct reason *reason, const struct rule *rule)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, "rule ");
	rule_write_place(&text, rule);
	reason_set(reason, "rule", buf_str(&text), SIZE_MAX);
	reason->rule = rule;
}

void reason_set_looks(struct reason *reason, const struct series_finding *finding)
{
	reason_print(reason, "looked", "%lld s", (long long)(finding->looked_ms / 1000));
	if (finding->next_ms)
		reason_print(reason, "next", "%lld s", (long long)((finding->next_ms + 999) / 1000));
}

void reason_set_query(struct reason *reason, const struct api_plan *plan)
{
	reason_set_elastic(reason, "query", buf_str(&plan->promql), (struct str){0});
}

void reason_write_names(struct buf *out, const struct api_plan *plan)
{
	size_t shown = plan->name_count < NAMES_SHOWN ? plan->name_count : NAMES_SHOWN;

	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(str_front(plan->names[i], NAME_SHOWN)));
	if (plan->name_count > shown)
		buf_printf(out, " and %zu more", plan->name_count - shown);
}

void reason_set_objects(struct reason *reason, const struct api_plan *plan)
{
	CLEANUP(buf_clear) struct buf names = {0};

	reason_write_names(&names, plan);
	reason_set(reason, "names", buf_str(&names), SIZE_MAX);
	reason_count(reason, "count", plan->name_count, "object");
}

void reason_set_labels(struct reason *reason, const struct str *labels, size_t count)
{
	size_t shown = count < LABELS_SHOWN ? count : LABELS_SHOWN;
	CLEANUP(buf_clear) struct buf text = {0};

	if (count == 0)
		buf_puts(&text, "no labels at all");
	for (size_t i = 0; i < shown; i++)
		buf_printf(&text, "%s\"%.*s\"", i ? ", " : "", STR_ARG(str_front(labels[i], LABEL_SHOWN)));
	if (count > shown)
		buf_printf(&text, " and %zu more", count - shown);
	reason_set(reason, "labels", buf_str(&text), SIZE_MAX);
}
