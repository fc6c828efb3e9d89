/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/series_answer.h"

#include <stdlib.h>

#include "model/series.h"
#include "prom/envelope.h"
#include "text/json_reader.h"

enum place { OUTSIDE_DATA, IN_LIST, IN_SERIES };

struct series_answer {
	struct json_reader *reader;
	struct series_set *set;
	struct envelope envelope;
	enum place place;
	bool value_is_name, has_name; /* within a series */
};

static void begin_data(struct series_answer *answer, enum json_event event)
{
	if (event == JSON_EVENT_ARRAY) {
		answer->place = IN_LIST;
		return;
	}
	envelope_wrong(&answer->envelope, "\"data\" is no array");
	envelope_skip(&answer->envelope, event);
}

static void begin_series(struct series_answer *answer, enum json_event event)
{
	if (event == JSON_EVENT_OBJECT) {
		answer->place = IN_SERIES;
		answer->has_name = false;
		series_set_begin(answer->set);
		return;
	}
	envelope_wrong(&answer->envelope, "a series is no object");
	envelope_skip(&answer->envelope, event);
}

static bool take_name(struct series_answer *answer, struct str name, struct err *err)
{
	if (answer->has_name)
		envelope_wrong(&answer->envelope, "a series has two names");
	answer->has_name = true;
	return series_set_name(answer->set, name, err);
}

/* The values of labels are looked at by nobody, but they must be texts. */
static bool in_series(struct series_answer *answer, enum json_event event, struct str text, struct err *err)
{
	if (event == JSON_EVENT_KEY) {
		answer->value_is_name = str_eq(text, STR("__name__"));
		return answer->value_is_name || series_set_label(answer->set, text, err);
	}
	if (event == JSON_EVENT_STRING)
		return !answer->value_is_name || take_name(answer, text, err);
	if (event == JSON_EVENT_OBJECT_END) {
		answer->place = IN_LIST;
		return series_set_end(answer->set, err);
	}
	envelope_wrong(&answer->envelope, "a label of a series is no text");
	envelope_skip(&answer->envelope, event);
	return true;
}

static bool on_event(void *context, enum json_event event, struct str text, struct err *err)
{
	struct series_answer *answer = context;

	if (answer->envelope.skipping) {
		envelope_skip(&answer->envelope, event);
		return true;
	}
	switch (answer->place) {
	case IN_SERIES:
		return in_series(answer, event, text, err);
	case IN_LIST:
		if (event == JSON_EVENT_ARRAY_END)
			answer->place = OUTSIDE_DATA;
		else
			begin_series(answer, event);
		return true;
	case OUTSIDE_DATA:
		if (envelope_event(&answer->envelope, event, text))
			begin_data(answer, event);
		return true;
	}
	return true;
}

struct series_answer *series_answer_new(size_t max_set_bytes)
{
	struct series_answer *answer = xnew(struct series_answer);

	answer->reader = json_reader_new(on_event, answer);
	answer->set = series_set_new(max_set_bytes);
	return answer;
}

void series_answer_free(struct series_answer *answer)
{
	if (answer == NULL)
		return;
	json_reader_free(answer->reader);
	series_set_free(answer->set);
	free(answer);
}

bool series_answer_feed(struct series_answer *answer, struct str piece, struct err *err)
{
	return json_reader_feed(answer->reader, piece, err);
}

bool series_answer_finish(struct series_answer *answer, struct series_set **ret_set, struct err *err)
{
	if (!json_reader_finish(answer->reader, err) || !envelope_finish(&answer->envelope, err))
		return false;
	*ret_set = STEAL(answer->set);
	return true;
}

struct str series_answer_warning(const struct series_answer *answer)
{
	return str_of(answer->envelope.warning);
}
