/* SPDX-License-Identifier: Apache-2.0 */
#include "api_in.h"
#include "model/catalog.h"
#include "model/gke_name.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/sample.h"
#include "model/series.h"
#include "prom/client.h"
#include "text/distance.h"
#include "text/duration.h"

enum { QUERY_SHOWN = 90, GKE_QUERY_SHOWN = 240 /* no file shows it */, TEXT_SHOWN = 60, UPSTREAM_SHOWN = 300 };

static struct str front(struct str text, size_t bytes)
{
	struct str cut = str_slice(text, 0, bytes);

	return str_slice(cut, 0, str_whole_characters(cut));
}

static void write_duration(struct buf *out, int64_t ms)
{
	duration_write_go(out, ms * 1000000);
}

/* ---- a metric that is not there */

/* `vllm_x` for `vllm:x` is the mistake people make. */
static char folded(char c)
{
	if (c == ':' || c == '.' || c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const struct metric *nearest(const struct api_plan *plan, const struct resource *resource)
{
	bool external = plan->request->route == ROUTE_EXTERNAL;
	const struct catalog *catalog = plan->view->catalog;
	size_t best = plan->request->metric.len / 3 + 1;
	const struct metric *found = NULL;

	for (size_t i = 0; i < catalog_count(catalog, external); i++) {
		const struct metric *metric = catalog_at(catalog, external, i);
		bool same = !resource || (metric->resource && resource_same(metric->resource, resource));
		size_t off = same ? distance_between(plan->request->metric, metric->name, folded, best - 1) : best;

		if (off < best) {
			best = off;
			found = metric;
		}
	}
	return found;
}

/* The name that stands before the brace of a seriesQuery. */
static bool asks_for(const struct rule *rule, struct str name)
{
	struct str query = rule->spec->series_query.text;

	return str_eq(str_trim(str_slice(query, 0, str_index(query, '{'))), name) ||
	       str_eq(rule->spec->name_as.text, name);
}

static const struct rule *concerned_rule(const struct api_plan *plan)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);
	bool external = plan->request->route == ROUTE_EXTERNAL;

	for (size_t i = rules->count; i-- > 0;)
		if (rules->list[i].external == external && asks_for(&rules->list[i], plan->request->metric))
			return &rules->list[i];
	return NULL;
}

static void explain_rule(struct buf *out, const struct api_plan *plan, const struct rule *rule,
			 const struct resource *resource)
{
	const struct series_finding *finding = &plan->view->findings[rule->series_query];
	struct str series = front(rule->spec->series_query.text, TEXT_SHOWN);

	buf_puts(out, "rule ");
	rule_write_place(out, rule);
	if (!finding->asked) {
		buf_puts(out, " has not been looked up in Prometheus yet. mend: wait for the first round of discovery");
	} else if (!finding->found) {
		buf_printf(out, ": the request for its series fails for %lld s: %.*s. mend: see to Prometheus",
			   (long long)finding->failing_s, STR_ARG(front(str_of(finding->failure), UPSTREAM_SHOWN)));
	} else if (finding->series == 0) {
		buf_printf(out, " finds no series: %.*s matched 0 in the last ", STR_ARG(series));
		write_duration(out, plan->view->max_age_ms);
		buf_puts(out, ". mend: look for it in Prometheus; --metrics-max-age must be longer than the scrape "
			      "interval");
	} else {
		buf_printf(out,
			   " finds %llu series of it, but none has a label that stands for %.*s. mend: write one under "
			   "resources.overrides, or a resources.template",
			   (unsigned long long)finding->series,
			   STR_ARG(resource ? resource->singular : plan->request->resource));
	}
}

static const struct metric *of_another_resource(const struct api_plan *plan)
{
	const struct catalog *catalog = plan->view->catalog;

	for (size_t i = 0; i < catalog_count(catalog, false); i++)
		if (str_eq(catalog_at(catalog, false, i)->name, plan->request->metric))
			return catalog_at(catalog, false, i);
	return NULL;
}

static void name_rule(struct buf *out, const struct metric *metric)
{
	buf_puts(out, "rule ");
	rule_write_place(out, metric->rule);
}

/* A metric that is the series of that name under another one. */
static const struct metric *renamed(const struct api_plan *plan)
{
	bool external = plan->request->route == ROUTE_EXTERNAL;
	const struct catalog *catalog = plan->view->catalog;

	for (size_t i = 0; i < catalog_count(catalog, external); i++)
		if (str_eq(catalog_at(catalog, external, i)->series, plan->request->metric))
			return catalog_at(catalog, external, i);
	return NULL;
}

/* The resources that have the metric, the first five. */
static void write_resources(struct buf *out, const struct api_plan *plan)
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
}

static void explain_scope(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	buf_put(out, resource->plural);
	if (resource->namespaced)
		buf_printf(out, " live in namespaces. mend: ask /namespaces/NAMESPACE/%.*s/NAME/%.*s",
			   STR_ARG(plan->request->resource), STR_ARG(plan->request->metric));
	else
		buf_printf(out, " are cluster-scoped. mend: ask /%.*s/NAME/%.*s", STR_ARG(plan->request->resource),
			   STR_ARG(plan->request->metric));
}

static void explain_near(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	const struct metric *near = nearest(plan, resource);
	bool external = plan->request->route == ROUTE_EXTERNAL;

	if (near)
		buf_printf(out, "there is no such metric. mend: the nearest name is %.*s", STR_ARG(near->name));
	else
		buf_printf(out,
			   "none of the %zu rules gives it. mend: the names that there are stand in /apis/%s/v1beta1",
			   catalog_rules(plan->view->catalog)->count, external ? API_EXTERNAL_GROUP : API_CUSTOM_GROUP);
	if (plan->view->gke_names)
		buf_puts(out, "; names of GKE's adapter are written prometheus.googleapis.com|METRIC|gauge");
}

static bool explain_external(struct buf *out, const struct api_plan *plan)
{
	const struct metric *custom = of_another_resource(plan);

	if (custom == NULL)
		return false;
	name_rule(out, custom);
	buf_puts(out, " has it for " API_CUSTOM_GROUP ". mend: its type in the HPA is Pods or Object");
	return true;
}

static bool explain_custom(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	const struct metric *external = catalog_find_external(plan->view->catalog, plan->request->metric);
	const struct metric *other = of_another_resource(plan);

	if (resource == NULL && resource_table_count(catalog_resources(plan->view->catalog)) == 0) {
		buf_puts(
			out,
			"the resources of the cluster are not known yet. mend: wait for API discovery, or see the log");
	} else if (resource == NULL) {
		buf_printf(out, "the cluster does not know the resource %.*s. mend: kubectl api-resources lists them",
			   STR_ARG(plan->request->resource));
	} else if (resource->namespaced != plan->request->namespaced) {
		explain_scope(out, plan, resource);
	} else if (external) {
		name_rule(out, external);
		buf_puts(out, " has it for " API_EXTERNAL_GROUP ". mend: its type in the HPA is External");
	} else if (other) {
		name_rule(out, other);
		buf_puts(out, " has it for ");
		write_resources(out, plan);
		buf_puts(out, ". mend: ask for these, or write a label of the resource under resources.overrides");
	} else {
		return false;
	}
	return true;
}

void reason_unknown(struct buf *out, const struct api_plan *plan, const struct resource *resource)
{
	const struct rule *rule = concerned_rule(plan);
	const struct metric *other = renamed(plan);

	if (plan->request->route == ROUTE_EXTERNAL ? explain_external(out, plan) : explain_custom(out, plan, resource))
		return;
	if (gke_name_is(plan->request->metric) && !plan->view->gke_names) {
		buf_puts(out, "no rule gives it, and names of GKE's adapter are not translated. mend: start with "
			      "--gke-names");
	} else if (other) {
		name_rule(out, other);
		buf_printf(out, " gives the series another name. mend: ask for %.*s", STR_ARG(other->name));
	} else if (rule) {
		explain_rule(out, plan, rule, resource);
	} else {
		explain_near(out, plan, resource);
	}
}

/* ---- objects */

static void explain_left_out(struct buf *out, const struct api_plan *plan)
{
	struct str resource = front(plan->request->resource, TEXT_SHOWN);

	buf_printf(out, "%zu %.*s fit, and none counts: they are being deleted", plan->left_out, STR_ARG(resource));
	if (!pod_policy_of(plan->metric->rule->spec).ready) {
		buf_puts(out, ". mend: wait for those that come after them");
		return;
	}
	buf_puts(out, ", or not ready for as long as x-gaugelet wants in rule ");
	rule_write_place(out, plan->metric->rule);
	buf_printf(out, ". mend: see kubectl get %.*s, or change that rule's notReady or minReadySeconds",
		   STR_ARG(resource));
}

void reason_no_objects(struct buf *out, const struct api_plan *plan)
{
	struct str selector = front(plan->parameters.label_selector_text, TEXT_SHOWN);
	struct str resource = plan->request->resource;

	if (plan->left_out) {
		explain_left_out(out, plan);
		return;
	}
	buf_printf(out, "no %.*s", STR_ARG(resource));
	if (plan->request->namespaced)
		buf_printf(out, " in namespace %.*s", STR_ARG(front(plan->request->namespace, TEXT_SHOWN)));
	if (selector.len)
		buf_printf(out, " fit the selector %.*s", STR_ARG(selector));
	else
		buf_puts(out, " exist");
	buf_printf(out, ". mend: see their labels with kubectl get %.*s --show-labels", STR_ARG(resource));
}

/* ---- samples that fit nothing */

void reason_query(struct buf *out, const struct api_plan *plan)
{
	struct str query = front(buf_str(&plan->promql), plan->gke ? GKE_QUERY_SHOWN : QUERY_SHOWN);

	buf_put(out, query);
	if (query.len < plan->promql.len)
		buf_puts(out, "...");
}

static void write_names(struct buf *out, const struct api_plan *plan)
{
	size_t shown = plan->name_count < 3 ? plan->name_count : 3;

	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(front(plan->names[i], TEXT_SHOWN)));
	if (plan->name_count > shown)
		buf_printf(out, " and %zu more", plan->name_count - shown);
}

static void write_labels(struct buf *out, const struct tally *tally)
{
	if (tally->label_count == 0)
		buf_puts(out, "no labels at all");
	for (size_t i = 0; i < tally->label_count; i++)
		buf_printf(out, "%s\"%.*s\"", i ? ", " : "", STR_ARG(front(tally->labels[i], 40)));
}

static size_t explain_refused(struct buf *out, const struct tally *tally)
{
	size_t all = 0;

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++) {
		if (tally->refused[verdict] == 0)
			continue;
		buf_printf(out, "%s%zu %s", all ? ", " : "", tally->refused[verdict], verdict_name(verdict));
		all += tally->refused[verdict];
	}
	return all;
}

/* What a name of GKE's needs before its query can give something. */
static void explain_gke_needs(struct buf *out, const struct api_plan *plan)
{
	if (plan->gke && plan->name_count)
		buf_printf(out, "its series need the labels %s%.*s; ",
			   plan->request->namespaced ? "namespace and " : "", STR_ARG(plan->metric->object_label));
	else if (plan->gke && plan->view->known == NULL)
		buf_puts(out, "Prometheus has not told its names of metrics yet, so the letters are as they came; ");
}

static void mend_values(struct buf *out, const struct tally *tally)
{
	if (tally->refused[VERDICT_DUPLICATE])
		buf_puts(out,
			 ". mend: aggregate by (<<.GroupBy>>) in metricsQuery, or write sum or max as onDuplicate in "
			 "x-gaugelet");
	else if (tally->refused[VERDICT_UNKNOWN_AGE])
		buf_puts(out,
			 ". mend: see in Prometheus whether the series still get samples, or switch sampleAge off");
	else if (tally->refused[VERDICT_INFINITE])
		buf_puts(out, ". mend: put a guard into metricsQuery, as `> 0` or `or`, or write the number that +Inf "
			      "stands for as infinite in x-gaugelet");
	else
		buf_puts(out, ". mend: put a guard into metricsQuery, as `> 0` or `or`");
}

static void explain_bad_values(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	buf_puts(out, " gives no usable number: ");
	explain_refused(out, tally);
	if (tally->refused[VERDICT_STALE]) {
		buf_puts(out, "; the newest is ");
		write_duration(out, tally->newest_age_ms / 1000 * 1000);
		buf_puts(out, " old, the limit is ");
		write_duration(out,
			       policy_of(plan->metric->rule->spec, 0, plan->view->max_sample_age_ms).max_sample_age_ms);
		buf_puts(out, ". mend: see to the scrape, or raise --max-sample-age, or maxSampleAge in x-gaugelet");
		return;
	}
	if (plan->gke) {
		buf_puts(out, ". mend: write a rule for it with a guard in metricsQuery; the query is ");
		reason_query(out, plan);
		return;
	}
	mend_values(out, tally);
}

void reason_no_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	bool refused = false;

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++)
		refused |= tally->refused[verdict] > 0;
	buf_puts(out, "the query of rule ");
	rule_write_place(out, plan->metric->rule);
	if (refused) {
		explain_bad_values(out, plan, tally);
	} else if (tally->unlabelled) {
		buf_printf(out, " gives %zu samples without the label \"%.*s\"; they have ", tally->unlabelled,
			   STR_ARG(plan->metric->object_label));
		write_labels(out, tally);
		buf_puts(out, ". mend: aggregate by (<<.GroupBy>>) in metricsQuery");
	} else if (tally->foreign) {
		buf_printf(out,
			   " gives %zu samples of other objects, as %.*s, and none of the %zu asked for. mend: use "
			   "<<.LabelMatchers>> in metricsQuery",
			   tally->foreign, STR_ARG(front(tally->stranger, TEXT_SHOWN)), plan->name_count);
	} else if (tally->malformed) {
		buf_printf(out, " gives %zu samples that are none. mend: see what Prometheus %.*s answers",
			   tally->malformed, STR_ARG(plan->view->upstream));
	} else {
		buf_puts(out, " gives no sample");
		if (plan->name_count) {
			buf_printf(out, " for %zu objects (", plan->name_count);
			write_names(out, plan);
			buf_putc(out, ')');
		}
		buf_puts(out, ". mend: ");
		explain_gke_needs(out, plan);
		buf_puts(out, "run it in Prometheus: ");
		reason_query(out, plan);
	}
}

/* ---- Prometheus */

static const char *mend_of_status(int status)
{
	switch (status) {
	case 400:
	case 422:
		return "correct metricsQuery, or the selector whose key is no label name";
	case 401:
	case 403:
		return "see to the credential: --prometheus-header, --prometheus-token-file";
	case 404:
	case 405:
		return "see to the path in --prometheus-url";
	case 429:
		return "ask fewer or cheaper queries";
	default:
		return "see to Prometheus";
	}
}

const char *mend_of(const struct prom_problem *problem)
{
	switch (problem->fault) {
	case PROM_REFUSED:
	case PROM_UNRESOLVED:
		return "see to --prometheus-url";
	case PROM_TIMEOUT:
		return "make the query cheaper with a recording rule, or allow it more time";
	case PROM_TLS:
		return "see to --prometheus-ca-file and the certificate of Prometheus";
	case PROM_STATUS:
		return mend_of_status(problem->status);
	case PROM_NOT_JSON:
		return "see to --prometheus-url: a login page or a user interface stands there";
	case PROM_PARTIAL:
		return "look at the store behind it, or take what is there with --allow-partial";
	case PROM_CUT:
	case PROM_TOO_BIG:
		return "see to the proxy between and its limits";
	case PROM_OK:
	case PROM_MALFORMED:
	case PROM_OTHER:
		break;
	}
	return "see what stands at --prometheus-url";
}

void reason_upstream(struct buf *out, const struct api_plan *plan, const struct prom_problem *problem)
{
	struct str text = front(str_of(problem->text), UPSTREAM_SHOWN);

	buf_printf(out, "%.*s (query of rule ", STR_ARG(text));
	rule_write_place(out, plan->metric->rule);
	buf_puts(out, ": ");
	reason_query(out, plan);
	buf_printf(out, "). mend: %s", mend_of(problem));
}
