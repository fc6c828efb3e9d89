/* SPDX-License-Identifier: Apache-2.0 */
#include "api/usage.h"

#include <stdio.h>

#include "api_in.h"
#include "model/query.h"
#include "model/sample.h"
#include "usage_in.h"

enum { QUERY_SHOWN = 200 };

/* ---- samples */

static bool refuses(struct usage_plan *plan, const struct usage_query *query, const struct samples *samples)
{
	char why[400] = "";

	if (samples->warning.len)
		snprintf(why, sizeof(why),
			 "Prometheus %.*s warns that data is missing: %.*s. fix: look at the store behind it",
			 STR_ARG(plan->view.upstream), STR_ARG(str_slice(samples->warning, 0, 200)));
	else if (samples->malformed)
		snprintf(why, sizeof(why), "%zu samples are none. fix: see what Prometheus %.*s answers",
			 samples->malformed, STR_ARG(plan->view.upstream));
	plan->failed_upstream += why[0] != '\0';
	if (samples->type != SAMPLES_VECTOR)
		snprintf(why, sizeof(why), "it does not give an instant vector. fix: it must not end in a range");
	if (why[0])
		usage_note_failure(plan, query, why);
	return why[0] != '\0';
}

static int compare(const struct usage_item *item, struct str namespace, struct str name)
{
	int order = str_cmp(item->object.namespace, namespace);

	return order ? order : str_cmp(item->object.name, name);
}

static struct usage_item *find_item(const struct usage_plan *plan, const struct usage_query *query,
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
static struct usage_item *item_of(const struct usage_plan *plan, struct usage_query *query, const struct sample *sample)
{
	const struct resource_rule *rule = usage_rule(plan, query->kind);
	struct str name = sample_label(sample, plan->nodes ? rule->node_label : rule->pod_label);
	struct str namespace = plan->nodes ? STR("") : sample_label(sample, rule->namespace_label);

	query->unlabelled += name.len == 0 || (query->many && namespace.len == 0);
	if (!query->many && namespace.len == 0)
	namespace = plan->items.items[query->first].object.namespace;
	return find_item(plan, query, namespace, name);
}

static struct usage_container *container_of(struct usage_plan *plan, struct usage_item *item, struct str name)
{
	struct usage_container **at = &item->containers;
	struct usage_container *container;

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

static void take_time(struct usage_item *item, int64_t time_ms)
{
	if (!item->timed || time_ms < item->time_ms)
		item->time_ms = time_ms;
	item->timed = true;
}

/* NaN is as good as no sample, and what is below zero is zero, as upstream has both. Anything else that is no number spoils the
   pod: without it the rest would be too little. */
static bool take_sample(struct usage_plan *plan, const struct usage_query *query, struct usage_item *item,
			const struct sample *sample)
{
	const struct policy policy = {.now_ms = plan->now_ms, .max_sample_age_ms = plan->view.max_sample_age_ms};
	const struct resource_rule *rule = usage_rule(plan, query->kind);
	struct str name = plan->nodes ? STR("") : sample_label(sample, rule->container_label);
	struct usage_container *container = container_of(plan, item, name);
	struct usage_amount amount = {.seen = true};
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

void usage_sampled(struct usage_plan *plan, size_t number, const struct samples *samples)
{
	struct usage_query *query = &plan->queries[number];

	if (refuses(plan, query, samples))
		return;
	query->samples = samples->list.count;
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		struct usage_item *item = item_of(plan, query, sample);

		if (item && !take_sample(plan, query, item, sample)) {
			plan->full = true; /* what is there now may be a part of a pod */
			return;
		}
	}
}

/* ---- the end */

bool usage_is_known(const struct usage_item *item)
{
	bool known[USAGE_KINDS] = {false};

	for (const struct usage_container *at = item->containers; at; at = at->next)
		for (enum usage_kind kind = USAGE_CPU; kind < USAGE_KINDS; kind++)
			known[kind] |= at->amounts[kind].good;
	return item->spoiled_by == VERDICT_GOOD && known[USAGE_CPU] && known[USAGE_MEMORY];
}

static bool has_amount(const struct usage_item *item, enum usage_kind kind)
{
	for (const struct usage_container *at = item->containers; at; at = at->next)
		if (at->amounts[kind].good)
			return true;
	return false;
}

static const struct usage_query *query_of(const struct usage_plan *plan, size_t item, enum usage_kind kind)
{
	const struct usage_query *query = plan->queries;

	while (query->kind != kind || item < query->first || item - query->first >= query->count)
		query++;
	return query;
}

/* Why there is no usage of an item that all queries were answered for. */
static void explain_missing(struct usage_plan *plan, size_t number, struct buf *out)
{
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	const struct usage_item *item = &plan->items.items[number];
	enum usage_kind kind = has_amount(item, USAGE_CPU) ? USAGE_MEMORY : USAGE_CPU;
	const struct usage_query *query;

	if (item->spoiled_by != VERDICT_GOOD)
		kind = item->spoiled;
	query = query_of(plan, number, kind);
	buf_printf(out, "the %s query of rule ", usage_kind_name(kind));
	resource_rule_write_place(out, usage_rule(plan, kind));
	if (item->spoiled_by != VERDICT_GOOD)
		buf_printf(out, " gives it a sample that is %s", verdict_name(item->spoiled_by));
	else if (query->unlabelled)
		buf_printf(out, " gives %zu samples without the label of the object. fix: aggregate by (<<.GroupBy>>)",
			   query->unlabelled);
	else
		buf_printf(out, " gives no number for it among %zu samples", query->samples);
	if (query->unlabelled == 0 && usage_promql(plan, (size_t)(query - plan->queries), &promql)) {
		struct str shown = str_slice(buf_str(&promql), 0, QUERY_SHOWN);

		buf_printf(out, ". fix: run it in Prometheus: %.*s%s", STR_ARG(shown),
			   shown.len < promql.len ? "..." : "");
	}
}

static void refuse_missing(struct usage_plan *plan)
{
	CLEANUP(buf_clear) struct buf why = {0};
	CLEANUP(buf_clear) struct buf name = {0};
	const struct usage_object *object = &plan->items.items[0].object;
	struct str kind = plan->nodes ? STR("nodemetrics") : STR("podmetrics");

	if (object->namespace.len)
		buf_printf(&name, "%.*s/", STR_ARG(object->namespace));
	buf_put(&name, object->name);
	explain_missing(plan, 0, &why);
	usage_refuse(plan, STATUS_NOT_FOUND,
		     (struct status_details){.name = buf_str(&name), .group = plan->request->group, .kind = kind},
		     "%.*s.%.*s \"%.*s\" not found: %s", STR_ARG(kind), STR_ARG(plan->request->group),
		     STR_ARG(buf_str(&name)), buf_cstr(&why));
}

static void refuse_fetch(struct usage_plan *plan, const char *why)
{
	usage_refuse(plan, STATUS_INTERNAL, (struct status_details){.cause = STR("unable to fetch metrics")},
		     "Internal error occurred: unable to fetch metrics: %s", why);
}

/* Who is left out of a list of which nobody says why looks as if there were no such thing. */
static void warn_of_missing(struct usage_plan *plan, size_t known)
{
	CLEANUP(buf_clear) struct buf why = {0};
	struct err err;

	if (plan->failed) {
		buf_printf(&why, "%zu of %zu %s are left out: ", plan->items.count - known, plan->items.count,
			   plan->nodes ? "nodes" : "pods");
		buf_put(&why, buf_str(&plan->failure));
	} else if (known == 0) {
		buf_printf(&why, "%.*s has no usage: ", STR_ARG(plan->items.items[0].object.name));
		explain_missing(plan, 0, &why);
	}
	err_put(&err, ERR_NOT_FOUND, "%.480s", buf_cstr(&why)); /* one line */
	if (why.len)
		reason_write_warning(&plan->reply.warning, str_of(err.msg), REASON_NONE);
}

void usage_answer(struct usage_plan *plan)
{
	size_t known = 0;

	for (size_t i = 0; i < plan->items.count; i++)
		known += usage_is_known(&plan->items.items[i]);
	if (plan->full) {
		refuse_fetch(plan,
			     "there are more containers than we answer for in one request. fix: ask for fewer pods");
		return;
	}
	if (known == 0 && (plan->failed_upstream || (plan->failed && !plan->request->all))) {
		refuse_fetch(plan, buf_cstr(&plan->failure));
		return;
	}
	if (known == 0 && !plan->request->all) {
		refuse_missing(plan);
		return;
	}
	warn_of_missing(plan, known);
	usage_write(plan);
}
