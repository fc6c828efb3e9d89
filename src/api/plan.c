/* SPDX-License-Identifier: Apache-2.0 */
#include "api/plan.h"

#include <stdarg.h>
#include <stdlib.h>

#include "api_in.h"
#include "model/catalog.h"
#include "model/query.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/sample.h"
#include "text/quote.h"

enum { OBJECTS_MAX = 20000 };

/* ---- refusals */

/* Upstream's own words, between its prefix and our reason. */
static struct str cause_of(struct str message)
{
	const struct str prefix = STR_INIT("Internal error occurred: ");

	if (!str_starts(message, prefix))
		return (struct str){0};
	message = str_slice(message, prefix.len, message.len);
	return str_slice(message, 0, str_index(message, ':'));
}

static void answer_with_status(struct api_plan *plan, enum status_kind kind, struct str message)
{
	buf_reset(&plan->reply.body);
	buf_reset(&plan->reply.reason);
	buf_put(&plan->reply.reason, message);
	status_write(&plan->reply.body, kind, message, cause_of(message), plan->request->pretty);
	plan->reply.status = status_code(kind);
	plan->step = API_ANSWERED;
}

void refuse(struct api_plan *plan, enum status_kind kind, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	err_format(text, sizeof(text), format, args);
	va_end(args);
	answer_with_status(plan, kind, str_of(text));
}

void write_not_found(struct buf *out, const struct api_plan *plan, bool with_name)
{
	const struct api_request *request = plan->request;

	buf_puts(out, "the server could not find the metric ");
	buf_put(out, request->metric);
	buf_puts(out, " for ");
	if (request->route == ROUTE_EXTERNAL) {
		if (str_eq(request->namespace, STR("default")))
			buf_puts(out, "namespaces");
		return;
	}
	buf_put(out, request->resource);
	if (with_name && !request->all) {
		buf_putc(out, ' ');
		buf_put(out, request->name);
	}
}

void refuse_because(struct api_plan *plan, enum status_kind kind, const char *words, enum reason_code code,
		    struct str reason)
{
	CLEANUP(buf_clear) struct buf message = {0};

	reason_write(&message, str_of(words), reason, code, STATUS_MESSAGE_BYTES);
	answer_with_status(plan, kind, buf_str(&message));
}

void refuse_metric(struct api_plan *plan, bool with_name, enum reason_code code, struct str reason)
{
	CLEANUP(buf_clear) struct buf words = {0};

	write_not_found(&words, plan, with_name);
	refuse_because(plan, STATUS_NOT_FOUND, buf_cstr(&words), code, reason);
}

/* External metrics have another status there. */
static void refuse_rule(struct api_plan *plan, enum reason_code code, struct str reason)
{
	if (plan->request->route == ROUTE_EXTERNAL)
		refuse_because(plan, STATUS_INTERNAL, "Internal error occurred: unable to fetch metrics", code, reason);
	else
		refuse_metric(plan, false, code, reason);
}

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
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, "the query of rule ");
	rule_write_place(&text, plan->metric->rule);
	buf_printf(&text, " cannot be built: %s", err->msg);
	refuse_rule(plan, code_of_query(selector, err), buf_str(&text));
}

/* ---- the question to Prometheus */

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
	CLEANUP(buf_clear) struct buf reason = {0};

	buf_puts(&reason, "no object has a series of it at the moment. fix: look for it in Prometheus");
	if (plan->gke) {
		buf_puts(&reason, ": ");
		reason_query(&reason, plan);
	}
	refuse_metric(plan, false, REASON_NO_OBJECTS, buf_str(&reason));
}

void api_listed(struct api_plan *plan, const struct samples *samples)
{
	struct str *names = arena_calloc(plan->arena, samples->list.count, sizeof(*names));
	size_t count = 0;

	if (names == NULL || samples->list.count > OBJECTS_MAX) {
		refuse(plan, STATUS_INTERNAL,
		       "Internal error occurred: unable to list matching resources: there are more than %d of them",
		       OBJECTS_MAX);
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
	CLEANUP(buf_clear) struct buf reason = {0};
	enum reason_code code;

	plan->names = names;
	plan->name_count = count;
	if (count) {
		ask(plan);
		return;
	}
	code = reason_no_objects(&reason, plan);
	refuse_metric(plan, false, code, buf_str(&reason));
}

void api_unlisted(struct api_plan *plan, enum api_unlisted kind, const char *why)
{
	CLEANUP(buf_clear) struct buf reason = {0};
	enum reason_code code = reason_unlisted(&reason, plan, kind, why);

	refuse_because(plan, STATUS_INTERNAL, "Internal error occurred: unable to list matching resources", code,
		       buf_str(&reason));
}

/* ---- what is asked for */

static const struct resource *find_resource(const struct api_plan *plan)
{
	return resource_find_qualified(catalog_resources(plan->view->catalog), plan->request->resource);
}

static void refuse_unknown(struct api_plan *plan, const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf reason = {0};
	enum reason_code code = reason_unknown(&reason, plan, resource);

	refuse_metric(plan, false, code, buf_str(&reason));
}

static void refuse_without_namespace(struct api_plan *plan)
{
	CLEANUP(buf_clear) struct buf reason = {0};
	enum reason_code code = reason_no_namespace(&reason, plan);

	refuse_rule(plan, code, buf_str(&reason));
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
	if (is_refused(plan))
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
		refuse_because(plan, STATUS_BAD_REQUEST, "", REASON_STANDALONE,
			       STR("labelSelector cannot be used with --standalone, since there is no cluster that "
				   "knows the labels of objects. fix: ask without labelSelector, or start without "
				   "--standalone"));
	else
		list_objects(plan);
}

static void begin_external(struct api_plan *plan)
{
	const struct api_request *request = plan->request;

	plan->metric = catalog_find_external(plan->view->catalog, request->metric);
	gke_begin(plan, NULL);
	if (is_refused(plan))
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
	enum status_kind kind;
	struct err err;

	*plan = (struct api_plan){.request = request, .view = view, .arena = arena, .promql = BUF_MAX(QUERY_BYTES_MAX)};
	if (!api_parameters_parse(request, arena, &plan->parameters, &kind, &err)) {
		refuse(plan, kind, "%s", err.msg);
		return;
	}
	plan->timeout_ms = plan->parameters.timeout_ms;
	(request->route == ROUTE_EXTERNAL ? begin_external : begin_custom)(plan);
}

void api_plan_clear(struct api_plan *plan)
{
	gke_end(plan);
	ages_clear(plan);
	buf_clear(&plan->promql);
	buf_clear(&plan->reply.body);
	buf_clear(&plan->reply.warning);
	buf_clear(&plan->reply.reason);
}
