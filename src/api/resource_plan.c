/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource_plan.h"

#include "api_in.h"
#include "model/query.h"
#include "model/resource.h"
#include "model/rule_spec.h"
#include "model/upstream_error.h"
#include "refusal.h"
#include "resource_plan_in.h"

enum {
	FAILURE_SHOWN = 400,
	BYTES_MAX = 256 << 20, /* of objects and containers: some 200,000 pods */
	QUERY_SCRATCH_MAX = 8 << 20,
	APART_MAX = 4,	     /* namespaces that are asked for each by itself, as upstream does */
	TOGETHER_MAX = 5000, /* pods in one query of many namespaces, so that no answer is huge */
	NAMED_MAX = 2000,    /* pods that a query names, if it need not */
};

static const struct resource pods = {.version = STR_INIT("v1"),
				     .plural = STR_INIT("pods"),
				     .singular = STR_INIT("pod"),
				     .kind = STR_INIT("Pod"),
				     .namespaced = true};
static const struct resource nodes = {
	.version = STR_INIT("v1"), .plural = STR_INIT("nodes"), .singular = STR_INIT("node"), .kind = STR_INIT("Node")};

/* ---- refusals */

void resource_plan_refuse(struct resource_plan *plan, enum status_kind kind, struct str words,
			  const struct reason *reason, const struct status_details *details)
{
	buf_reset(&plan->reply.body);
	buf_reset(&plan->reply.reason);
	status_write(&plan->reply.body, &plan->reply.reason, kind, words, reason, details, plan->request->pretty);
	plan->reply.status = status_code(kind);
	plan->reply.code = reason->code;
	plan->step = RESOURCE_ANSWERED;
}

static void refuse_parameters(struct resource_plan *plan, enum status_kind kind, const char *words,
			      const struct reason *reason)
{
	const struct status_details details = {.group = plan->request->group, .kind = plan->request->resource};

	resource_plan_refuse(plan, kind, str_of(words), reason, kind == STATUS_NO_RESOURCE_WATCH ? &details : NULL);
}

/* ---- the beginning */

const struct resource_rule *resource_plan_rule(const struct resource_plan *plan, enum resource_kind kind)
{
	return kind == RESOURCE_CPU ? &plan->view.rules->cpu : &plan->view.rules->memory;
}

const char *resource_kind_name(enum resource_kind kind)
{
	return kind == RESOURCE_CPU ? "cpu" : "memory";
}

void resource_plan_set_rule(struct reason *reason, const struct resource_plan *plan, enum resource_kind kind)
{
	CLEANUP(buf_clear) struct buf place = {0};

	resource_rule_write_place(&place, resource_plan_rule(plan, kind));
	reason_set(reason, "kind", str_of(resource_kind_name(kind)), SIZE_MAX);
	reason_set(reason, "place", buf_str(&place), SIZE_MAX);
}

static const char *missing_label(const struct resource_plan *plan, const struct resource_rule *rule)
{
	if (plan->nodes)
		return rule->node_label.ptr ? NULL : "node";
	if (rule->namespace_label.ptr == NULL)
		return "namespace";
	return rule->pod_label.ptr ? NULL : "pod";
}

static bool has_labels(struct resource_plan *plan)
{
	for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++) {
		const struct resource_rule *rule = resource_plan_rule(plan, kind);
		const char *missing = missing_label(plan, rule);
		CLEANUP(reason_clear) struct reason reason = {0};

		if (missing == NULL)
			continue;
		reason_begin(&reason, REASON_NO_RESOURCE_LABEL);
		resource_plan_set_rule(&reason, plan, kind);
		reason_set(&reason, "missing", str_of(missing), SIZE_MAX);
		resource_plan_refuse(plan, STATUS_INTERNAL, STR(REFUSAL_NO_FETCH), &reason, NULL);
		return false;
	}
	return true;
}

void resource_plan_begin(struct resource_plan *plan, const struct api_request *request,
			 const struct resource_view *view)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	enum status_kind kind;
	struct err words;

	*plan = (struct resource_plan){.step = RESOURCE_OBJECTS,
				       .request = request,
				       .view = *view,
				       .arena = arena_new(BYTES_MAX),
				       .nodes = str_eq(request->resource, nodes.plural)};
	if (!api_parameters_parse(request, plan->arena, &plan->parameters, &kind, &reason, &words)) {
		refuse_parameters(plan, kind, words.msg, &reason);
		return;
	}
	reason_begin(&reason, REASON_STANDALONE_RESOURCE);
	reason_set(&reason, "resource", request->resource, SIZE_MAX);
	if (view->standalone)
		resource_plan_refuse(plan, STATUS_NOT_FOUND, STR(""), &reason,
				     &(struct status_details){.kind = request->resource});
	else
		(void)has_labels(plan);
}

void resource_plan_clear(struct resource_plan *plan)
{
	vec_clear(&plan->items);
	buf_clear(&plan->reply.body);
	buf_clear(&plan->reply.warning);
	buf_clear(&plan->reply.reason);
	reason_clear(&plan->failure);
	arena_free(plan->arena);
	plan->arena = NULL;
}

/* ---- objects */

struct api_objects resource_plan_wanted(const struct resource_plan *plan)
{
	return (struct api_objects){.resource = plan->nodes ? &nodes : &pods,
				    .namespace = plan->request->namespace,
				    .selector = &plan->parameters.label_selector};
}

static bool copy_labels(struct arena *arena, const struct resource_object *object, struct resource_object *copy)
{
	struct resource_label *labels = arena_calloc(arena, object->label_count, sizeof(*labels));

	if (labels == NULL)
		return false;
	for (size_t i = 0; i < object->label_count; i++)
		if (!arena_copy(arena, object->labels[i].key, &labels[i].key) ||
		    !arena_copy(arena, object->labels[i].value, &labels[i].value))
			return false;
	copy->labels = labels;
	return true;
}

/* Objects come by namespace, so a namespace is mostly that of the object before. */
static bool copy_namespace(const struct resource_plan *plan, struct str namespace, struct str *ret_copy)
{
	if (plan->items.count && str_eq(plan->items.items[plan->items.count - 1].object.namespace, namespace)) {
		*ret_copy = plan->items.items[plan->items.count - 1].object.namespace;
		return true;
	}
	return arena_copy(plan->arena, namespace, ret_copy);
}

bool resource_plan_add(struct resource_plan *plan, const struct resource_object *object, struct err *err)
{
	const struct api_request *request = plan->request;
	struct resource_object copy = *object;

	if (request->all ? !api_fields_fit(request, object->namespace, object->name)
			 : !str_eq(object->name, request->name))
		return true;
	plan->seen = true;
	if (!object->running)
		return true;
	if (!copy_namespace(plan, object->namespace, &copy.namespace) ||
	    !arena_copy(plan->arena, object->name, &copy.name) || !copy_labels(plan->arena, object, &copy))
		return err_set(err, ERR_LIMIT, "more than we answer for in one request");
	*vec_push(&plan->items) = (struct resource_item){.object = copy};
	return true;
}

void resource_plan_unlisted(struct resource_plan *plan, enum api_unlisted kind, const char *why)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_unlisted(&reason, plan->nodes ? STR("nodes") : STR("pods"), kind, why);
	resource_plan_refuse(plan, STATUS_INTERNAL, STR(REFUSAL_NO_LIST), &reason, NULL);
}

static void refuse_unknown(struct resource_plan *plan)
{
	const struct api_request *request = plan->request;
	const struct status_details details = {.name = request->name, .kind = plan->nodes ? STR("node") : STR("pods")};
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf words = {0};

	reason_begin(&reason, plan->nodes ? REASON_NO_SUCH_NODE : plan->seen ? REASON_NOT_RUNNING : REASON_NO_SUCH_POD);
	reason_set(&reason, "namespace", request->namespace, SIZE_MAX);
	buf_printf(&words, "%.*s \"%.*s\" not found", STR_ARG(details.kind), STR_ARG(request->name));
	resource_plan_refuse(plan, STATUS_NOT_FOUND, buf_str(&words), &reason, &details);
}

/* ---- queries */

static size_t namespace_end(const struct resource_plan *plan, size_t first)
{
	size_t end = first + 1;

	while (end < plan->items.count &&
	       str_eq(plan->items.items[end].object.namespace, plan->items.items[first].object.namespace))
		end++;
	return end;
}

static size_t namespace_count(const struct resource_plan *plan)
{
	size_t count = 0;

	for (size_t at = 0; at < plan->items.count; at = namespace_end(plan, at))
		count++;
	return count;
}

static bool is_selected(const struct resource_plan *plan)
{
	struct str fields = {0};

	(void)url_query_get(&plan->request->query, STR("fieldSelector"), &fields);
	return plan->parameters.label_selector.count > 0 || fields.len > 0;
}

static void push_queries(struct resource_plan *plan, size_t first, size_t end, bool many)
{
	for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++) {
		bool few = end - first <= NAMED_MAX;

		plan->queries[plan->query_count++] = (struct resource_query){
			.kind = kind,
			.first = first,
			.count = end - first,
			.many = many,
			.named = many ? few && is_selected(plan)
				      : few || plan->nodes || !resource_plan_rule(plan, kind)->splits,
		};
	}
}

/* Few namespaces are asked for one by one, as upstream does it; many together, if both queries have a form that allows it. */
static void plan_pod_queries(struct resource_plan *plan, size_t namespaces)
{
	bool together = namespaces > APART_MAX && plan->view.rules->cpu.splits && plan->view.rules->memory.splits;
	size_t first = 0;

	while (first < plan->items.count) {
		size_t end = namespace_end(plan, first);

		while (together && end < plan->items.count && namespace_end(plan, end) - first <= TOGETHER_MAX)
			end = namespace_end(plan, end);
		push_queries(plan, first, end, together);
		first = end;
	}
}

void resource_plan_added(struct resource_plan *plan, int64_t now_ms)
{
	size_t namespaces = plan->nodes ? 1 : namespace_count(plan);

	plan->now_ms = now_ms;
	if (plan->items.count == 0) {
		if (plan->request->all)
			resource_document_write(plan);
		else
			refuse_unknown(plan);
		return;
	}
	plan->queries = arena_calloc(plan->arena, RESOURCE_KINDS * namespaces, sizeof(*plan->queries));
	if (plan->queries == NULL) {
		resource_plan_unlisted(plan, API_UNLISTED_MANY, "there are too many of them");
		return;
	}
	if (plan->nodes)
		push_queries(plan, 0, plan->items.count, false);
	else
		plan_pod_queries(plan, namespaces);
	plan->step = RESOURCE_QUERIES;
}

/* The distinct namespaces, or the names, of the items a query is about; NULL: the arena is full. */
static struct str *texts_of(const struct resource_plan *plan, const struct resource_query *query, bool namespaces,
			    struct arena *arena, size_t *ret_count)
{
	struct str *texts = arena_calloc(arena, query->count, sizeof(*texts));

	*ret_count = 0;
	for (size_t i = 0; texts && i < query->count; i++) {
		const struct resource_object *object = &plan->items.items[query->first + i].object;

		if (!namespaces)
			texts[(*ret_count)++] = object->name;
		else if (*ret_count == 0 || !str_eq(texts[*ret_count - 1], object->namespace))
			texts[(*ret_count)++] = object->namespace;
	}
	return texts;
}

static bool write_promql(const struct resource_plan *plan, const struct resource_query *asked, struct arena *arena,
			 struct buf *out, struct err *err)
{
	const struct resource_rule *rule = resource_plan_rule(plan, asked->kind);
	const struct str pod_groups[] = {rule->namespace_label, rule->pod_label, rule->container_label};
	struct query query = {
		.text = plan->nodes ? rule->node_query : rule->container_query,
		.series = STR(""),
		.group_by = plan->nodes ? &rule->node_label : &pod_groups[!asked->many],
		.group_by_count = plan->nodes ? 1 : COUNT_OF(pod_groups) - !asked->many,
	};

	if (!plan->nodes) {
		query.namespace_label = rule->namespace_label;
		query.namespaces = texts_of(plan, asked, true, arena, &query.namespace_count);
	}
	if (asked->named) {
		query.object_label = plan->nodes ? rule->node_label : rule->pod_label;
		query.names = texts_of(plan, asked, false, arena, &query.name_count);
	}
	if ((!plan->nodes && query.namespaces == NULL) || (asked->named && query.names == NULL))
		return err_set(err, ERR_LIMIT, "there are too many of them");
	return query_write(&query, arena, out, err);
}

void resource_plan_note_failure(struct resource_plan *plan, const struct resource_query *query,
				const struct reason *why)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (plan->failed++)
		return;
	reason_begin(&plan->failure, REASON_USAGE_FAILS);
	resource_plan_set_rule(&plan->failure, plan, query->kind);
	reason_write_cause(&text, why);
	reason_set(&plan->failure, "text", buf_str(&text), FAILURE_SHOWN);
	buf_reset(&text);
	reason_write_fix(&text, why);
	reason_set(&plan->failure, "fix", buf_str(&text), FAILURE_SHOWN);
}

bool resource_plan_promql(struct resource_plan *plan, size_t query, struct buf *out)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(QUERY_SCRATCH_MAX);
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf place = {0};
	struct err err;

	if (write_promql(plan, &plan->queries[query], arena, out, &err))
		return true;
	resource_rule_write_place(&place, resource_plan_rule(plan, plan->queries[query].kind));
	reason_begin(&reason, REASON_TEMPLATE);
	reason_set(&reason, "rule", buf_str(&place), SIZE_MAX);
	reason_set(&reason, "text", str_of(err.msg), FAILURE_SHOWN);
	resource_plan_note_failure(plan, &plan->queries[query], &reason);
	return false;
}

void resource_plan_failed(struct resource_plan *plan, size_t query, const struct upstream_error *problem)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_problem(&reason, problem, "the query");
	resource_plan_note_failure(plan, &plan->queries[query], &reason);
	plan->failed_upstream++;
}
