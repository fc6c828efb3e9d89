/* SPDX-License-Identifier: Apache-2.0 */
#include "api/plan.h"

#include <stdlib.h>

#include "api_in.h"
#include "model/catalog.h"
#include "model/query.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/sample.h"
#include "investigation.h"
#include "refusal.h"
#include "text/quote.h"

enum { OBJECTS_MAX = 20000, QUERY_ERROR_SHOWN = 400, RESOURCE_SHOWN = 60 };

/* ---- what is in the way */

static enum reason_code code_of_query(const struct selector *selector, const struct err *err)
{
	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].op == SELECTOR_GREATER || selector->requirements[i].op == SELECTOR_LESS)
			return REASON_NO_OPERATOR;
	if (err->code == ERR_LIMIT)
		return REASON_LARGE_QUERY;
	return err->code == ERR_NOT_FOUND ? REASON_EMPTY_QUERY : REASON_TEMPLATE;
}

static void refuse_query(struct api_plan *plan, const struct selector *selector, const struct err *err)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, code_of_query(selector, err));
	reason_set_rule(&reason, plan->metric->rule);
	reason_set(&reason, "text", str_of(err->msg), QUERY_ERROR_SHOWN);
	refusal_make_of_rule(plan, &reason);
}

/* ---- the query */

static void ask(struct api_plan *plan)
{
	const struct metric *metric = plan->metric;
	const struct api_request *request = plan->request;
	bool external = request->route == ROUTE_EXTERNAL;
	const struct selector *selector =
		external ? &plan->parameters.label_selector : &plan->parameters.metric_selector;
	struct query query = {
		.text = metric->rule->query,
		.series = metric->series,
		.selector = plan->gke ? &plan->gke->query.selector : selector,
		.object_label = metric->object_label,
		.names = plan->names,
		.name_count = plan->name_count,
	};
	struct err err;

	if (request->namespaced && !(external && !metric->rule->spec->resources.namespaced)) {
		query.namespace_label = metric->namespace_label;
		query.namespace = request->namespace;
	}
	buf_reset(&plan->promql);
	if (query_write(&query, plan->arena, &plan->promql, &err))
		ages_begin(plan);
	else
		refuse_query(plan, query.selector, &err);
}

static void open_series(struct buf *promql, struct str series)
{
	if (query_plain_name(series)) {
		buf_put(promql, series);
		buf_putc(promql, '{');
		return;
	}
	buf_putc(promql, '{');
	quote_go(promql, series);
	buf_putc(promql, ',');
}

/* Without a cluster the objects are those that the metric's own series name. */
static void list_objects(struct api_plan *plan)
{
	const struct metric *metric = plan->metric;
	struct buf *promql = &plan->promql;

	buf_puts(promql, "count by (");
	buf_put(promql, metric->object_label);
	buf_puts(promql, ") (");
	open_series(promql, plan->gke ? plan->gke->query.listed : metric->series);
	if (plan->request->namespaced) {
		buf_put(promql, metric->namespace_label);
		buf_putc(promql, '=');
		quote_go(promql, plan->request->namespace);
		buf_putc(promql, ',');
	}
	buf_put(promql, metric->object_label);
	buf_puts(promql, "!=\"\"})");
	plan->step = API_LIST;
}

static void name_one(struct api_plan *plan)
{
	plan->names = &plan->request->name;
	plan->name_count = 1;
	ask(plan);
}

static int by_text(const void *left, const void *right)
{
	return str_cmp(*(const struct str *)left, *(const struct str *)right);
}

static void refuse_unlisted(struct api_plan *plan)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_NO_LISTED_OBJECTS);
	if (plan->gke)
		reason_set_query(&reason, plan);
	refusal_make_not_found(plan, false, &reason);
}

static void refuse_many(struct api_plan *plan, struct str resource)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_MANY_OBJECTS);
	reason_set(&reason, "resource", resource, RESOURCE_SHOWN);
	reason_print(&reason, "text", "there are more than %d of them", OBJECTS_MAX);
	refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_LIST, &reason);
}

void api_listed(struct api_plan *plan, const struct samples *samples)
{
	struct str *names = arena_calloc(plan->arena, samples->list.count, sizeof(*names));
	size_t count = 0;

	if (names == NULL || samples->list.count > OBJECTS_MAX) {
		refuse_many(plan, plan->request->resource);
		return;
	}
	for (size_t i = 0; i < samples->list.count; i++) {
		struct str name = sample_label(&samples->list.items[i], plan->metric->object_label);

		if (name.len && arena_copy(plan->arena, name, &names[count]))
			count++;
	}
	if (count)
		qsort(names, count, sizeof(*names), by_text);
	plan->names = names;
	plan->name_count = count;
	if (count)
		ask(plan);
	else
		refuse_unlisted(plan);
}

struct api_objects api_objects_wanted(const struct api_plan *plan)
{
	return (struct api_objects){.resource = plan->metric->resource,
				    .namespace = plan->request->namespace,
				    .selector = &plan->parameters.label_selector,
				    .rule = plan->metric->rule};
}

void api_left_out(struct api_plan *plan, size_t count)
{
	plan->left_out = count;
	if (plan->view->stats)
		plan->view->stats->dropped[DROP_NOT_LIVE] += count;
}

void api_named(struct api_plan *plan, const struct str *names, size_t count)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	plan->names = names;
	plan->name_count = count;
	if (count) {
		ask(plan);
		return;
	}
	reason_of_no_objects(&reason, plan);
	refusal_make_not_found(plan, false, &reason);
}

void api_unlisted(struct api_plan *plan, enum api_unlisted kind, const char *why)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_unlisted(&reason, plan->request->resource, kind, why);
	refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_LIST, &reason);
}

/* ---- what is asked for */

static const struct resource *find_resource(const struct api_plan *plan)
{
	return resource_find_qualified(catalog_resources(plan->view->catalog), plan->request->resource);
}

static void refuse_unknown(struct api_plan *plan, const struct resource *resource)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	plan->missing = plan->request->route == ROUTE_EXTERNAL ||
			(resource && resource->namespaced == plan->request->namespaced);
	plan->likely = missed_likely_rule(plan);
	reason_of_unknown(&reason, plan, resource);
	refusal_make_not_found(plan, false, &reason);
	if (reason.code == REASON_NO_SERIES)
		investigation_of_series(plan, reason.rule);
	else if (reason.code == REASON_NO_RULE || reason.code == REASON_NEAR_NAME ||
		 reason.code == REASON_OTHER_API_NAME)
		investigation_of_metric(plan);
}

static void refuse_without_namespace(struct api_plan *plan)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_no_namespace(&reason, plan);
	refusal_make_of_rule(plan, &reason);
	investigation_of_namespace(plan);
}

static void begin_custom(struct api_plan *plan)
{
	const struct api_request *request = plan->request;
	const struct resource *resource = find_resource(plan);

	plan->unknown_resource = resource == NULL;
	if (resource && resource->namespaced == request->namespaced) {
		plan->metric = catalog_find(plan->view->catalog, resource, request->metric);
		gke_begin(plan, resource);
	}
	if (refusal_is_made(plan))
		return;
	if (plan->metric == NULL)
		refuse_unknown(plan, resource);
	else if (request->namespaced && plan->metric->namespace_label.ptr == NULL)
		refuse_without_namespace(plan);
	else if (!request->all)
		name_one(plan);
	else if (!plan->view->standalone)
		plan->step = API_OBJECTS;
	else if (plan->parameters.label_selector.count)
		refusal_make(plan, STATUS_BAD_REQUEST, "", &(struct reason){.code = REASON_STANDALONE});
	else
		list_objects(plan);
}

static void begin_external(struct api_plan *plan)
{
	const struct api_request *request = plan->request;

	plan->metric = catalog_find_external(plan->view->catalog, request->metric);
	gke_begin(plan, NULL);
	if (refusal_is_made(plan))
		return;
	if (plan->metric == NULL)
		refuse_unknown(plan, NULL);
	else if (plan->metric->rule->spec->resources.namespaced && plan->metric->namespace_label.ptr == NULL)
		refuse_without_namespace(plan);
	else
		ask(plan);
}

void api_begin(struct api_plan *plan, const struct api_request *request, const struct api_view *view,
	       struct arena *arena)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	enum status_kind kind;
	struct err words;

	*plan = (struct api_plan){.request = request, .view = view, .arena = arena, .promql = BUF_MAX(QUERY_BYTES_MAX)};
	if (!api_parameters_parse(request, arena, &plan->parameters, &kind, &reason, &words)) {
		refusal_make(plan, kind, words.msg, &reason);
		return;
	}
	(request->route == ROUTE_EXTERNAL ? begin_external : begin_custom)(plan);
}

void api_plan_clear(struct api_plan *plan)
{
	gke_end(plan);
	ages_clear(plan);
	buf_clear(&plan->promql);
	buf_clear(&plan->probe);
	buf_clear(&plan->asked_names);
	buf_clear(&plan->reply.body);
	buf_clear(&plan->reply.warning);
	buf_clear(&plan->reply.reason);
}
