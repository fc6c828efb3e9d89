/* SPDX-License-Identifier: Apache-2.0 */
/* Why a metric is not there. */
#include "api_in.h"
#include "model/association.h"
#include "model/catalog.h"
#include "model/gke_name.h"
#include "model/namer.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/series.h"
#include "model/found_series.h"
#include "model/upstream_error.h"
#include "promise.h"

enum { TEXT_SHOWN = 60, SERIES_SHOWN = 90, METRIC_SHOWN = 120, FILE_SHOWN = 120, FAILURE_SHOWN = 260 };

static bool is_external(const struct api_plan *plan)
{
	return plan->request->route == ROUTE_EXTERNAL;
}

static const struct found_table *seen(const struct api_plan *plan)
{
	return catalog_found(plan->view->catalog);
}

static const struct rule_found *found_by(const struct api_plan *plan, const struct rule *rule)
{
	return found_of_rule(seen(plan), (size_t)(rule - catalog_rules(plan->view->catalog)->list));
}

static const struct series_finding *finding_of(const struct api_plan *plan, const struct rule *rule)
{
	return &plan->view->findings[rule->series_query];
}

/* ---- rules that concern the metric */

static const struct rules *rules_of(const struct api_plan *plan)
{
	return catalog_rules(plan->view->catalog);
}

static bool same_name(const struct rule *rule, struct str a, struct str b)
{
	return rule->external ? str_eq_nocase(a, b) : str_eq(a, b); /* the HPA sends external names in lower case */
}

bool reason_concerns(const struct rules *rules, const struct rule *rule, struct str metric)
{
	CLEANUP(buf_clear) struct buf promised = {0};
	struct str series = promise_series(rules, rule);
	struct str as = rule->spec->name_as.text;

	if (same_name(rule, series, metric) || (as.len && str_index(as, '$') == as.len && same_name(rule, as, metric)))
		return true;
	promise_write(&promised, rules, rule);
	return promised.len && same_name(rule, buf_str(&promised), metric);
}

/* The last one, which would count. */
static const struct rule *concerned_rule(const struct api_plan *plan, bool external)
{
	const struct rules *rules = rules_of(plan);

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == external &&
		    reason_concerns(rules, &rules->list[i], plan->request->metric))
			return &rules->list[i];
	return NULL;
}

/* A rule whose series nobody knows, as it says no name and was never answered: it may well give the metric. */
static const struct rule *unknown_rule(const struct api_plan *plan)
{
	const struct rules *rules = rules_of(plan);

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == is_external(plan) && promise_series(rules, &rules->list[i]).len == 0 &&
		    (!finding_of(plan, &rules->list[i])->found || rules->list[i].spec->series_query.text.len == 0))
			return &rules->list[i];
	return NULL;
}

static const struct rule *nameless_rule(const struct api_plan *plan)
{
	const struct rules *rules = rules_of(plan);

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == is_external(plan) && found_by(plan, &rules->list[i])->first_nameless)
			return &rules->list[i];
	return NULL;
}

static const struct found_series *named_series(const struct api_plan *plan)
{
	const struct found_series *at = found_of_name(seen(plan), plan->request->metric);

	while (at && at->rule->external != is_external(plan))
		at = at->next_of_name;
	return at;
}

static const struct found_series *raw_series(const struct api_plan *plan)
{
	const struct found_series *at = found_of_series(seen(plan), plan->request->metric);

	while (at && at->rule->external != is_external(plan))
		at = at->next_of_series;
	return at;
}

/* ---- discovery */

static void explain_failure(struct reason *reason, const struct rule *rule, const struct series_finding *finding)
{
	CLEANUP(reason_clear) struct reason cause = {0};
	CLEANUP(buf_clear) struct buf fix = {0};

	reason_begin(reason, finding->problem && finding->problem->fault == UPSTREAM_CLOCK ? REASON_CLOCK_SKEW_SEARCH
											   : REASON_DISCOVERY_FAILS);
	reason_set_rule(reason, rule);
	reason_print(reason, "since", "%lld s", (long long)finding->failing_s);
	reason_set_looks(reason, finding);
	reason_set(reason, "text", str_of(finding->failure), FAILURE_SHOWN);
	reason_set_elastic(reason, "series", rule->spec->series_query.text, (struct str){0});
	reason_of_problem(&cause,
			  finding->problem ? finding->problem : &(struct upstream_error){.fault = UPSTREAM_OTHER},
			  "seriesQuery");
	reason_write_fix(&fix, &cause);
	reason_set(reason, "fix", buf_str(&fix), SIZE_MAX);
}

static void explain_waiting(struct reason *reason, const struct rule *rule, const struct series_finding *finding)
{
	reason_begin(reason, REASON_DISCOVERY_WAITS);
	reason_set_rule(reason, rule);
	reason_print(reason, "since", "%lld s", (long long)finding->since_s);
}

static void explain_no_series(struct reason *reason, const struct api_plan *plan, const struct rule *rule)
{
	if (rule->spec->series_query.text.len == 0) {
		reason_begin(reason, REASON_NO_SERIES_QUERY);
		reason_set_rule(reason, rule);
		return;
	}
	reason_begin(reason, REASON_NO_SERIES);
	reason_set_rule(reason, rule);
	reason_set_elastic(reason, "series", rule->spec->series_query.text, (struct str){0});
	reason_age(reason, "age", plan->view->max_age_ms);
	reason_set_looks(reason, finding_of(plan, rule));
}

/* ---- names */

static void explain_drop(struct reason *reason, const struct api_plan *plan, const struct found_series *series)
{
	struct str key = str_of(series->drop.key);

	reason_begin(reason, REASON_FILTERED);
	reason_set_rule(reason, series->rule);
	reason_print(reason, "dropped", "%llu", (unsigned long long)found_by(plan, series->rule)->dropped);
	reason_count(reason, "count", finding_of(plan, series->rule)->series, "series");
	reason_set(reason, "series", series->series, TEXT_SHOWN);
	reason_print(reason, "key", "%s %s", series->drop.key, str_ends(key, STR("isNot")) ? "fits:" : "does not fit:");
	reason_set(reason, "pattern", series->drop.pattern, SERIES_SHOWN);
	reason_set(reason, "correct", str_starts(key, STR("name")) ? STR("name.matches") : STR("seriesFilters"),
		   SIZE_MAX);
}

static void explain_undecided(struct reason *reason, const struct found_series *series)
{
	reason_begin(reason, REASON_HARD_PATTERN);
	reason_set_rule(reason, series->rule);
	reason_set(reason, "series", series->series, TEXT_SHOWN);
	reason_set(reason, "key", str_of(series->drop.key), SIZE_MAX);
	reason_set(reason, "pattern", series->drop.pattern, SERIES_SHOWN);
}

static void explain_nameless(struct reason *reason, const struct api_plan *plan, const struct rule *rule)
{
	CLEANUP(buf_clear) struct buf fix = {0};

	namer_write_fix(rule->namer, &fix);
	reason_begin(reason, REASON_NAMELESS);
	reason_set_rule(reason, rule);
	reason_set(reason, "series", found_by(plan, rule)->first_nameless->series, TEXT_SHOWN);
	reason_set(reason, "as", rule->spec->name_as.text, TEXT_SHOWN);
	reason_set(reason, "write", fix.len ? buf_str(&fix) : STR("write a name, as \"${1}_total\","), SERIES_SHOWN);
}

static void explain_new_name(struct reason *reason, const struct rule *rule, struct str name)
{
	reason_begin(reason, REASON_RENAMED);
	reason_set_rule(reason, rule);
	reason_set(reason, "name", name, METRIC_SHOWN);
}

static void explain_series(struct reason *reason, const struct api_plan *plan, const struct found_series *series)
{
	switch (series->fate) {
	case FOUND_DROPPED:
		explain_drop(reason, plan, series);
		return;
	case FOUND_NAMELESS:
		explain_nameless(reason, plan, series->rule);
		return;
	case FOUND_UNDECIDED:
		explain_undecided(reason, series);
		return;
	case FOUND_NAMED:
		break;
	}
	explain_new_name(reason, series->rule, series->name);
}

/* ---- labels */

static const struct override_spec *unresolved(const struct api_plan *plan, const struct rule *rule)
{
	const struct resources_spec *spec = &rule->spec->resources;

	for (size_t i = 0; i < spec->override_count; i++)
		if (resource_find(catalog_resources(plan->view->catalog), spec->overrides[i].resource.text,
				  spec->overrides[i].group.text) == NULL)
			return &spec->overrides[i];
	return NULL;
}

static void explain_crd(struct reason *reason, const struct rule *rule, const struct override_spec *override)
{
	struct str group = override->group.text;

	reason_begin(reason, REASON_MISSING_CRD);
	reason_set_rule(reason, rule);
	reason_set(reason, "label", override->label.text, TEXT_SHOWN);
	reason_print(reason, "resource", "%.*s%s%.*s", STR_ARG(str_front(override->resource.text, TEXT_SHOWN)),
		     group.len ? "." : "", STR_ARG(str_front(group, TEXT_SHOWN)));
}

/* The other resources that have the metric, the first five. */
static size_t write_resources(struct buf *out, const struct api_plan *plan)
{
	const struct catalog *catalog = plan->view->catalog;
	size_t shown = 0;

	for (size_t i = 0; i < catalog_count(catalog, false) && shown < 5; i++) {
		const struct metric *metric = catalog_at(catalog, false, i);

		if (!str_eq(metric->name, plan->request->metric))
			continue;
		buf_puts(out, shown++ ? ", " : "");
		resource_write(out, metric->resource);
	}
	return shown;
}

/* The resource is one of which the rule says no label. */
static void explain_other(struct reason *reason, const struct api_plan *plan, const struct found_series *series,
			  struct str resources)
{
	reason_begin(reason, resources.len ? REASON_OTHER_RESOURCE : REASON_NO_OBJECT_LABEL_AT_ALL);
	reason_set_rule(reason, series->rule);
	reason_set(reason, "resource", plan->request->resource, TEXT_SHOWN);
	reason_set(reason, "metric", plan->request->metric, TEXT_SHOWN);
	reason_set(reason, "others", resources, SIZE_MAX);
	reason_set(reason, "first", str_slice(resources, 0, str_index(resources, ',')), SIZE_MAX);
	reason_count(reason, "count", series->count, "series");
	reason_set_labels(reason, series->labels, series->label_count);
}

static void explain_label(struct reason *reason, const struct found_series *series, struct str label,
			  const struct resource *resource, struct str others)
{
	reason_begin(reason, REASON_NO_OBJECT_LABEL);
	reason_set_rule(reason, series->rule);
	reason_count(reason, "count", series->count, "series");
	reason_set(reason, "label", label, TEXT_SHOWN);
	reason_set(reason, "resource", resource->singular, TEXT_SHOWN);
	reason_set(reason, "others", others, SIZE_MAX);
	near_set_labels(reason, series, label, resource);
}

static void explain_named(struct reason *reason, const struct api_plan *plan, const struct found_series *series,
			  const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf others = {0};
	const struct override_spec *override = unresolved(plan, series->rule);
	struct str label;
	struct err err;

	write_resources(&others, plan);
	if (association_label_of(series->rule->association, catalog_resources(plan->view->catalog), resource,
				 plan->arena, &label, &err))
		explain_label(reason, series, label, resource, buf_str(&others));
	else if (override && others.len == 0)
		explain_crd(reason, series->rule, override);
	else
		explain_other(reason, plan, series, buf_str(&others));
}

/* ---- one rule */

static void explain_rule(struct reason *reason, const struct api_plan *plan, const struct rule *rule,
			 const struct resource *resource)
{
	const struct series_finding *finding = finding_of(plan, rule);
	const struct rule_found *found = found_by(plan, rule);
	const struct override_spec *override = unresolved(plan, rule);

	if (!finding->asked)
		explain_waiting(reason, rule, finding);
	else if (!finding->found)
		explain_failure(reason, rule, finding);
	else if (finding->series && found->first == NULL) /* the catalog is being made of them */
		explain_waiting(reason, rule, finding);
	else if (finding->series == 0)
		explain_no_series(reason, plan, rule);
	else if (found->first_undecided)
		explain_undecided(reason, found->first_undecided);
	else if (found->first_dropped && found->dropped >= finding->series)
		explain_drop(reason, plan, found->first_dropped);
	else if (found->first_nameless)
		explain_nameless(reason, plan, rule);
	else if (override && resource == NULL)
		explain_crd(reason, rule, override);
	else if (resource && str_eq(found->first->name, plan->request->metric))
		explain_named(reason, plan, found->first, resource);
	else if (found->first_dropped)
		explain_drop(reason, plan, found->first_dropped);
	else
		explain_new_name(reason, rule, found->first->name);
}

/* The rule that concerns the metric may call it by another name than the one that was asked, and have found nothing. */
static bool explain_concerned(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf promised = {0};
	const struct rule *rule = concerned_rule(plan, is_external(plan));
	struct str series;

	if (rule == NULL)
		return false;
	series = promise_series(rules_of(plan), rule);
	promise_write(&promised, rules_of(plan), rule);
	if (str_eq(series, plan->request->metric) && promised.len &&
	    !same_name(rule, buf_str(&promised), plan->request->metric) && !str_eq(rule->spec->name_as.text, series))
		explain_new_name(reason, rule, buf_str(&promised));
	else
		explain_rule(reason, plan, rule, resource);
	return true;
}

/* ---- the request */

static void explain_scope(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	struct str asked = str_front(plan->request->resource, TEXT_SHOWN);

	reason_begin(reason, REASON_WRONG_SCOPE);
	reason_set(reason, "resources", resource->plural, TEXT_SHOWN);
	reason_set(reason, "metric", plan->request->metric, METRIC_SHOWN);
	reason_set(reason, "scope", resource->namespaced ? STR("namespaced") : STR("cluster-scoped"), SIZE_MAX);
	reason_set(reason, "asked", resource->namespaced ? STR("no namespace") : STR("a namespace"), SIZE_MAX);
	reason_print(reason, "path", "%s/%.*s", resource->namespaced ? "/namespaces/NAMESPACE" : "", STR_ARG(asked));
}

static bool has_external_rules(const struct api_plan *plan)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);

	return rules->count > rules->custom_count;
}

static void explain_no_external_rules(struct reason *reason, const struct api_plan *plan)
{
	reason_begin(reason, REASON_NO_EXTERNAL_RULES);
	reason_set(reason, "file", catalog_rules(plan->view->catalog)->spec->file, FILE_SHOWN);
}

static void explain_api(struct reason *reason, const struct api_plan *plan, const struct rule *rule)
{
	bool none = !rule->external && !has_external_rules(plan);

	reason_begin(reason, none ? REASON_NO_EXTERNAL_RULES_CUSTOM : REASON_WRONG_API);
	reason_set(reason, "file", catalog_rules(plan->view->catalog)->spec->file, FILE_SHOWN);
	reason_set_rule(reason, rule);
	reason_set(reason, "group", rule->external ? STR(API_EXTERNAL_GROUP) : STR(API_CUSTOM_GROUP), SIZE_MAX);
	reason_set(reason, "type", rule->external ? STR("External") : STR("Pods or Object"), SIZE_MAX);
}

static const struct rule *rule_of_other_api(const struct api_plan *plan)
{
	const struct catalog *catalog = plan->view->catalog;
	const struct metric *metric;

	if (!is_external(plan)) {
		metric = catalog_find_external(catalog, plan->request->metric);
		return metric ? metric->rule : NULL;
	}
	for (size_t i = 0; i < catalog_count(catalog, false); i++)
		if (str_eq_nocase(catalog_at(catalog, false, i)->name, plan->request->metric))
			return catalog_at(catalog, false, i)->rule;
	return NULL;
}

static void explain_resource(struct reason *reason, const struct api_plan *plan)
{
	const struct rule *rule = concerned_rule(plan, false);
	const struct found_series *series = named_series(plan);
	const struct override_spec *override;

	if (resource_table_count(catalog_resources(plan->view->catalog)) == 0) {
		reason_begin(reason, REASON_UNKNOWN_RESOURCES);
		return;
	}
	rule = series ? series->rule : rule;
	override = rule ? unresolved(plan, rule) : NULL;
	if (override &&
	    str_eq_nocase(str_slice(plan->request->resource, 0, override->resource.text.len), override->resource.text))
		explain_crd(reason, rule, override);
	else
		near_find_resource(reason, plan);
}

/* ---- the label of the namespace */

static struct str namespace_like(const struct api_plan *plan)
{
	const struct found_series *at = found_of_series(seen(plan), plan->metric->series);

	while (at && at->rule != plan->metric->rule)
		at = at->next_of_series;
	for (size_t i = 0; at && i < at->label_count; i++)
		if (str_ends(at->labels[i], STR("namespace")))
			return at->labels[i];
	return (struct str){0};
}

static enum reason_code code_without_namespace(const struct rule *rule)
{
	if (rule->external)
		return REASON_EXTERNAL_NAMESPACE;
	return rule->spec->resources.namespaced ? REASON_NO_NAMESPACE_LABEL : REASON_NOT_NAMESPACED;
}

void reason_of_no_namespace(struct reason *reason, const struct api_plan *plan)
{
	const struct rule *rule = plan->metric->rule;
	struct str label = namespace_like(plan);

	if (resource_table_count(catalog_resources(plan->view->catalog)) == 0) {
		reason_begin(reason, REASON_UNKNOWN_RESOURCES);
		return;
	}
	reason_begin(reason, code_without_namespace(rule));
	reason_set_rule(reason, rule);
	reason_set(reason, "found", label, TEXT_SHOWN);
	reason_set(reason, "label", label.len ? label : STR("namespace"), TEXT_SHOWN);
}

/* ---- all */

static void explain_no_rule(struct reason *reason, const struct api_plan *plan)
{
	const struct rules *rules = rules_of(plan);

	reason_begin(reason, REASON_NO_RULE);
	reason_count(reason, "count", rules->count, "rule");
	reason_print(reason, "custom", "%zu", rules->custom_count);
	reason_print(reason, "external", "%zu", rules->count - rules->custom_count);
	reason_set(reason, "group", is_external(plan) ? STR(API_EXTERNAL_GROUP) : STR(API_CUSTOM_GROUP), SIZE_MAX);
	if (plan->view->gke_names)
		reason_set(reason, "gke", STR("prometheus.googleapis.com|METRIC|gauge"), SIZE_MAX);
}

static void explain_rest(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	const struct rule *other = concerned_rule(plan, !is_external(plan));
	const struct rule *nameless = nameless_rule(plan);
	const struct rule *unknown = plan->likely ? plan->likely : unknown_rule(plan);

	if (other)
		explain_api(reason, plan, other);
	else if (gke_name_is(plan->request->metric) && !plan->view->gke_names)
		reason_begin(reason, REASON_GKE_NAMES_OFF);
	else if (nameless && near_is_like(plan->request->metric, found_by(plan, nameless)->first_nameless->series))
		explain_nameless(reason, plan, nameless);
	else if (near_find(reason, plan, resource))
		return;
	else if (is_external(plan) && !has_external_rules(plan))
		explain_no_external_rules(reason, plan);
	else if (nameless)
		explain_nameless(reason, plan, nameless);
	else if (unknown)
		explain_rule(reason, plan, unknown, resource);
	else
		explain_no_rule(reason, plan);
}

void reason_of_unknown(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	const struct found_series *named = named_series(plan);
	const struct found_series *series = raw_series(plan);
	const struct rule *other = rule_of_other_api(plan);

	if (!is_external(plan) && resource == NULL)
		explain_resource(reason, plan);
	else if (!is_external(plan) && resource->namespaced != plan->request->namespaced)
		explain_scope(reason, plan, resource);
	else if (named && resource)
		explain_named(reason, plan, named, resource);
	else if (other)
		explain_api(reason, plan, other);
	else if (series)
		explain_series(reason, plan, series);
	else if (!explain_concerned(reason, plan, resource))
		explain_rest(reason, plan, resource);
}
