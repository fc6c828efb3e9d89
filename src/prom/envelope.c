/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/envelope.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clean.h"

enum { KEY_STATUS, KEY_ERROR_TYPE, KEY_ERROR, KEY_WARNINGS, KEY_DATA, KEY_OTHER };

static const struct str key_names[] = {STR_INIT("status"), STR_INIT("errorType"), STR_INIT("error"),
				       STR_INIT("warnings"), STR_INIT("data")};

void envelope_wrong(struct envelope *envelope, const char *format, ...)
{
	va_list args;

	if (envelope->wrong[0])
		return;
	va_start(args, format);
	err_format(envelope->wrong, sizeof(envelope->wrong), format, args);
	va_end(args);
}

void envelope_skip(struct envelope *envelope, enum json_event event)
{
	if (event == JSON_EVENT_OBJECT || event == JSON_EVENT_ARRAY)
		envelope->skipping++;
	else if (event == JSON_EVENT_OBJECT_END || event == JSON_EVENT_ARRAY_END)
		envelope->skipping--;
}

static unsigned key_of(struct str text)
{
	unsigned key = 0;

	while (key < KEY_OTHER && !str_eq(text, key_names[key]))
		key++;
	return key;
}

static void begin_key(struct envelope *envelope, struct str text)
{
	unsigned key = key_of(text);

	if (key < KEY_OTHER && envelope->seen & 1U << key) {
		envelope_wrong(envelope, "\"%.*s\" is there twice", STR_ARG(text));
		key = KEY_OTHER;
	}
	envelope->seen |= 1U << key;
	envelope->key = key;
	envelope->place = ENVELOPE_VALUE;
}

static void take_status(struct envelope *envelope, enum json_event event, struct str text)
{
	if (event != JSON_EVENT_STRING) {
		envelope_wrong(envelope, "\"status\" is no text");
		envelope_skip(envelope, event);
		return;
	}
	envelope->status = str_eq(text, STR("success")) ? ENVELOPE_SUCCESS
			   : str_eq(text, STR("error")) ? ENVELOPE_ERROR
							: ENVELOPE_OTHER_STATUS;
	clean_copy(envelope->other_status, sizeof(envelope->other_status), text);
}

static void take_text(struct envelope *envelope, char *place, size_t size, enum json_event event, struct str text)
{
	if (event == JSON_EVENT_STRING)
		clean_copy(place, size, text);
	else
		envelope_skip(envelope, event);
}

static void begin_warnings(struct envelope *envelope, enum json_event event)
{
	if (event == JSON_EVENT_ARRAY) {
		envelope->place = ENVELOPE_WARNINGS;
		return;
	}
	if (event != JSON_EVENT_NULL)
		envelope_wrong(envelope, "\"warnings\" is no array");
	envelope_skip(envelope, event);
}

/* Notes on the query itself say nothing about missing data. */
static void take_warning(struct envelope *envelope, enum json_event event, struct str text)
{
	if (event != JSON_EVENT_STRING) {
		envelope_wrong(envelope, "a warning is no text");
		envelope_skip(envelope, event);
		return;
	}
	if (envelope->warning[0] || str_starts(text, STR("PromQL info")) || str_starts(text, STR("PromQL warning")))
		return;
	clean_copy(envelope->warning, sizeof(envelope->warning), text.len ? text : STR("a warning without a text"));
}

static bool take_value(struct envelope *envelope, enum json_event event, struct str text)
{
	envelope->place = ENVELOPE_KEY;
	switch (envelope->key) {
	case KEY_STATUS:
		take_status(envelope, event, text);
		return false;
	case KEY_ERROR_TYPE:
		take_text(envelope, envelope->error_type, sizeof(envelope->error_type), event, text);
		return false;
	case KEY_ERROR:
		take_text(envelope, envelope->error, sizeof(envelope->error), event, text);
		return false;
	case KEY_WARNINGS:
		begin_warnings(envelope, event);
		return false;
	case KEY_DATA:
		if (event == JSON_EVENT_NULL)
			envelope_wrong(envelope, "\"data\" is null");
		return event != JSON_EVENT_NULL;
	default:
		envelope_skip(envelope, event);
		return false;
	}
}

bool envelope_event(struct envelope *envelope, enum json_event event, struct str text)
{
	if (envelope->skipping) {
		envelope_skip(envelope, event);
		return false;
	}
	switch (envelope->place) {
	case ENVELOPE_START:
		envelope->place = ENVELOPE_KEY;
		if (event != JSON_EVENT_OBJECT) {
			envelope_wrong(envelope, "the answer is no JSON object");
			envelope_skip(envelope, event);
		}
		break;
	case ENVELOPE_KEY:
		if (event == JSON_EVENT_KEY)
			begin_key(envelope, text);
		break;
	case ENVELOPE_VALUE:
		return take_value(envelope, event, text);
	case ENVELOPE_WARNINGS:
		if (event == JSON_EVENT_ARRAY_END)
			envelope->place = ENVELOPE_KEY;
		else
			take_warning(envelope, event, text);
		break;
	}
	return false;
}

bool envelope_finish(const struct envelope *envelope, struct err *err)
{
	if (envelope->status == ENVELOPE_ERROR)
		return err_set(err, ERR_UPSTREAM, "%s: %s", envelope->error_type[0] ? envelope->error_type : "error",
			       envelope->error[0] ? envelope->error : "no reason given");
	if (envelope->wrong[0])
		return err_set(err, ERR_UPSTREAM, "%s", envelope->wrong);
	if (envelope->status == ENVELOPE_NO_STATUS)
		return err_set(err, ERR_UPSTREAM, "no \"status\" in the answer");
	if (envelope->status == ENVELOPE_OTHER_STATUS)
		return err_set(err, ERR_UPSTREAM, "\"status\" is \"%s\", neither \"success\" nor \"error\"",
			       envelope->other_status);
	if (!(envelope->seen & 1U << KEY_DATA))
		return err_set(err, ERR_UPSTREAM, "no \"data\" in the answer");
	return true;
}
