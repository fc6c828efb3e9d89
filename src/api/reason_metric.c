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
#include "text/duration.h"

enum { TEXT_SHOWN = 60, SERIES_SHOWN = 90, FAILURE_SHOWN = 260 };

struct str text_front(struct str text, size_t bytes)
{
	struct str cut = str_slice(text, 0, bytes);

	return cut.len < text.len ? str_slice(cut, 0, str_whole_characters(cut)) : text;
}

static void put_cut(struct buf *out, struct str text, size_t bytes)
{
	struct str shown = text_front(text, bytes);

	buf_put(out, shown);
	buf_puts(out, shown.len < text.len ? "..." : "");
}

static bool is_external(const struct api_plan *plan)
{
	return plan->request->route == ROUTE_EXTERNAL;
}

static const struct found_table *seen(const struct api_plan *plan)
{
	return catalog_found(plan->view->catalog);
}

static void name_rule(struct buf *out, const struct rule *rule)
{
	buf_puts(out, "rule ");
	rule_write_place(out, rule);
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

/* The text constant of an equality matcher, from behind the label's name on; empty: it is no equality. */
static struct str matched_text(struct str rest)
{
	struct str value;
	char quote;

	rest = str_trim(rest);
	if (!str_starts(rest, STR("=")) || str_starts(rest, STR("=~")))
		return (struct str){0};
	value = str_trim(str_slice(rest, 1, rest.len));
	quote = value.len ? value.ptr[0] : '\0';
	if (quote != '"' && quote != '\'' && quote != '`')
		return (struct str){0};
	value = str_slice(value, 1, value.len);
	return str_slice(value, 0, str_index(value, quote));
}

/* The name in a seriesQuery: what stands before the brace, or __name__="..." in it. */
static struct str series_name(const struct rule *rule)
{
	struct str query = rule->spec->series_query.text;
	struct str label = STR("__name__");
	struct str name = str_trim(str_slice(query, 0, str_index(query, '{')));

	for (size_t at = 0; name.len == 0 && at < query.len; at++) {
		struct str rest = str_slice(query, at, query.len);

		if (str_starts(rest, label))
			name = matched_text(str_slice(rest, label.len, rest.len));
	}
	return name;
}

/* What the rule would call the series of its seriesQuery; empty: nothing. */
static void write_promised_name(struct buf *out, const struct rule *rule, struct str series)
{
	bool keeps = false;
	struct err err;

	if (series.len && namer_keeps(rule->namer, series, &keeps, &err) && keeps &&
	    !namer_name(rule->namer, series, out, &err))
		buf_reset(out);
}

static bool same_name(const struct rule *rule, struct str a, struct str b)
{
	return rule->external ? str_eq_nocase(a, b) : str_eq(a, b); /* the HPA sends external names in lower case */
}

static bool concerns(const struct rule *rule, struct str metric)
{
	CLEANUP(buf_clear) struct buf promised = {0};
	struct str series = series_name(rule);
	struct str as = rule->spec->name_as.text;

	if (same_name(rule, series, metric) || (as.len && str_index(as, '$') == as.len && same_name(rule, as, metric)))
		return true;
	write_promised_name(&promised, rule, series);
	return promised.len && same_name(rule, buf_str(&promised), metric);
}

/* The last one, which would count. */
static const struct rule *concerned_rule(const struct api_plan *plan, bool external)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == external && concerns(&rules->list[i], plan->request->metric))
			return &rules->list[i];
	return NULL;
}

/* A rule whose series nobody knows, as it says no name and was never answered: it may well give the metric. */
static const struct rule *unknown_rule(const struct api_plan *plan)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == is_external(plan) && series_name(&rules->list[i]).len == 0 &&
		    !finding_of(plan, &rules->list[i])->found)
			return &rules->list[i];
	return NULL;
}

static const struct rule *nameless_rule(const struct api_plan *plan)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);

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

static enum reason_code explain_failure(struct buf *out, const struct rule *rule, const struct series_finding *finding)
{
	name_rule(out, rule);
	buf_printf(out, ": the request for its series has failed for %lld s: ", (long long)finding->failing_s);
	put_cut(out, str_of(finding->failure), FAILURE_SHOWN);
	buf_puts(out, "; ");
	put_cut(out, rule->spec->series_query.text, SERIES_SHOWN);
	buf_puts(out, ". fix: ");
	if (finding->problem)
		write_upstream_fix(out, finding->problem, "seriesQuery");
	else
		buf_puts(out, "see to Prometheus at --prometheus-url");
	return REASON_DISCOVERY_FAILS;
}

static enum reason_code explain_waiting(struct buf *out, const struct rule *rule, const struct series_finding *finding)
{
	name_rule(out, rule);
	buf_printf(out,
		   ": discovery of its series has not finished yet, %lld s after the start. fix: wait for the next "
		   "try",
		   (long long)finding->since_s);
	return REASON_DISCOVERY_WAITS;
}

static enum reason_code explain_no_series(struct buf *out, const struct api_plan *plan, const struct rule *rule)
{
	name_rule(out, rule);
	buf_puts(out, " finds no series: ");
	put_cut(out, rule->spec->series_query.text, SERIES_SHOWN);
	buf_puts(out, " matched 0 in the last ");
	duration_write_go(out, plan->view->max_age_ms * 1000000);
	buf_puts(out, ". fix: look for it in Prometheus; --metrics-max-age must be longer than the scrape interval and "
		      "than --metrics-relist-interval");
	return REASON_NO_SERIES;
}

/* ---- names */

static enum reason_code explain_drop(struct buf *out, const struct api_plan *plan, const struct found_series *series)
{
	unsigned long long all = finding_of(plan, series->rule)->series;
	unsigned long long dropped = found_by(plan, series->rule)->dropped;

	name_rule(out, series->rule);
	buf_printf(out, " drops %llu of the %llu series that it finds, %.*s among them: ", dropped, all,
		   STR_ARG(text_front(series->series, TEXT_SHOWN)));
	buf_printf(out, "%s %s \"", series->drop.key,
		   str_ends(str_of(series->drop.key), STR("isNot")) ? "fits:" : "does not fit:");
	put_cut(out, series->drop.pattern, SERIES_SHOWN);
	buf_printf(out, "\". fix: correct %s",
		   str_starts(str_of(series->drop.key), STR("name")) ? "name.matches" : "seriesFilters");
	return REASON_FILTERED;
}

static enum reason_code explain_undecided(struct buf *out, const struct found_series *series)
{
	name_rule(out, series->rule);
	buf_printf(out, " cannot tell whether it takes %.*s: %s \"", STR_ARG(text_front(series->series, TEXT_SHOWN)),
		   series->drop.key);
	put_cut(out, series->drop.pattern, SERIES_SHOWN);
	buf_puts(out, "\" takes too many steps. fix: write it without repetitions inside repetitions");
	return REASON_HARD_PATTERN;
}

static enum reason_code explain_nameless(struct buf *out, const struct api_plan *plan, const struct rule *rule)
{
	CLEANUP(buf_clear) struct buf fix = {0};
	const struct found_series *series = found_by(plan, rule)->first_nameless;

	namer_write_fix(rule->namer, &fix);
	name_rule(out, rule);
	buf_printf(out, " gives the series %.*s no name, since as: \"",
		   STR_ARG(text_front(series->series, TEXT_SHOWN)));
	put_cut(out, rule->spec->name_as.text, TEXT_SHOWN);
	buf_printf(out, "\" expands to nothing. fix: %s under name.as",
		   fix.len ? buf_cstr(&fix) : "write a name, as \"${1}_total\",");
	return REASON_NAMELESS;
}

static enum reason_code explain_new_name(struct buf *out, const struct rule *rule, struct str name)
{
	name_rule(out, rule);
	buf_puts(out, " gives the series another name. fix: ask for ");
	buf_put(out, text_front(name, (size_t)2 * TEXT_SHOWN));
	return REASON_RENAMED;
}

static enum reason_code explain_series(struct buf *out, const struct api_plan *plan, const struct found_series *series)
{
	switch (series->fate) {
	case FOUND_DROPPED:
		return explain_drop(out, plan, series);
	case FOUND_NAMELESS:
		return explain_nameless(out, plan, series->rule);
	case FOUND_UNDECIDED:
		return explain_undecided(out, series);
	case FOUND_NAMED:
		break;
	}
	return explain_new_name(out, series->rule, series->name);
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

static enum reason_code explain_crd(struct buf *out, const struct rule *rule, const struct override_spec *override)
{
	name_rule(out, rule);
	buf_printf(out, ": its label \"%.*s\" stands for %.*s%s%.*s, which the cluster does not know",
		   STR_ARG(text_front(override->label.text, TEXT_SHOWN)),
		   STR_ARG(text_front(override->resource.text, TEXT_SHOWN)), override->group.text.len ? "." : "",
		   STR_ARG(text_front(override->group.text, TEXT_SHOWN)));
	buf_puts(out,
		 ". fix: install its CRD (CustomResourceDefinition), which is missing; kubectl api-resources lists "
		 "what there is");
	return REASON_MISSING_CRD;
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
static enum reason_code explain_other(struct buf *out, const struct api_plan *plan, const struct found_series *series,
				      struct str resources)
{
	struct str first = str_slice(resources, 0, str_index(resources, ','));

	name_rule(out, series->rule);
	if (resources.len == 0) {
		buf_printf(out, " finds %llu series of it, but no label of the rule stands for %.*s; they have ",
			   (unsigned long long)series->count, STR_ARG(plan->request->resource));
		write_label_list(out, series->labels, series->label_count);
		buf_puts(out, ". fix: write one of these under resources.overrides");
		return REASON_NO_OBJECT_LABEL;
	}
	buf_printf(out, " has it for %.*s. fix: ask for these", STR_ARG(resources));
	buf_printf(out,
		   " (/%.*s/NAME/%.*s, or describedObject in the HPA), or write a label of %.*s under "
		   "resources.overrides",
		   STR_ARG(first), STR_ARG(text_front(plan->request->metric, TEXT_SHOWN)),
		   STR_ARG(text_front(plan->request->resource, TEXT_SHOWN)));
	return REASON_OTHER_RESOURCE;
}

static enum reason_code explain_label(struct buf *out, const struct found_series *series, struct str label,
				      const struct resource *resource, struct str others)
{
	name_rule(out, series->rule);
	buf_printf(out, " finds %llu series of it, but none has the label \"%.*s\", which stands for %.*s; they have ",
		   (unsigned long long)series->count, STR_ARG(text_front(label, TEXT_SHOWN)),
		   STR_ARG(resource->singular));
	write_near_labels(out, series, label, resource);
	if (others.len)
		buf_printf(out, "; it is there for %.*s", STR_ARG(others));
	buf_puts(out, ". fix: write the label that they have under resources.overrides, or change resources.template");
	return REASON_NO_OBJECT_LABEL;
}

static enum reason_code explain_named(struct buf *out, const struct api_plan *plan, const struct found_series *series,
				      const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf others = {0};
	const struct override_spec *override = unresolved(plan, series->rule);
	struct str label;
	struct err err;

	write_resources(&others, plan);
	if (association_label_of(series->rule->association, catalog_resources(plan->view->catalog), resource,
				 plan->arena, &label, &err))
		return explain_label(out, series, label, resource, buf_str(&others));
	if (override && others.len == 0)
		return explain_crd(out, series->rule, override);
	return explain_other(out, plan, series, buf_str(&others));
}

/* ---- one rule */

static enum reason_code explain_rule(struct buf *out, const struct api_plan *plan, const struct rule *rule,
				     const struct resource *resource)
{
	const struct series_finding *finding = finding_of(plan, rule);
	const struct rule_found *found = found_by(plan, rule);
	const struct override_spec *override = unresolved(plan, rule);

	if (!finding->asked)
		return explain_waiting(out, rule, finding);
	if (!finding->found)
		return explain_failure(out, rule, finding);
	if (finding->series && found->first == NULL) /* the catalog is being made of them */
		return explain_waiting(out, rule, finding);
	if (finding->series == 0)
		return explain_no_series(out, plan, rule);
	if (found->first_undecided)
		return explain_undecided(out, found->first_undecided);
	if (found->first_dropped && found->dropped >= finding->series)
		return explain_drop(out, plan, found->first_dropped);
	if (found->first_nameless)
		return explain_nameless(out, plan, rule);
	if (override && resource == NULL)
		return explain_crd(out, rule, override);
	if (resource && str_eq(found->first->name, plan->request->metric))
		return explain_named(out, plan, found->first, resource);
	if (found->first_dropped)
		return explain_drop(out, plan, found->first_dropped);
	return explain_new_name(out, rule, found->first->name);
}

/* The rule that concerns the metric may call it by another name than the one that was asked, and have found nothing. */
static bool explain_concerned(struct buf *out, const struct api_plan *plan, const struct resource *resource,
			      enum reason_code *ret_code)
{
	CLEANUP(buf_clear) struct buf promised = {0};
	const struct rule *rule = concerned_rule(plan, is_external(plan));
	struct str series;

	if (rule == NULL)
		return false;
	series = series_name(rule);
	write_promised_name(&promised, rule, series);
	if (str_eq(series, plan->request->metric) && promised.len &&
	    !same_name(rule, buf_str(&promised), plan->request->metric) && !str_eq(rule->spec->name_as.text, series))
		*ret_code = explain_new_name(out, rule, buf_str(&promised));
	else
		*ret_code = explain_rule(out, plan, rule, resource);
	return true;
}

/* ---- the request */

static enum reason_code explain_scope(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	struct str asked = text_front(plan->request->resource, TEXT_SHOWN);
	struct str metric = text_front(plan->request->metric, (size_t)2 * TEXT_SHOWN);

	buf_put(out, resource->plural);
	if (resource->namespaced)
		buf_printf(out,
			   " are namespaced, and no namespace is asked. fix: ask /namespaces/NAMESPACE/%.*s/NAME/%.*s",
			   STR_ARG(asked), STR_ARG(metric));
	else
		buf_printf(out, " are cluster-scoped, and a namespace is asked. fix: ask /%.*s/NAME/%.*s",
			   STR_ARG(asked), STR_ARG(metric));
	return REASON_WRONG_SCOPE;
}

static enum reason_code explain_api(struct buf *out, const struct rule *rule)
{
	name_rule(out, rule);
	buf_puts(out, rule->external ? " has it for " API_EXTERNAL_GROUP ". fix: its type in the HPA is External"
				     : " has it for " API_CUSTOM_GROUP ". fix: its type in the HPA is Pods or Object");
	return REASON_WRONG_API;
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

static enum reason_code explain_resource(struct buf *out, const struct api_plan *plan)
{
	const struct rule *rule = concerned_rule(plan, false);
	const struct found_series *series = named_series(plan);
	const struct override_spec *override;

	if (resource_table_count(catalog_resources(plan->view->catalog)) == 0) {
		buf_puts(out,
			 "the resources of the cluster are not known yet. fix: wait for API discovery, or see the log");
		return REASON_UNKNOWN_RESOURCE;
	}
	rule = series ? series->rule : rule;
	override = rule ? unresolved(plan, rule) : NULL;
	if (override &&
	    str_eq_nocase(str_slice(plan->request->resource, 0, override->resource.text.len), override->resource.text))
		return explain_crd(out, rule, override);
	explain_unknown_resource(out, plan);
	return REASON_UNKNOWN_RESOURCE;
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

enum reason_code reason_no_namespace(struct buf *out, const struct api_plan *plan)
{
	const struct rule *rule = plan->metric->rule;
	struct str label = namespace_like(plan);

	name_rule(out, rule);
	buf_puts(out, " has no label for the namespace");
	if (label.len)
		buf_printf(out, "; its series have \"%.*s\"", STR_ARG(text_front(label, TEXT_SHOWN)));
	if (rule->external) {
		buf_puts(out,
			 ", so the query cannot be built. fix: write namespaced: false under resources, or a label for "
			 "the namespace under resources.overrides");
		return REASON_EXTERNAL_NAMESPACE;
	}
	if (!rule->spec->resources.namespaced) {
		buf_puts(out,
			 ", and namespaced: false works under externalRules only. fix: move it to externalRules, or "
			 "write a label under resources.overrides, as ");
	} else {
		buf_puts(out, ", and the request is in one. fix: write it under resources.overrides, or a "
			      "resources.template: ");
	}
	buf_printf(out, "%.*s: {resource: namespace}",
		   STR_ARG(label.len ? text_front(label, TEXT_SHOWN) : STR("namespace")));
	return rule->spec->resources.namespaced ? REASON_NO_NAMESPACE_LABEL : REASON_NOT_NAMESPACED;
}

/* ---- all */

static enum reason_code explain_rest(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	const struct rule *other = concerned_rule(plan, !is_external(plan));
	const struct rule *nameless = nameless_rule(plan);
	const struct rule *unknown = unknown_rule(plan);
	enum reason_code code;

	if (other)
		return explain_api(out, other);
	if (gke_name_is(plan->request->metric) && !plan->view->gke_names) {
		buf_puts(out, "no rule gives it, and names of GKE's adapter are not translated. fix: start with "
			      "--gke-names");
		return REASON_GKE_NAME;
	}
	if (nameless && is_like(plan->request->metric, found_by(plan, nameless)->first_nameless->series))
		return explain_nameless(out, plan, nameless);
	if (explain_near(out, plan, resource, &code))
		return code;
	if (nameless)
		return explain_nameless(out, plan, nameless);
	if (unknown)
		return explain_rule(out, plan, unknown, resource);
	return explain_no_rule(out, plan);
}

enum reason_code reason_unknown(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	const struct found_series *named = named_series(plan);
	const struct found_series *series = raw_series(plan);
	const struct rule *other = rule_of_other_api(plan);
	enum reason_code code;

	if (!is_external(plan) && resource == NULL)
		return explain_resource(out, plan);
	if (!is_external(plan) && resource->namespaced != plan->request->namespaced)
		return explain_scope(out, plan, resource);
	if (named && resource)
		return explain_named(out, plan, named, resource);
	if (other)
		return explain_api(out, other);
	if (series)
		return explain_series(out, plan, series);
	if (explain_concerned(out, plan, resource, &code))
		return code;
	return explain_rest(out, plan, resource);
}
