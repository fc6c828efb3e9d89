/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/names_answer.h"

#include <stdlib.h>

#include "model/metric_names.h"
#include "prom/envelope.h"
#include "text/json_reader.h"

struct names_answer {
	struct json_reader *reader;
	struct metric_names *names;
	struct envelope envelope;
	bool in_list;
};

static bool in_list(struct names_answer *answer, enum json_event event, struct str text, struct err *err)
{
	if (event == JSON_EVENT_STRING)
		return metric_names_add(answer->names, text, err);
	if (event == JSON_EVENT_ARRAY_END) {
		answer->in_list = false;
		return true;
	}
	envelope_wrong(&answer->envelope, "the name of a metric is no text");
	envelope_skip(&answer->envelope, event);
	return true;
}

static bool on_event(void *context, enum json_event event, struct str text, struct err *err)
{
	struct names_answer *answer = context;

	if (answer->envelope.skipping) {
		envelope_skip(&answer->envelope, event);
		return true;
	}
	if (answer->in_list)
		return in_list(answer, event, text, err);
	if (!envelope_event(&answer->envelope, event, text))
		return true;
	answer->in_list = event == JSON_EVENT_ARRAY;
	if (!answer->in_list) {
		envelope_wrong(&answer->envelope, "\"data\" is no array");
		envelope_skip(&answer->envelope, event);
	}
	return true;
}

struct names_answer *names_answer_new(size_t max_set_bytes)
{
	struct names_answer *answer = xnew(struct names_answer);

	answer->reader = json_reader_new(on_event, answer);
	answer->names = metric_names_new(max_set_bytes);
	return answer;
}

void names_answer_free(struct names_answer *answer)
{
	if (answer == NULL)
		return;
	json_reader_free(answer->reader);
	metric_names_free(answer->names);
	free(answer);
}

bool names_answer_feed(struct names_answer *answer, struct str piece, struct err *err)
{
	return json_reader_feed(answer->reader, piece, err);
}

bool names_answer_finish(struct names_answer *answer, struct metric_names **ret_names, struct err *err)
{
	if (!json_reader_finish(answer->reader, err) || !envelope_finish(&answer->envelope, err))
		return false;
	*ret_names = STEAL(answer->names);
	return true;
}
