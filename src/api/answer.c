/* SPDX-License-Identifier: Apache-2.0 */
#include "api_in.h"

#include <stdlib.h>
#include <string.h>

#include "api/plan.h"
#include "base/map.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/sample.h"
#include "foreign.h"
#include "investigation.h"
#include "refusal.h"
#include "warning.h"
#include "text/json_writer.h"
#include "text/quantity.h"
#include "text/timestamp.h"

enum { RESOURCE_SHOWN = 60 };

/* ---- samples become numbers */

static void note_unlabelled(struct tally *tally, const struct sample *sample)
{
	tally->unlabelled++;
	if (tally->label_count)
		return;
	for (size_t i = 0; i < sample->label_count && i < COUNT_OF(tally->labels); i++)
		tally->labels[tally->label_count++] = sample->labels[i].name;
}

/* One more sample of the number. An age that nobody knows is none. */
static void take(struct api_plan *plan, const struct policy *policy, const struct sample *sample, struct number *number)
{
	int64_t time_ms = 0;
	bool again = number->samples > 0;

	plan->duplicates += again && policy->on_duplicate == DUPLICATE_LAST;
	policy_take(policy, number, sample->value, sample->time_ms);
	if (plan->ages == NULL || !number_good(number))
		return;
	if (ages_find(plan, sample, &time_ms))
		policy_age(policy, number, time_ms);
	else
		number->verdict = VERDICT_UNKNOWN_AGE;
}

/* The sample that came first for the object; there is one. */
static const struct sample *first_of(const struct api_plan *plan, const struct samples *samples, struct str name)
{
	const struct sample *sample = samples->list.items;

	while (!str_eq(sample_label(sample, plan->metric->object_label), name) || sample_is_foreign(plan, sample))
		sample++;
	return sample;
}

/* Of the first object whose samples differ two are kept, to tell them apart. */
static void take_named(struct api_plan *plan, const struct policy *policy, const struct samples *samples, size_t index,
		       struct number *number, struct tally *tally)
{
	const struct sample *sample = &samples->list.items[index];
	bool differed = number->verdict == VERDICT_DUPLICATE;

	take(plan, policy, sample, number);
	if (differed || number->verdict != VERDICT_DUPLICATE || tally->twins[0])
		return;
	tally->twins_name = sample_label(sample, plan->metric->object_label);
	tally->twins[0] = first_of(plan, samples, tally->twins_name);
	tally->twins[1] = sample;
}

static void assign(struct api_plan *plan, const struct samples *samples, const struct policy *policy,
		   const struct map *places, struct number *numbers, struct tally *tally)
{
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		struct str name = sample_label(sample, plan->metric->object_label);
		uintptr_t place = name.len ? (uintptr_t)map_get(places, name) : 0;

		if (name.len == 0)
			note_unlabelled(tally, sample);
		else if (place == 0 || sample_is_foreign(plan, sample))
			tally->foreign++, tally->stranger = name;
		else
			take_named(plan, policy, samples, i, &numbers[place - 1], tally);
	}
}

static void tell(const struct policy *policy, const struct number *numbers, size_t count, struct tally *tally)
{
	for (size_t i = 0; i < count; i++) {
		const struct number *number = &numbers[i];
		int64_t age = policy->now_ms - number->time_ms;

		if (number->samples == 0)
			continue;
		tally->good += number_good(number);
		tally->refused[number->verdict] += !number_good(number);
		if (number->verdict == VERDICT_STALE &&
		    (tally->refused[VERDICT_STALE] == 1 || age < tally->newest_age_ms))
			tally->newest_age_ms = age;
	}
}

/* ---- counting */

static void count_drops(const struct api_plan *plan, const struct tally *tally, struct policy_stats *stats)
{
	for (enum verdict verdict = VERDICT_GOOD; verdict < VERDICT_COUNT; verdict++)
		policy_count_refused(stats, verdict, tally->refused[verdict]);
	stats->dropped[DROP_DUPLICATE] += plan->duplicates;
	stats->dropped[DROP_FOREIGN] += tally->foreign;
	stats->dropped[DROP_UNLABELLED] += tally->unlabelled;
	stats->dropped[DROP_MALFORMED] += tally->malformed;
}

/* `numbers`: those that go out, if they are good. */
static void count_all(const struct api_plan *plan, const struct policy *policy, const struct tally *tally,
		      const struct number *numbers, size_t count)
{
	struct policy_stats *stats = plan->view->stats;
	struct age_histogram *freshness;

	if (stats == NULL)
		return;
	count_drops(plan, tally, stats);
	freshness = plan->request->route == ROUTE_EXTERNAL ? &stats->external_freshness : &stats->custom_freshness;
	for (size_t i = 0; i < count; i++) {
		if (!number_good(&numbers[i]))
			continue;
		stats->answered++;
		histogram_observe_age(freshness, (double)(policy->now_ms - numbers[i].time_ms) / 1000);
	}
}

/* Name to place, from 1. */
static void index_names(const struct api_plan *plan, struct map *places)
{
	for (size_t i = 0; i < plan->name_count; i++)
		*map_at(places, plan->names[i]) = (void *)(uintptr_t)(i + 1);
}

/* ---- documents */

static void write_values(struct json_writer *writer, const struct selector_requirement *requirement)
{
	static const char *const operators[] = {
		[SELECTOR_NOT_EQUALS] = "NotIn",
		[SELECTOR_IN] = "In",
		[SELECTOR_NOT_IN] = "NotIn",
		[SELECTOR_EXISTS] = "Exists",
		[SELECTOR_NOT_EXISTS] = "DoesNotExist",
	};

	json_writer_object(writer);
	json_writer_member(writer, "key", requirement->key);
	json_writer_member(writer, "operator", str_of(operators[requirement->op]));
	if (requirement->value_count) {
		json_writer_key(writer, "values");
		json_writer_array(writer);
		for (size_t i = 0; i < requirement->value_count; i++)
			json_writer_string(writer, requirement->values[i]);
		json_writer_array_end(writer);
	}
	json_writer_object_end(writer);
}

static bool is_equality(const struct selector_requirement *requirement)
{
	return requirement->op == SELECTOR_EQUALS || requirement->op == SELECTOR_DOUBLE_EQUALS;
}

static void write_match_labels(struct json_writer *writer, const struct selector *selector)
{
	bool open = false;

	for (size_t i = 0; i < selector->count; i++) {
		const struct selector_requirement *this = &selector->requirements[i];
		bool again = i + 1 < selector->count && str_eq(this[1].key, this->key) && is_equality(&this[1]);

		if (!is_equality(this) || again) /* a map holds a key once */
			continue;
		if (!open) {
			json_writer_key(writer, "matchLabels");
			json_writer_object(writer);
			open = true;
		}
		json_writer_key_str(writer, this->key);
		json_writer_string(writer, this->values[0]);
	}
	if (open)
		json_writer_object_end(writer);
}

static void write_match_expressions(struct json_writer *writer, const struct selector *selector)
{
	bool open = false;

	for (size_t i = 0; i < selector->count; i++) {
		if (is_equality(&selector->requirements[i]))
			continue;
		if (!open) {
			json_writer_key(writer, "matchExpressions");
			json_writer_array(writer);
			open = true;
		}
		write_values(writer, &selector->requirements[i]);
	}
	if (open)
		json_writer_array_end(writer);
}

static void write_selector(struct json_writer *writer, const struct selector *selector)
{
	json_writer_key(writer, "selector");
	if (selector->count == 0) {
		json_writer_null(writer);
		return;
	}
	json_writer_object(writer);
	write_match_labels(writer, selector);
	write_match_expressions(writer, selector);
	json_writer_object_end(writer);
}

static void write_object(struct json_writer *writer, const struct api_plan *plan, struct str name)
{
	const struct resource *resource = plan->metric->resource;
	char version[256];
	struct buf text = {.ptr = version, .cap = sizeof(version), .max = sizeof(version) - 1};

	buf_put(&text, resource->group); /* "/v1" for the core group, as upstream writes it */
	buf_putc(&text, '/');
	buf_put(&text, resource->version);
	json_writer_key(writer, "describedObject");
	json_writer_object(writer);
	json_writer_member(writer, "kind", resource->kind);
	if (plan->request->namespaced)
		json_writer_member(writer, "namespace", plan->request->namespace);
	json_writer_member(writer, "name", name);
	json_writer_member(writer, "apiVersion", buf_str(&text));
	json_writer_object_end(writer);
}

/* The samples of one answer are mostly of one moment, which need not be written anew for each. */
struct moment {
	int64_t time_ms;
	struct buf text; /* empty at first */
	char digits[64];
};

static struct str moment_text(struct moment *moment, int64_t time_ms)
{
	if (moment->text.len && moment->time_ms == time_ms)
		return buf_str(&moment->text);
	moment->time_ms = time_ms;
	moment->text =
		(struct buf){.ptr = moment->digits, .cap = sizeof(moment->digits), .max = sizeof(moment->digits) - 1};
	timestamp_write_rfc3339(&moment->text, time_ms);
	return buf_str(&moment->text);
}

static void write_number(struct json_writer *writer, struct str time, int64_t milli)
{
	char digits[64];
	struct buf text = {.ptr = digits, .cap = sizeof(digits), .max = sizeof(digits) - 1};

	json_writer_member(writer, "timestamp", time);
	quantity_write_decimal(&text, milli);
	json_writer_member(writer, "value", buf_str(&text));
}

static void write_item(struct json_writer *writer, const struct api_plan *plan, struct str name,
		       const struct number *number, struct moment *moment)
{
	const struct api_request *request = plan->request;
	bool second = str_eq(request->version, STR("v1beta2"));

	json_writer_object(writer);
	write_object(writer, plan, name);
	if (second) {
		json_writer_key(writer, "metric");
		json_writer_object(writer);
		json_writer_member(writer, "name", request->metric);
		write_selector(writer, &plan->parameters.metric_selector);
		json_writer_object_end(writer);
	} else {
		json_writer_member(writer, "metricName", request->metric);
	}
	write_number(writer, moment_text(moment, number->time_ms), number->milli);
	if (!second)
		write_selector(writer, &plan->parameters.metric_selector);
	json_writer_object_end(writer);
}

static void open_list(struct json_writer *writer, struct api_plan *plan, const char *kind)
{
	CLEANUP(buf_clear) struct buf version = {0};

	buf_put(&version, plan->request->group);
	buf_putc(&version, '/');
	buf_put(&version, plan->request->version);
	buf_reset(&plan->reply.body);
	json_writer_init(writer, &plan->reply.body, plan->request->pretty);
	json_writer_object(writer);
	json_writer_member(writer, "kind", str_of(kind));
	json_writer_member(writer, "apiVersion", buf_str(&version));
	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_object_end(writer);
	json_writer_key(writer, "items");
	json_writer_array(writer);
}

static void close_list(struct json_writer *writer, struct api_plan *plan)
{
	json_writer_array_end(writer);
	json_writer_object_end(writer);
	if (!plan->request->pretty)
		buf_putc(&plan->reply.body, '\n');
	plan->reply.status = 200;
	plan->step = API_ANSWERED;
}

/* A list without items: 404 with the reason, or, where asked for, upstream's 200 with the reason in a Warning. */
static void answer_nothing(struct api_plan *plan, const struct tally *tally, const char *kind)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	struct json_writer writer;

	reason_of_no_samples(&reason, plan, tally);
	if (!plan->view->empty_list_ok || (plan->request->route == ROUTE_CUSTOM && !plan->request->all)) {
		refusal_make_not_found(plan, true, &reason);
		if (tally->samples == 0)
			investigation_of_samples(plan);
		return;
	}
	reason_write_warning(&plan->reply.warning, &reason);
	reason_write(&plan->reply.reason, STR(""), &reason, STATUS_MESSAGE_BYTES);
	plan->reply.code = reason.code;
	open_list(&writer, plan, kind);
	close_list(&writer, plan);
}

static void refuse_many(struct api_plan *plan)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_MANY_OBJECTS);
	reason_set(&reason, "resource", plan->request->resource, RESOURCE_SHOWN);
	reason_set(&reason, "text", STR("there are too many of them"), SIZE_MAX);
	refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_FETCH, &reason);
}

static void answer_custom(struct api_plan *plan, const struct samples *samples, const struct policy *policy)
{
	CLEANUP(map_clear) struct map places = {0};
	struct number *numbers = arena_calloc(plan->arena, plan->name_count, sizeof(*numbers));
	struct tally tally = {.samples = samples->list.count, .malformed = samples->malformed};
	struct moment moment = {0};
	struct json_writer writer;

	if (numbers == NULL) {
		refuse_many(plan);
		return;
	}
	index_names(plan, &places);
	assign(plan, samples, policy, &places, numbers, &tally);
	tell(policy, numbers, plan->name_count, &tally);
	count_all(plan, policy, &tally, numbers, plan->name_count);
	if (tally.good == 0) {
		answer_nothing(plan, &tally, "MetricValueList");
		return;
	}
	open_list(&writer, plan, "MetricValueList");
	for (size_t i = 0; i < plan->name_count; i++)
		if (number_good(&numbers[i]))
			write_item(&writer, plan, plan->names[i], &numbers[i], &moment);
	close_list(&writer, plan);
	if (tally.good < plan->name_count)
		warning_of_left_out(plan, numbers, &tally);
}

static int by_label(const void *a, const void *b)
{
	return str_cmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* Sorted, as the maps of Kubernetes' JSON are. Prometheus sorts them; its kin need not. */
static const struct label *sorted_labels(const struct api_plan *plan, const struct sample *sample)
{
	struct label *labels;
	size_t next = 1;

	while (next < sample->label_count && by_label(&sample->labels[next - 1], &sample->labels[next]) <= 0)
		next++;
	if (next >= sample->label_count)
		return sample->labels;
	labels = arena_calloc(plan->arena, sample->label_count, sizeof(*labels));
	if (labels == NULL)
		return sample->labels; /* the order says nothing */
	memcpy(labels, sample->labels, sample->label_count * sizeof(*labels));
	qsort(labels, sample->label_count, sizeof(*labels), by_label);
	return labels;
}

static void write_labels(struct json_writer *writer, const struct api_plan *plan, const struct sample *sample)
{
	bool system = plan->gke && plan->gke->system;
	const struct label *labels = sorted_labels(plan, sample);

	if (plan->gke && !system && sample->label_count)
		json_writer_member(writer, "resource.type", STR("prometheus_target"));
	for (size_t i = 0; i < sample->label_count; i++) {
		CLEANUP(buf_clear) struct buf key = {0};

		if (plan->gke && !gke_label_write(&key, system, labels[i].name))
			continue;
		json_writer_key_str(writer, plan->gke ? buf_str(&key) : labels[i].name);
		json_writer_string(writer, labels[i].value);
	}
}

static void write_external_item(struct json_writer *writer, const struct api_plan *plan, const struct sample *sample,
				const struct number *number, bool scalar)
{
	struct moment moment = {0};

	json_writer_object(writer);
	json_writer_member(writer, "metricName", plan->metric->name);
	json_writer_key(writer, "metricLabels");
	if (scalar) {
		json_writer_null(writer);
	} else {
		json_writer_object(writer);
		write_labels(writer, plan, sample);
		json_writer_object_end(writer);
	}
	write_number(writer, moment_text(&moment, number->time_ms), number->milli);
	json_writer_object_end(writer);
}

static int compare_labels(const void *left, const void *right)
{
	const struct label *a = left, *b = right;

	return str_cmp(a->name, b->name);
}

/* A text that two samples share only if they have the same labels. */
static bool write_label_set(const struct sample *sample, struct arena *arena, struct str *ret_text)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct label *sorted = xcalloc(sample->label_count + 1, sizeof(*sorted));

	for (size_t i = 0; i < sample->label_count; i++)
		sorted[i] = sample->labels[i];
	qsort(sorted, sample->label_count, sizeof(*sorted), compare_labels);
	buf_putc(&text, '{');
	for (size_t i = 0; i < sample->label_count; i++) {
		buf_printf(&text, "%zu %zu ", sorted[i].name.len, sorted[i].value.len);
		buf_put(&text, sorted[i].name);
		buf_put(&text, sorted[i].value);
	}
	free(sorted);
	return arena_copy(arena, buf_str(&text), ret_text);
}

/* Prometheus never gives the same labels twice; what does would be added up twice. */
static void refuse_twins(const struct samples *samples, struct number *numbers)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new((size_t)2 * SAMPLES_BYTES_MAX);
	CLEANUP(map_clear) struct map seen = {0};

	for (size_t i = 0; samples->list.count > 1 && i < samples->list.count; i++) {
		struct str set;
		void **place;

		if (!write_label_set(&samples->list.items[i], arena, &set)) {
			numbers[i].verdict = VERDICT_DUPLICATE; /* nobody knows that it is none */
			continue;
		}
		place = map_at(&seen, set);
		if (*place && numbers[i].verdict == VERDICT_GOOD)
			numbers[i].verdict = VERDICT_DUPLICATE;
		*place = &numbers[i];
	}
}

/* The HPA adds the items up, so a list without one of them would be a wrong number: all are good, or there is no answer. */
static void answer_external(struct api_plan *plan, const struct samples *samples, const struct policy *policy)
{
	struct number *numbers = arena_calloc(plan->arena, samples->list.count, sizeof(*numbers));
	struct tally tally = {.samples = samples->list.count, .malformed = samples->malformed};
	struct json_writer writer;
	bool good;

	for (size_t i = 0; numbers && i < samples->list.count; i++)
		take(plan, policy, &samples->list.items[i], &numbers[i]);
	if (numbers) {
		refuse_twins(samples, numbers);
		tell(policy, numbers, samples->list.count, &tally);
	}
	good = tally.good && tally.good == samples->list.count && samples->malformed == 0;
	if (good && foreign_refuse(plan, samples)) {
		count_all(plan, policy, &tally, numbers, 0);
		return;
	}
	count_all(plan, policy, &tally, numbers, good ? samples->list.count : 0);
	if (!good) {
		answer_nothing(plan, &tally, "ExternalMetricValueList");
		return;
	}
	open_list(&writer, plan, "ExternalMetricValueList");
	for (size_t i = 0; i < samples->list.count; i++)
		write_external_item(&writer, plan, &samples->list.items[i], &numbers[i],
				    samples->type == SAMPLES_SCALAR);
	close_list(&writer, plan);
	if (samples->list.count > 1)
		warning_of_items(plan, samples, numbers);
}

static const char *type_name(enum samples_type type)
{
	switch (type) {
	case SAMPLES_VECTOR:
		return "vector";
	case SAMPLES_SCALAR:
		return "scalar";
	case SAMPLES_MATRIX:
		return "matrix";
	case SAMPLES_STRING:
		break;
	}
	return "string";
}

static void refuse_type(struct api_plan *plan, enum samples_type type)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_type(&reason, plan, type_name(type));
	refusal_make(plan, STATUS_INTERNAL,
		     plan->request->route == ROUTE_EXTERNAL ? "encountered an unexpected query result type"
							    : REFUSAL_NO_FETCH,
		     &reason);
}

void api_answer(struct api_plan *plan, const struct samples *samples, int64_t now_ms)
{
	const struct policy policy = policy_of(plan->metric->rule->spec, now_ms, plan->view->max_sample_age_ms,
					       plan->view->max_ahead_ms, plan->view->on_duplicate);
	bool external = plan->request->route == ROUTE_EXTERNAL;

	if (!ages_are_of(plan, samples))
		refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_FETCH, &(struct reason){.code = REASON_CHANGED_OVER});
	else if (samples->type != SAMPLES_VECTOR && !(external && samples->type == SAMPLES_SCALAR))
		refuse_type(plan, samples->type);
	else
		(external ? answer_external : answer_custom)(plan, samples, &policy);
}

void api_fail(struct api_plan *plan, const struct upstream_error *problem)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_upstream(&reason, plan, problem);
	refusal_make(plan, refusal_kind(&reason), plan->step == API_LIST ? REFUSAL_NO_LIST : REFUSAL_NO_FETCH, &reason);
}
