/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource_plan.h"

#include "api_in.h"
#include "model/query.h"
#include "model/sample.h"
#include "refusal.h"
#include "resource_plan_in.h"

enum { QUERY_SHOWN = 200 };

/* ---- samples */

/* Prometheus has answered, and the answer is of no use. */
static bool refuses(struct resource_plan *plan, const struct resource_query *query, const struct samples *samples)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	if (samples->warning.len) {
		reason_begin(&reason, REASON_PARTIAL);
		buf_printf(&text, "Prometheus %.*s warns that data is missing: %.*s", STR_ARG(plan->view.upstream),
			   STR_ARG(str_front(samples->warning, QUERY_SHOWN)));
	} else if (samples->malformed) {
		reason_begin(&reason, REASON_MALFORMED);
		buf_printf(&text, "of Prometheus %.*s ", STR_ARG(plan->view.upstream));
		buf_put_count(&text, samples->malformed, "sample");
		buf_puts(&text, " cannot be read");
	}
	plan->failed_upstream += text.len > 0;
	if (samples->type != SAMPLES_VECTOR) {
		reason_begin(&reason, REASON_NO_VECTOR);
		reason_set(&reason, "upstream", plan->view.upstream, QUERY_SHOWN);
		reason_set(&reason, "type", STR("result of another type"), SIZE_MAX);
	}
	reason_set(&reason, "text", buf_str(&text), SIZE_MAX);
	if (reason.code == REASON_NONE)
		return false;
	resource_plan_note_failure(plan, query, &reason);
	return true;
}

static int compare(const struct resource_item *item, struct str namespace, struct str name)
{
	int order = str_cmp(item->object.namespace, namespace);

	return order ? order : str_cmp(item->object.name, name);
}

static struct resource_item *find_item(const struct resource_plan *plan, const struct resource_query *query,
				       struct str namespace, struct str name)
{
	size_t low = query->first;
	size_t high = query->first + query->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&plan->items.items[middle], namespace, name);

		if (order == 0)
			return &plan->items.items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Whose is it? One that does not say its namespace was asked for by it. NULL: nobody's. */
static struct resource_item *item_of(const struct resource_plan *plan, struct resource_query *query,
				     const struct sample *sample)
{
	const struct resource_rule *rule = resource_plan_rule(plan, query->kind);
	struct str name = sample_label(sample, plan->nodes ? rule->node_label : rule->pod_label);
	struct str namespace = plan->nodes ? STR("") : sample_label(sample, rule->namespace_label);

	query->unlabelled += name.len == 0 || (query->many && namespace.len == 0);
	if (!query->many && namespace.len == 0)
	namespace = plan->items.items[query->first].object.namespace;
	return find_item(plan, query, namespace, name);
}

static struct resource_container *container_of(struct resource_plan *plan, struct resource_item *item, struct str name)
{
	struct resource_container **at = &item->containers;
	struct resource_container *container;

	while (*at && str_cmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && str_eq((*at)->name, name))
		return *at;
	container = arena_calloc(plan->arena, 1, sizeof(*container));
	if (container == NULL || !arena_copy(plan->arena, name, &container->name))
		return NULL;
	container->next = *at;
	*at = container;
	return container;
}

static void take_time(struct resource_item *item, int64_t time_ms)
{
	if (!item->timed || time_ms < item->time_ms)
		item->time_ms = time_ms;
	item->timed = true;
}

/* NaN is as good as no sample, and what is below zero is zero, as upstream has both. Anything else that is no number spoils the
   pod: without it the rest would be too little. */
static bool take_sample(struct resource_plan *plan, const struct resource_query *query, struct resource_item *item,
			const struct sample *sample)
{
	const struct policy policy = {.now_ms = plan->now_ms,
				      .max_sample_age_ms = plan->view.max_sample_age_ms,
				      .max_ahead_ms = plan->view.max_ahead_ms};
	const struct resource_rule *rule = resource_plan_rule(plan, query->kind);
	struct str name = plan->nodes ? STR("") : sample_label(sample, rule->container_label);
	struct resource_container *container = container_of(plan, item, name);
	struct resource_amount amount = {.seen = true};
	enum verdict verdict = policy_judge(&policy, sample->value, sample->time_ms, &amount.milli);

	if (container == NULL)
		return false;
	if (plan->nodes &&
	    container->amounts[query->kind].seen) /* upstream takes the first of a node, the last of a container */
		return true;
	amount.good = verdict == VERDICT_GOOD;
	if (amount.milli < 0)
		amount.milli = 0;
	container->amounts[query->kind] = amount;
	if (verdict == VERDICT_GOOD) {
		take_time(item, sample->time_ms);
	} else if (verdict != VERDICT_NAN) {
		item->spoiled_by = verdict;
		item->spoiled = query->kind;
	}
	return true;
}

void resource_plan_sampled(struct resource_plan *plan, size_t number, const struct samples *samples)
{
	struct resource_query *query = &plan->queries[number];

	if (refuses(plan, query, samples))
		return;
	query->samples = samples->list.count;
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		struct resource_item *item = item_of(plan, query, sample);

		if (item && !take_sample(plan, query, item, sample)) {
			plan->full = true; /* what is there now may be a part of a pod */
			return;
		}
	}
}

/* ---- the end */

bool resource_item_is_known(const struct resource_item *item)
{
	bool known[RESOURCE_KINDS] = {false};

	for (const struct resource_container *at = item->containers; at; at = at->next)
		for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++)
			known[kind] |= at->amounts[kind].good;
	return item->spoiled_by == VERDICT_GOOD && known[RESOURCE_CPU] && known[RESOURCE_MEMORY];
}

static bool has_amount(const struct resource_item *item, enum resource_kind kind)
{
	for (const struct resource_container *at = item->containers; at; at = at->next)
		if (at->amounts[kind].good)
			return true;
	return false;
}

static const struct resource_query *query_of(const struct resource_plan *plan, size_t item, enum resource_kind kind)
{
	const struct resource_query *query = plan->queries;

	while (query->kind != kind || item < query->first || item - query->first >= query->count)
		query++;
	return query;
}

static enum reason_code code_of_missing(const struct resource_item *item, const struct resource_query *query)
{
	if (item->spoiled_by != VERDICT_GOOD)
		return REASON_BAD_USAGE;
	return query->unlabelled ? REASON_NO_USAGE_LABEL : REASON_NO_USAGE;
}

/* Why there is no usage of an item that all queries were answered for. */
static void explain_missing(struct resource_plan *plan, size_t number, struct reason *reason)
{
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	const struct resource_item *item = &plan->items.items[number];
	enum resource_kind kind = has_amount(item, RESOURCE_CPU) ? RESOURCE_MEMORY : RESOURCE_CPU;
	const struct resource_query *query;

	if (item->spoiled_by != VERDICT_GOOD)
		kind = item->spoiled;
	query = query_of(plan, number, kind);
	reason_begin(reason, code_of_missing(item, query));
	resource_plan_set_rule(reason, plan, kind);
	reason_set(reason, "object", STR(""), 0);
	reason_set(reason, "verdict", str_of(verdict_name(item->spoiled_by)), SIZE_MAX);
	reason_count(reason, "count", query->unlabelled ? query->unlabelled : query->samples, "sample");
	if (resource_plan_promql(plan, (size_t)(query - plan->queries), &promql))
		reason_set_elastic(reason, "query", buf_str(&promql), (struct str){0});
}

static void refuse_missing(struct resource_plan *plan)
{
	CLEANUP(reason_clear) struct reason why = {0};
	CLEANUP(buf_clear) struct buf words = {0};
	CLEANUP(buf_clear) struct buf name = {0};
	const struct resource_object *object = &plan->items.items[0].object;
	struct str kind = plan->nodes ? STR("nodemetrics") : STR("podmetrics");
	struct status_details details;

	if (object->namespace.len)
		buf_printf(&name, "%.*s/", STR_ARG(object->namespace));
	buf_put(&name, object->name);
	explain_missing(plan, 0, &why);
	details = (struct status_details){.name = buf_str(&name), .group = plan->request->group, .kind = kind};
	buf_printf(&words, "%.*s.%.*s \"%.*s\" not found", STR_ARG(kind), STR_ARG(plan->request->group),
		   STR_ARG(buf_str(&name)));
	resource_plan_refuse(plan, STATUS_NOT_FOUND, buf_str(&words), &why, &details);
}

/* Who is left out of a list of which nobody says why looks as if there were no such thing. */
static void warn_of_missing(struct resource_plan *plan, size_t known)
{
	CLEANUP(reason_clear) struct reason missing = {0};
	const struct reason *why = &missing;

	if (plan->failed) {
		reason_print(&plan->failure, "left", "%zu of %zu %s", plan->items.count - known, plan->items.count,
			     plan->nodes ? "nodes" : "pods");
		why = &plan->failure;
	} else if (known == 0) {
		explain_missing(plan, 0, &missing);
		reason_print(&missing, "object", "%.*s has no usage: ", STR_ARG(plan->items.items[0].object.name));
	} else {
		return;
	}
	reason_write_warning(&plan->reply.warning, why);
	reason_write(&plan->reply.reason, STR(""), why, STATUS_MESSAGE_BYTES);
	plan->reply.code = why->code;
}

void resource_plan_answer(struct resource_plan *plan)
{
	size_t known = 0;

	for (size_t i = 0; i < plan->items.count; i++)
		known += resource_item_is_known(&plan->items.items[i]);
	if (plan->full) {
		resource_plan_refuse(plan, STATUS_INTERNAL, STR(REFUSAL_NO_FETCH),
				     &(struct reason){.code = REASON_MANY_CONTAINERS}, NULL);
		return;
	}
	if (known == 0 && (plan->failed_upstream || (plan->failed && !plan->request->all))) {
		resource_plan_refuse(plan, STATUS_INTERNAL, STR(REFUSAL_NO_FETCH), &plan->failure, NULL);
		return;
	}
	if (known == 0 && !plan->request->all) {
		refuse_missing(plan);
		return;
	}
	warn_of_missing(plan, known);
	resource_document_write(plan);
}
