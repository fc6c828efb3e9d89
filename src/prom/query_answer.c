/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/query_answer.h"

#include <stdlib.h>

#include "base/map.h"
#include "model/sample.h"
#include "prom/envelope.h"
#include "text/json_reader.h"
#include "text/number.h"

enum place { OUTSIDE_DATA, IN_DATA, IN_RESULT, IN_SAMPLE, IN_METRIC, IN_VALUE };

/* Keys within data and within a sample; a bit each in `seen`. */
enum key { KEY_TYPE, KEY_RESULT, KEY_METRIC, KEY_VALUE, KEY_HISTOGRAM, KEY_OTHER };

static const struct str key_names[] = {STR_INIT("resultType"), STR_INIT("result"), STR_INIT("metric"),
				       STR_INIT("value"), STR_INIT("histogram")};
static const struct str type_names[] = {[SAMPLES_VECTOR] = STR_INIT("vector"),
					[SAMPLES_SCALAR] = STR_INIT("scalar"),
					[SAMPLES_MATRIX] = STR_INIT("matrix"),
					[SAMPLES_STRING] = STR_INIT("string")};

/* The years 1 to 9999, which is what a time can be written as (RFC 3339). */
static const double FIRST_SECOND = -62135596800.0, LAST_SECOND = 253402300799.0;

/* Up to here each label is compared with each other; beyond, a map is quicker. */
enum { FEW_LABELS = 16 };

/* [time, "number"], which is a scalar's result and a sample's value. */
struct pair {
	size_t items;
	bool malformed;
	int64_t time_ms;
	double number;
};

struct query_answer {
	struct json_reader *reader;
	struct samples *samples;
	struct envelope envelope;
	enum place place;
	enum key key;
	unsigned data_seen;
	bool has_type;	 /* samples->type is what the answer says */
	size_t elements; /* of the result, whatever they are */
	struct pair scalar;
	struct { /* the sample being read */
		struct {
			VEC_OF(struct label);
		} labels;
		struct pair value;
		unsigned seen;
		bool malformed;
	} now;
};

static bool too_much(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the samples take more than %d MiB", SAMPLES_BYTES_MAX >> 20);
}

static enum key key_of(struct str text, enum key first, enum key last)
{
	for (enum key key = first; key <= last; key++)
		if (str_eq(text, key_names[key]))
			return key;
	return KEY_OTHER;
}

/* A key that was there before counts as none, and *ret_twice is set. */
static enum key see(enum key key, unsigned *seen, bool *ret_twice)
{
	*ret_twice = key != KEY_OTHER && *seen & 1U << key;
	*seen |= 1U << key;
	return *ret_twice ? KEY_OTHER : key;
}

static void take_time(struct pair *pair, enum json_event event, struct str text)
{
	struct err err = {0};
	double seconds = 0;

	if (event != JSON_EVENT_NUMBER || !number_parse_double(text, &seconds, &err) ||
	    !(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) {
		pair->malformed = true;
		return;
	}
	pair->time_ms = (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
}

static void take_number(struct pair *pair, enum json_event event, struct str text)
{
	struct err err = {0};

	if (event != JSON_EVENT_STRING || !number_parse_double(text, &pair->number, &err))
		pair->malformed = true;
}

static void take_pair_item(struct pair *pair, enum json_event event, struct str text)
{
	pair->items++;
	if (pair->items == 1)
		take_time(pair, event, text);
	else if (pair->items == 2)
		take_number(pair, event, text);
}

static bool is_good_pair(const struct pair *pair)
{
	return pair->items == 2 && !pair->malformed;
}

static void take_type(struct query_answer *answer, enum json_event event, struct str text)
{
	if (event != JSON_EVENT_STRING) {
		envelope_wrong(&answer->envelope, "\"resultType\" is no text");
		envelope_skip(&answer->envelope, event);
		return;
	}
	for (size_t type = 0; type < COUNT_OF(type_names); type++)
		if (str_eq(text, type_names[type])) {
			answer->samples->type = (enum samples_type)type;
			answer->has_type = true;
			return;
		}
	envelope_wrong(&answer->envelope, "unknown \"resultType\" \"%.*s\"", STR_ARG(text));
}

static void begin_result(struct query_answer *answer, enum json_event event)
{
	if (event == JSON_EVENT_ARRAY) {
		answer->place = IN_RESULT;
		return;
	}
	envelope_wrong(&answer->envelope, "\"result\" is no array");
	envelope_skip(&answer->envelope, event);
}

static void begin_data(struct query_answer *answer, enum json_event event)
{
	if (event == JSON_EVENT_OBJECT) {
		answer->place = IN_DATA;
		return;
	}
	envelope_wrong(&answer->envelope, "\"data\" is no object");
	envelope_skip(&answer->envelope, event);
}

static void end_data(struct query_answer *answer)
{
	answer->place = OUTSIDE_DATA;
	for (enum key key = KEY_TYPE; key <= KEY_RESULT; key++)
		if (!(answer->data_seen & 1U << key))
			envelope_wrong(&answer->envelope, "no \"%s\" in \"data\"", key_names[key].ptr);
}

static void in_data(struct query_answer *answer, enum json_event event, struct str text)
{
	bool twice;

	if (event == JSON_EVENT_KEY) {
		answer->key = see(key_of(text, KEY_TYPE, KEY_RESULT), &answer->data_seen, &twice);
		if (twice)
			envelope_wrong(&answer->envelope, "\"%.*s\" is there twice", STR_ARG(text));
	} else if (event == JSON_EVENT_OBJECT_END) {
		end_data(answer);
	} else if (answer->key == KEY_TYPE) {
		take_type(answer, event, text);
	} else if (answer->key == KEY_RESULT) {
		begin_result(answer, event);
	} else {
		envelope_skip(&answer->envelope, event);
	}
}

static void begin_sample(struct query_answer *answer)
{
	answer->place = IN_SAMPLE;
	answer->now.labels.count = 0;
	answer->now.value = (struct pair){0};
	answer->now.seen = 0;
	answer->now.malformed = false;
}

/* Whether the elements are samples or the two halves of a scalar is known at the end: the type may come last. */
static void in_result(struct query_answer *answer, enum json_event event, struct str text)
{
	bool wanted = !answer->has_type || answer->samples->type == SAMPLES_VECTOR;

	if (event == JSON_EVENT_ARRAY_END) {
		answer->place = IN_DATA;
		return;
	}
	answer->elements++;
	take_pair_item(&answer->scalar, event, text);
	if (event == JSON_EVENT_OBJECT && wanted)
		begin_sample(answer);
	else
		envelope_skip(&answer->envelope, event);
}

static bool has_label_twice_of_few(const struct label *labels, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t before = 0; before < i; before++)
			if (str_eq(labels[i].name, labels[before].name))
				return true;
	return false;
}

static bool has_label_twice(const struct label *labels, size_t count)
{
	CLEANUP(map_clear) struct map names = {0};
	static char seen;

	if (count <= FEW_LABELS)
		return has_label_twice_of_few(labels, count);
	for (size_t i = 0; i < count; i++) {
		void **at = map_at(&names, labels[i].name);

		if (*at)
			return true;
		*at = &seen;
	}
	return false;
}

static bool is_good_sample(const struct query_answer *answer)
{
	unsigned needed = 1U << KEY_METRIC | 1U << KEY_VALUE;

	return !answer->now.malformed && (answer->now.seen & needed) == needed && is_good_pair(&answer->now.value) &&
	       !has_label_twice(answer->now.labels.items, answer->now.labels.count);
}

/* The list is no part of the arena, but of the same measure; it may take twice its length when it grows. */
static bool has_room(const struct samples *samples)
{
	return arena_bytes(samples->arena) + 2 * (samples->list.count + 1) * sizeof(struct sample) <= SAMPLES_BYTES_MAX;
}

static bool end_sample(struct query_answer *answer, struct err *err)
{
	struct samples *samples = answer->samples;
	size_t count = answer->now.labels.count;
	struct label *labels;

	answer->place = IN_RESULT;
	if (!is_good_sample(answer))
		return true;
	labels = arena_calloc(samples->arena, count, sizeof(*labels));
	if (labels == NULL || !has_room(samples))
		return too_much(err);
	if (count)
		memcpy(labels, answer->now.labels.items, count * sizeof(*labels));
	*vec_push(&samples->list) = (struct sample){.labels = labels,
						    .label_count = count,
						    .value = answer->now.value.number,
						    .time_ms = answer->now.value.time_ms};
	return true;
}

/* A member of the shape it should have is gone into, another one is passed over. A histogram is none that we read, and
   a sample that has one beside a value none that we understand. */
static void begin_member(struct query_answer *answer, enum json_event event)
{
	if (answer->key == KEY_METRIC && event == JSON_EVENT_OBJECT) {
		answer->place = IN_METRIC;
	} else if (answer->key == KEY_VALUE && event == JSON_EVENT_ARRAY) {
		answer->place = IN_VALUE;
	} else {
		answer->now.malformed |= answer->key != KEY_OTHER;
		envelope_skip(&answer->envelope, event);
	}
}

static bool in_sample(struct query_answer *answer, enum json_event event, struct str text, struct err *err)
{
	bool twice;

	if (event == JSON_EVENT_OBJECT_END)
		return end_sample(answer, err);
	if (event == JSON_EVENT_KEY) {
		answer->key = see(key_of(text, KEY_METRIC, KEY_HISTOGRAM), &answer->now.seen, &twice);
		answer->now.malformed |= twice;
	} else {
		begin_member(answer, event);
	}
	return true;
}

/* The samples of an answer mostly have the same labels in the same order: a name is kept once for all of them. */
static bool keep_name(struct query_answer *answer, struct str name, struct str *ret_kept)
{
	const struct samples *samples = answer->samples;
	size_t index = answer->now.labels.count - 1;
	const struct sample *before = samples->list.count ? &samples->list.items[samples->list.count - 1] : NULL;

	if (before && index < before->label_count && str_eq(before->labels[index].name, name)) {
		*ret_kept = before->labels[index].name;
		return true;
	}
	return arena_copy(samples->arena, name, ret_kept);
}

static bool add_label(struct query_answer *answer, struct str name, struct err *err)
{
	struct label *label;

	if (answer->now.labels.count * sizeof(*label) > SAMPLES_BYTES_MAX / 4)
		return too_much(err);
	label = vec_push(&answer->now.labels);
	label->value = STR("");
	return keep_name(answer, name, &label->name) || too_much(err);
}

static bool in_metric(struct query_answer *answer, enum json_event event, struct str text, struct err *err)
{
	struct samples *samples = answer->samples;

	if (event == JSON_EVENT_OBJECT_END) {
		answer->place = IN_SAMPLE;
		return true;
	}
	if (event == JSON_EVENT_KEY)
		return add_label(answer, text, err);
	if (event == JSON_EVENT_STRING)
		return arena_copy(samples->arena, text,
				  &answer->now.labels.items[answer->now.labels.count - 1].value) ||
		       too_much(err);
	answer->now.malformed = true;
	envelope_skip(&answer->envelope, event);
	return true;
}

static void in_value(struct query_answer *answer, enum json_event event, struct str text)
{
	if (event == JSON_EVENT_ARRAY_END) {
		answer->place = IN_SAMPLE;
		return;
	}
	take_pair_item(&answer->now.value, event, text);
	envelope_skip(&answer->envelope, event);
}

static bool on_event(void *context, enum json_event event, struct str text, struct err *err)
{
	struct query_answer *answer = context;

	if (answer->envelope.skipping) {
		envelope_skip(&answer->envelope, event);
		return true;
	}
	switch (answer->place) {
	case OUTSIDE_DATA:
		if (envelope_event(&answer->envelope, event, text))
			begin_data(answer, event);
		return true;
	case IN_DATA:
		in_data(answer, event, text);
		return true;
	case IN_RESULT:
		in_result(answer, event, text);
		return true;
	case IN_SAMPLE:
		return in_sample(answer, event, text, err);
	case IN_METRIC:
		return in_metric(answer, event, text, err);
	case IN_VALUE:
		in_value(answer, event, text);
		return true;
	}
	return true;
}

struct query_answer *query_answer_new(void)
{
	struct query_answer *answer = xnew(struct query_answer);

	answer->reader = json_reader_new(on_event, answer);
	answer->samples = samples_new();
	return answer;
}

void query_answer_free(struct query_answer *answer)
{
	if (answer == NULL)
		return;
	json_reader_free(answer->reader);
	samples_free(answer->samples);
	vec_clear(&answer->now.labels);
	free(answer);
}

bool query_answer_feed(struct query_answer *answer, struct str piece, struct err *err)
{
	return json_reader_feed(answer->reader, piece, err);
}

static void settle_scalar(struct query_answer *answer)
{
	struct samples *samples = answer->samples;

	samples->list.count = 0;
	if (is_good_pair(&answer->scalar))
		*vec_push(&samples->list) =
			(struct sample){.value = answer->scalar.number, .time_ms = answer->scalar.time_ms};
	else
		samples->malformed = 1;
}

/* What the elements of the result were, now that the type is known. */
static void settle_type(struct query_answer *answer)
{
	struct samples *samples = answer->samples;

	switch (samples->type) {
	case SAMPLES_VECTOR:
		samples->malformed = answer->elements - samples->list.count;
		break;
	case SAMPLES_SCALAR:
		settle_scalar(answer);
		break;
	case SAMPLES_MATRIX:
	case SAMPLES_STRING:
		samples->list.count = 0;
		break;
	}
}

size_t query_answer_bytes(const struct query_answer *answer)
{
	return samples_bytes(answer->samples);
}

bool query_answer_finish(struct query_answer *answer, struct samples **ret_samples, struct err *err)
{
	struct samples *samples = answer->samples;

	if (!json_reader_finish(answer->reader, err) || !envelope_finish(&answer->envelope, err))
		return false;
	settle_type(answer);
	if (answer->envelope.warning[0] &&
	    !arena_copy(samples->arena, str_of(answer->envelope.warning), &samples->warning))
		return too_much(err);
	*ret_samples = STEAL(answer->samples);
	return true;
}
