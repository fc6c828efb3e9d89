/* SPDX-License-Identifier: Apache-2.0 */
#include "reason_found.h"

#include "model/association.h"
#include "model/found_series.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/series.h"
#include "probe.h"
#include "text/duration.h"

enum { TEXT_SHOWN = 60, MATCHER_SHOWN = 160, VALUE_SHOWN = 60, LABELS_SHOWN = 8, NEAR_SHOWN = 3 };

/* ---- what all have */

static bool is_external(const struct api_plan *plan)
{
	return plan->request->route == ROUTE_EXTERNAL;
}

static struct str query_of(const struct api_plan *plan)
{
	return plan->investigation->of_series ? plan->investigation->rule->spec->series_query.text
					      : buf_str(&plan->promql);
}

/* {what}: that there is nothing; {query}, with the part at fault kept; {key}: which of the rule's has it. */
static void begin(struct reason *reason, const struct api_plan *plan, enum reason_code code, struct str kept)
{
	const struct investigation *own = plan->investigation;
	CLEANUP(buf_clear) struct buf what = {0};

	reason_begin(reason, code);
	reason_set_rule(reason, own->rule);
	if (!own->of_series)
		buf_puts(&what, "the query of ");
	buf_puts(&what, "rule ");
	rule_write_place(&what, own->rule);
	buf_puts(&what, own->of_series ? " finds no series" : " gives no sample");
	if (!own->of_series && plan->name_count) {
		CLEANUP(buf_clear) struct buf names = {0};

		buf_puts(&what, " for ");
		buf_put_count(&what, plan->name_count, "object");
		reason_write_names(&names, plan);
		buf_printf(&what, " (%s)", buf_cstr(&names));
	}
	reason_set(reason, "what", buf_str(&what), SIZE_MAX);
	reason_set(reason, "key", own->of_series ? STR("seriesQuery") : STR("metricsQuery"), SIZE_MAX);
	reason_set_elastic(reason, "query", query_of(plan), kept);
}

static void put_list(struct buf *out, const struct str *texts, size_t count, size_t most)
{
	for (size_t i = 0; i < count && i < most; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(str_front(texts[i], TEXT_SHOWN)));
	if (count > most)
		buf_printf(out, " and %zu more", count - most);
	if (count == 0)
		buf_puts(out, "no labels at all");
}

static void set_list(struct reason *reason, const char *name, const struct str *texts, size_t count, size_t most)
{
	CLEANUP(buf_clear) struct buf text = {0};

	put_list(&text, texts, count, most);
	reason_set(reason, name, buf_str(&text), SIZE_MAX);
}

/* ---- a matcher */

/* Would a value tell of another namespace than the request's? */
static bool may_show(const struct api_plan *plan, enum matcher_role role)
{
	const struct drops *drops = &plan->investigation->drops;

	if (plan->may_explain || !plan->request->namespaced)
		return true;
	if (role == ROLE_NAMESPACE || plan->investigation->of_series)
		return false;
	if (is_external(plan) && !plan->investigation->rule->spec->resources.namespaced)
		return true;
	for (size_t i = 0; i < drops->count; i++)
		if (i != drops->helps && drops->list[i].role == ROLE_NAMESPACE)
			return true;
	return false;
}

static void set_values(struct reason *reason, const struct drops *drops)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < drops->value_count; i++)
		buf_printf(&text, "%s\"%.*s\"", i ? ", " : "", STR_ARG(str_front(drops->values[i], VALUE_SHOWN)));
	buf_puts(&text, drops->more ? " and others" : "");
	reason_set(reason, "values", buf_str(&text), SIZE_MAX);
	if (drops->value_count)
		reason_set(reason, "first", drops->values[0], VALUE_SHOWN);
}

/* The label that stands for the resource has another name in these series. */
static bool set_resource_label(struct reason *reason, const struct api_plan *plan, struct str label)
{
	const struct investigation *own = plan->investigation;
	const struct resource_table *table = catalog_resources(plan->view->catalog);
	const struct resource *resource = NULL;
	struct str near;
	struct err ignored;

	if (!association_resource_of(own->rule->association, table, label, &resource, &ignored) || resource == NULL)
		return false;
	near = own->drops.holder.len ? own->drops.holder
				     : near_best_label(own->drops.labels, own->drops.label_count, label, resource);
	reason_set(reason, "resource", resource->singular, TEXT_SHOWN);
	reason_set(reason, "near", near, TEXT_SHOWN);
	return near.len > 0;
}

static enum reason_code code_of_namespace(const struct api_plan *plan, const struct drops *drops)
{
	bool holds = drops->holder.len > 0;

	if (!is_external(plan))
		return holds ? REASON_NAMESPACE_LABEL : REASON_OTHER_NAMESPACE;
	return holds ? REASON_NAMESPACE_LABEL : REASON_OTHER_EXTERNAL_NAMESPACE;
}

static enum reason_code code_of_drop(const struct api_plan *plan, const struct dropped_matcher *drop, bool resource)
{
	const struct drops *drops = &plan->investigation->drops;
	bool missing = drops->value_count == 0;

	switch (drop->role) {
	case ROLE_SELECTOR:
		return missing ? REASON_SELECTOR_LABEL : REASON_SELECTOR_VALUE;
	case ROLE_OBJECT:
		return resource ? REASON_OBJECT_LABEL : missing ? REASON_MATCHER_LABEL : REASON_OTHER_PODS;
	case ROLE_NAMESPACE:
		return code_of_namespace(plan, drops);
	case ROLE_AUTHOR:
	case ROLE_COUNT:
		break;
	}
	if (missing)
		return resource && plan->investigation->of_series ? REASON_SERIES_LABEL : REASON_MATCHER_LABEL;
	return REASON_MATCHER_VALUE;
}

static void explain_all(struct reason *reason, const struct api_plan *plan)
{
	const struct drops *drops = &plan->investigation->drops;

	begin(reason, plan, REASON_MATCHERS, drops->selector->text);
	set_list(reason, "labels", drops->labels, drops->label_count, LABELS_SHOWN);
}

void reason_of_drop(struct reason *reason, const struct api_plan *plan)
{
	const struct drops *drops = &plan->investigation->drops;
	CLEANUP(reason_clear) struct reason scratch = {0};
	CLEANUP(buf_clear) struct buf matcher = {0};
	const struct dropped_matcher *drop;
	bool resource, shows;

	if (!probe_drops_have_one(drops)) {
		explain_all(reason, plan);
		return;
	}
	drop = &drops->list[drops->helps];
	shows = may_show(plan, drop->role);
	resource = (drops->value_count == 0 || drops->holder.len) &&
		   set_resource_label(&scratch, plan, drop->matcher->label);
	probe_write_matcher(&matcher, drop->matcher);
	begin(reason, plan, code_of_drop(plan, drop, resource), drops->selector->text);
	reason_set(reason, "matcher", buf_str(&matcher), MATCHER_SHOWN);
	reason_set(reason, "label", drop->matcher->label, TEXT_SHOWN);
	reason_set(reason, "asked", drop->role == ROLE_NAMESPACE ? plan->request->namespace : drop->matcher->value,
		   TEXT_SHOWN);
	set_list(reason, "labels", drops->labels, drops->label_count, LABELS_SHOWN);
	if (shows && drops->value_count)
		set_values(reason, drops);
	if (resource)
		(void)set_resource_label(reason, plan, drop->matcher->label);
	else
		reason_set(reason, "near", drops->holder, TEXT_SHOWN);
}

/* ---- names */

static bool uses_buckets(const struct rule *rule)
{
	return str_contains(rule->spec->metrics_query.text, STR("histogram_quantile"));
}

static struct str best_near(const struct api_plan *plan, const struct found_names *found)
{
	const struct rule *rule = plan->investigation->rule;
	const char *const wanted = rule && uses_buckets(rule) ? "_bucket" : "_total";

	for (size_t i = 0; i < found->near_count; i++)
		if (str_ends(found->near[i], str_of(wanted)))
			return found->near[i];
	return found->near[0];
}

static void set_near(struct reason *reason, const struct api_plan *plan, const struct found_names *found)
{
	set_list(reason, "found", found->near, found->near_count, NEAR_SHOWN);
	reason_set(reason, "near", best_near(plan, found), MATCHER_SHOWN);
}

/* A metric that no rule gives: Prometheus may have it all the same. */
static bool explain_metric(struct reason *reason, const struct api_plan *plan, const struct found_names *found)
{
	struct str name = found->exact || found->near_count == 0 ? plan->request->metric : best_near(plan, found);
	const struct found_series *ruled = found_of_series(catalog_found(plan->view->catalog), name);

	if (!found->exact && found->near_count == 0)
		return false;
	if (ruled && ruled->name.len) {
		reason_begin(reason, REASON_NEAR_NAME);
		reason_set(reason, "near", ruled->name, MATCHER_SHOWN);
		return true;
	}
	reason_begin(reason, REASON_NO_RULE_FOR_SERIES);
	reason_set(reason, "name", name, MATCHER_SHOWN);
	reason_count(reason, "count", catalog_rules(plan->view->catalog)->count, "rule");
	reason_set(reason, "section", is_external(plan) ? STR("externalRules") : STR("rules"), SIZE_MAX);
	return true;
}

bool reason_of_names(struct reason *reason, const struct api_plan *plan, const struct found_names *found)
{
	const struct investigation *own = plan->investigation;

	if (own->of_metric)
		return explain_metric(reason, plan, found);
	if (found->exact)
		return false;
	if (found->ended) {
		if (own->of_series)
			return false; /* the flag is the right advice */
		begin(reason, plan, REASON_ENDED, own->name);
	} else if (found->near_count) {
		begin(reason, plan, REASON_NEAR_SERIES, own->name);
		set_near(reason, plan, found);
	} else {
		begin(reason, plan, own->of_series ? REASON_NEVER_FOUND : REASON_NO_SUCH_SERIES, own->name);
	}
	reason_set(reason, "name", own->name, MATCHER_SHOWN);
	reason_age(reason, "age", plan->view->max_age_ms);
	if (own->of_series)
		reason_set_looks(reason, &plan->view->findings[own->rule->series_query]);
	return true;
}

/* ---- ranges */

/* Four samples fit in, rounded up to what people write. */
static void set_longer(struct reason *reason, double spacing_s)
{
	int64_t minutes = (int64_t)(spacing_s * 4 + 59.5) / 60;

	reason_print(reason, "longer", "%lldm", (long long)(minutes > 1 ? minutes : 1));
}

static void set_spacing(struct reason *reason, double spacing_s)
{
	int64_t tenths = (int64_t)(spacing_s * 10 + 0.5);

	if (tenths % 10)
		reason_print(reason, "spacing", "%lld.%llds", (long long)(tenths / 10), (long long)(tenths % 10));
	else
		reason_print(reason, "spacing", "%llds", (long long)(tenths / 10));
}

void reason_of_range(struct reason *reason, const struct api_plan *plan, double spacing_s)
{
	const struct promql_node *call = plan->investigation->parts.culprit;
	const struct promql_node *range = call->child;

	while (promql_inner(range)->type != PROMQL_RANGES)
		range = range->sibling;
	range = promql_inner(range);
	begin(reason, plan, REASON_SHORT_RANGE, call->text);
	reason_set(reason, "function", call->word, TEXT_SHOWN);
	reason_set(reason, "range", range->kind == PROMQL_SUBQUERY ? range->range : range->selector->range, TEXT_SHOWN);
	if (spacing_s > 0)
		set_spacing(reason, spacing_s);
	if (spacing_s > 0)
		set_longer(reason, spacing_s);
	else
		reason_set(reason, "longer", STR("four times the scrape interval"), SIZE_MAX);
}

/* ---- two sides */

static const struct sample *side_of(const struct samples *samples, size_t number)
{
	for (size_t i = 0; i < samples->list.count; i++)
		if (probe_part_of(&samples->list.items[i]) == number)
			return &samples->list.items[i];
	return NULL;
}

static size_t labels_of(const struct sample *sample, struct str *labels, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; sample && i < sample->label_count && count < most; i++)
		if (!probe_is_own(sample->labels[i].name) && !str_eq(sample->labels[i].name, STR("__name__")))
			labels[count++] = sample->labels[i].name;
	return count;
}

static size_t common_of(struct str *left, size_t left_count, const struct sample *right)
{
	size_t count = 0;

	for (size_t i = 0; i < left_count; i++)
		if (sample_label(right, left[i]).len)
			left[count++] = left[i];
	return count;
}

void reason_of_sides(struct reason *reason, const struct api_plan *plan, const struct samples *samples)
{
	const struct promql_node *operation = plan->investigation->parts.culprit;
	const struct sample *left = side_of(samples, 0), *right = side_of(samples, 1);
	struct str left_labels[SAMPLE_LABELS_MAX], right_labels[SAMPLE_LABELS_MAX];
	size_t left_count = labels_of(left, left_labels, SAMPLE_LABELS_MAX);
	size_t right_count = labels_of(right, right_labels, SAMPLE_LABELS_MAX), common;

	begin(reason, plan, REASON_TWO_SIDES, operation->text);
	reason_set(reason, "operator", operation->word, TEXT_SHOWN);
	set_list(reason, "left", left_labels, left_count, LABELS_SHOWN);
	set_list(reason, "right", right_labels, right_count, LABELS_SHOWN);
	common = left && right ? common_of(left_labels, left_count, right) : 0;
	if (common && common == left_count && common == right_count)
		reason->code = REASON_EQUAL_SIDES;
	else if (common)
		reason->code = REASON_COMMON_SIDES;
	if (common)
		set_list(reason, "common", left_labels, common, LABELS_SHOWN);
}

/* ---- the other parts */

static bool has_le(const struct promql_node *aggregation)
{
	for (size_t i = 0; i < aggregation->grouping.count; i++)
		if (str_eq(aggregation->grouping.list[i], STR("le")))
			return !aggregation->without;
	return aggregation->without;
}

/* The first one within. */
static const struct promql_node *find_selector(const struct promql_node *node)
{
	const struct promql_node *at = node->first;

	while (at != node && at->kind != PROMQL_SELECTOR)
		at = at->next;
	return at->kind == PROMQL_SELECTOR ? at : NULL;
}

static void set_bucket(struct reason *reason, const struct api_plan *plan, struct str name)
{
	static const char *const suffixes[] = {"_count", "_sum", "_total"};
	bool of_series = plan->metric && str_eq(name, plan->metric->series) &&
			 str_contains(plan->metric->rule->spec->metrics_query.text, STR(".Series"));

	reason_set(reason, "name", name, MATCHER_SHOWN);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (str_ends(name, str_of(suffixes[i])))
			name = str_slice(name, 0, name.len - str_of(suffixes[i]).len);
	reason_print(reason, "bucket", "%.*s_bucket", STR_ARG(str_front(name, MATCHER_SHOWN)));
	if (of_series)
		reason_set(reason, "key", STR("seriesQuery"), SIZE_MAX);
}

static void explain_quantile(struct reason *reason, const struct api_plan *plan)
{
	const struct promql_node *call = plan->investigation->parts.culprit;
	const struct promql_node *operand = promql_child(call, 1) ? promql_inner(promql_child(call, 1)) : NULL;
	const struct promql_node *selector = operand ? find_selector(operand) : NULL;
	bool loses = operand && operand->kind == PROMQL_AGGREGATION && !has_le(operand);

	begin(reason, plan, loses ? REASON_LOST_LE : REASON_NO_BUCKETS, call->text);
	set_bucket(reason, plan,
		   selector && selector->selector->name.ptr ? selector->selector->name : STR("the series"));
	if (is_external(plan))
		reason_set(reason, "labels", STR("le"), SIZE_MAX);
	else
		reason_set(reason, "labels", STR("<<.GroupBy>>, le"), SIZE_MAX);
}

bool reason_of_part(struct reason *reason, const struct api_plan *plan)
{
	const struct parts *parts = &plan->investigation->parts;

	switch (parts->fault) {
	case FAULT_QUANTILE:
		explain_quantile(reason, plan);
		return true;
	case FAULT_COMPARISON:
	case FAULT_UNLESS:
		begin(reason, plan, parts->fault == FAULT_UNLESS ? REASON_UNLESS : REASON_COMPARISON,
		      parts->culprit->text);
		reason_set(reason, "expression", parts->culprit->text, MATCHER_SHOWN);
		reason_set(reason, "operator", parts->culprit->word, TEXT_SHOWN);
		return true;
	case FAULT_RANGE:
		reason_of_range(reason, plan, 0);
		return true;
	case FAULT_NONE:
	case FAULT_SELECTOR:
	case FAULT_SIDES:
	case FAULT_OTHER:
		break;
	}
	return false;
}
