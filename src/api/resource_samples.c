/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource_plan.h"

#include "api_in.h"
#include "model/query.h"
#include "model/sample.h"
#include "refusal.h"
#include "resource_plan_in.h"

#include <math.h>

enum { QUERY_SHOWN = 200, NAME_SHOWN = 63, NAMES_SHOWN = 4, LEFT_OUT_SHOWN = 300 };

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

static struct policy policy_for(const struct resource_plan *plan)
{
	return (struct policy){.now_ms = plan->now_ms,
			       .max_sample_age_ms = plan->view.max_sample_age_ms,
			       .max_ahead_ms = plan->view.max_ahead_ms,
			       .on_duplicate = plan->view.lenient ? DUPLICATE_LAST : DUPLICATE_ERROR,
			       .not_negative = true};
}

/* As upstream has it, NaN and what is below zero are 0, and of several samples of a node the first one counts. */
static bool take_leniently(const struct resource_plan *plan, const struct number *number, double *value)
{
	if (!plan->view.lenient)
		return true;
	if (isnan(*value) || (*value < 0 && !isinf(*value)))
		*value = 0;
	return !plan->nodes || number->samples == 0;
}

static bool take_sample(struct resource_plan *plan, const struct resource_query *query, struct resource_item *item,
			const struct sample *sample)
{
	const struct policy policy = policy_for(plan);
	const struct resource_rule *rule = resource_plan_rule(plan, query->kind);
	struct str name = plan->nodes ? STR("") : sample_label(sample, rule->container_label);
	struct resource_container *container = container_of(plan, item, name);
	double value = sample->value;

	if (container == NULL)
		return false;
	if (take_leniently(plan, &container->numbers[query->kind], &value))
		(void)policy_take(&policy, &container->numbers[query->kind], value, sample->time_ms);
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

/* One sample that is no number takes the whole out: the HPA adds the containers up, and would take the rest for all of it. */
static void judge(struct policy_stats *stats, struct resource_item *item)
{
	bool has[RESOURCE_KINDS] = {false};

	for (const struct resource_container *at = item->containers; at; at = at->next)
		for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++) {
			const struct number *number = &at->numbers[kind];

			if (number_good(number)) {
				if (!(has[RESOURCE_CPU] || has[RESOURCE_MEMORY]) || number->time_ms < item->time_ms)
					item->time_ms = number->time_ms;
				has[kind] = true;
			} else if (number->samples) {
				policy_count_refused(stats, number->verdict, number->samples);
				item->spoiled = at;
				item->spoiled_kind = kind;
			}
		}
	item->known = item->spoiled == NULL && has[RESOURCE_CPU] && has[RESOURCE_MEMORY];
}

static bool has_number(const struct resource_item *item, enum resource_kind kind)
{
	for (const struct resource_container *at = item->containers; at; at = at->next)
		if (number_good(&at->numbers[kind]))
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
	if (item->spoiled == NULL)
		return query->unlabelled ? REASON_NO_USAGE_LABEL : REASON_NO_USAGE;
	switch (item->spoiled->numbers[item->spoiled_kind].verdict) {
	case VERDICT_DUPLICATE:
		return REASON_SEVERAL_USAGE;
	case VERDICT_STALE:
		return REASON_OLD_USAGE;
	case VERDICT_GOOD:
	case VERDICT_NAN:
	case VERDICT_INFINITE:
	case VERDICT_NEGATIVE:
	case VERDICT_RANGE:
	case VERDICT_FUTURE:
	case VERDICT_UNKNOWN_AGE:
	case VERDICT_COUNT:
		break;
	}
	return REASON_BAD_USAGE;
}

static void put_name(struct buf *out, const struct resource_object *object)
{
	if (object->namespace.len)
		buf_printf(out, "%.*s/", STR_ARG(object->namespace));
	buf_put(out, object->name);
}

/* Whose sample it is that is no number. */
static void set_spoiled(struct reason *reason, const struct resource_plan *plan, const struct resource_item *item)
{
	const struct number *number = &item->spoiled->numbers[item->spoiled_kind];
	CLEANUP(buf_clear) struct buf what = {0};

	if (!plan->nodes)
		buf_printf(&what, "the container \"%.*s\" of ", STR_ARG(str_front(item->spoiled->name, NAME_SHOWN)));
	put_name(&what, &item->object);
	reason_set(reason, "what", buf_str(&what), SIZE_MAX);
	reason_set(reason, "verdict", str_of(verdict_name(number->verdict)), SIZE_MAX);
	reason_set(reason, "key", plan->nodes ? STR("nodeQuery") : STR("containerQuery"), SIZE_MAX);
	if (number->verdict == VERDICT_NAN || number->verdict == VERDICT_NEGATIVE)
		reason_set(reason, "flag", STR("--lenient-resource-metrics"), SIZE_MAX);
	reason_age(reason, "age", plan->now_ms - number->time_ms);
	reason_age(reason, "limit", plan->view.max_sample_age_ms);
}

/* Why there is no usage of an item that all queries were answered for. */
static void explain_missing(struct resource_plan *plan, size_t number, struct reason *reason)
{
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	const struct resource_item *item = &plan->items.items[number];
	enum resource_kind kind = has_number(item, RESOURCE_CPU) ? RESOURCE_MEMORY : RESOURCE_CPU;
	const struct resource_query *query;

	if (item->spoiled)
		kind = item->spoiled_kind;
	query = query_of(plan, number, kind);
	reason_begin(reason, code_of_missing(item, query));
	resource_plan_set_rule(reason, plan, kind);
	reason_set(reason, "object", STR(""), 0);
	if (item->spoiled)
		set_spoiled(reason, plan, item);
	reason_count(reason, "count", query->unlabelled ? query->unlabelled : query->samples, "sample");
	if (resource_plan_promql(plan, (size_t)(query - plan->queries), &promql))
		reason_set_elastic(reason, "query", buf_str(&promql), (struct str){0});
}

static void refuse_missing(struct resource_plan *plan)
{
	CLEANUP(reason_clear) struct reason why = {0};
	CLEANUP(buf_clear) struct buf words = {0};
	CLEANUP(buf_clear) struct buf name = {0};
	struct str kind = plan->nodes ? STR("nodemetrics") : STR("podmetrics");
	struct status_details details;

	put_name(&name, &plan->items.items[0].object);
	explain_missing(plan, 0, &why);
	details = (struct status_details){.name = buf_str(&name), .group = plan->request->group, .kind = kind};
	buf_printf(&words, "%.*s.%.*s \"%.*s\" not found", STR_ARG(kind), STR_ARG(plan->request->group),
		   STR_ARG(buf_str(&name)));
	resource_plan_refuse(plan, STATUS_NOT_FOUND, buf_str(&words), &why, &details);
}

static void add_warning(struct resource_plan *plan, const struct reason *why)
{
	struct api_reply *reply = &plan->reply;

	if (reply->warning.len)
		buf_puts(&reply->warning, ", ");
	reason_write_warning(&reply->warning, why);
	if (reply->reason.len)
		buf_puts(&reply->reason, "; ");
	reason_write(&reply->reason, STR(""), why, STATUS_MESSAGE_BYTES);
	if (reply->code == REASON_NONE)
		reply->code = why->code;
}

static void warn_of_failure(struct resource_plan *plan, size_t left_out)
{
	reason_print(&plan->failure, "left", "%zu of %zu %s", left_out, plan->items.count,
		     plan->nodes ? "nodes" : "pods");
	add_warning(plan, &plan->failure);
}

/* `d/b, d/c and 2 more are left out of 9 pods: ` */
static void put_spoiled(struct buf *out, const struct resource_plan *plan, size_t spoiled)
{
	size_t named = 0;

	for (size_t i = 0; i < plan->items.count && named < NAMES_SHOWN; i++) {
		if (plan->items.items[i].spoiled == NULL)
			continue;
		buf_puts(out, named++ ? ", " : "");
		put_name(out, &plan->items.items[i].object);
	}
	if (spoiled > named)
		buf_printf(out, " and %zu more", spoiled - named);
	buf_printf(out, " %s left out of ", spoiled == 1 ? "is" : "are");
	buf_put_count(out, plan->items.count, plan->nodes ? "node" : "pod");
	buf_puts(out, ": ");
}

static void warn_of_spoiled(struct resource_plan *plan, size_t spoiled)
{
	CLEANUP(reason_clear) struct reason why = {0};
	CLEANUP(buf_clear) struct buf names = {0};
	size_t first = 0;

	while (plan->items.items[first].spoiled == NULL)
		first++;
	explain_missing(plan, first, &why);
	put_spoiled(&names, plan, spoiled);
	reason_set(&why, "object", buf_str(&names), LEFT_OUT_SHOWN);
	add_warning(plan, &why);
}

static void warn_of_nothing(struct resource_plan *plan)
{
	CLEANUP(reason_clear) struct reason why = {0};

	explain_missing(plan, 0, &why);
	reason_print(&why, "object", "%.*s has no usage: ", STR_ARG(plan->items.items[0].object.name));
	add_warning(plan, &why);
}

/* Who is left out of a list of which nobody says why looks as if there were no such thing. */
static void warn_of_missing(struct resource_plan *plan, size_t known)
{
	size_t spoiled = 0;

	for (size_t i = 0; i < plan->items.count; i++)
		spoiled += plan->items.items[i].spoiled != NULL;
	if (plan->failed)
		warn_of_failure(plan, plan->items.count - known - spoiled);
	if (spoiled)
		warn_of_spoiled(plan, spoiled);
	else if (known == 0 && !plan->failed)
		warn_of_nothing(plan);
}

void resource_plan_answer(struct resource_plan *plan)
{
	size_t known = 0;

	for (size_t i = 0; i < plan->items.count; i++) {
		judge(plan->view.stats, &plan->items.items[i]);
		known += plan->items.items[i].known;
	}
	if (plan->full) {
		resource_plan_refuse(plan, STATUS_INTERNAL, STR(REFUSAL_NO_FETCH),
				     &(struct reason){.code = REASON_MANY_CONTAINERS}, NULL);
		return;
	}
	if (known == 0 && (plan->failed_upstream || (plan->failed && !plan->request->all))) {
		resource_plan_refuse(plan, refusal_kind(&plan->failure), STR(REFUSAL_NO_FETCH), &plan->failure, NULL);
		return;
	}
	if (known == 0 && !plan->request->all) {
		refuse_missing(plan);
		return;
	}
	warn_of_missing(plan, known);
	resource_document_write(plan);
}
