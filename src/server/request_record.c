/* SPDX-License-Identifier: Apache-2.0 */
#include "server/request_record.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[] = {
	[REQUEST_PARSE] = "parse",
	[REQUEST_AUTHENTICATE] = "authenticate",
	[REQUEST_AUTHORIZE] = "authorize",
	[REQUEST_PLAN] = "plan",
	[REQUEST_OBJECTS] = "objects",
	[REQUEST_AGE] = "age",
	[REQUEST_QUERY] = "query",
	[REQUEST_ANSWER] = "answer",
	[REQUEST_INVESTIGATE] = "investigate",
	[REQUEST_RESPOND] = "respond",
};

const char *request_step_name(enum request_step step)
{
	CHECK((unsigned)step < REQUEST_STEPS);
	return names[step];
}

static int64_t total_us(const struct request_record *record)
{
	int64_t sum = 0;

	for (size_t step = 0; step < REQUEST_STEPS; step++)
		sum += record->elapsed_us[step] > 0 ? record->elapsed_us[step] : 0;
	return sum;
}

static void put_text(struct buf *out, const char *label, struct str text)
{
	if (text.len)
		buf_printf(out, " %s %.*s", label, STR_ARG(text));
}

void request_record_write(const struct request_record *record, struct buf *out)
{
	const char *before = " (";

	buf_printf(out, "%.*s %.*s: %u in %" PRId64 " us", STR_ARG(record->method), STR_ARG(record->path),
		   record->status, total_us(record));
	for (size_t step = 0; step < REQUEST_STEPS; step++) {
		if (record->elapsed_us[step] < 0)
			continue;
		buf_printf(out, "%s%s %" PRId64, before, names[step], record->elapsed_us[step]);
		before = ", ";
	}
	buf_puts(out, ")");
	put_text(out, "code", str_of(reason_name(record->code)));
	put_text(out, "rule", record->rule);
	put_text(out, "query", record->query);
}

void request_record_fields(const struct request_record *record, struct request_fields *ret_fields)
{
	int64_t us = total_us(record) ? total_us(record) : record->elapsed_ms * 1000;

	snprintf(ret_fields->status, sizeof(ret_fields->status), "%u", record->status);
	snprintf(ret_fields->duration, sizeof(ret_fields->duration), "%.6f", (double)us / 1000000);
	const struct log_field list[] = {
		{"path", record->path, false},
		{"status", str_of(ret_fields->status), true},
		{"code", str_of(reason_name(record->code)), false},
		{"rule", record->rule, false},
		{"metric", record->metric, false},
		{"namespace", record->namespace, false},
		{"resource", record->resource, false},
		{"object", record->object, false},
		{"upstream", record->upstream, false},
		{"duration", str_of(ret_fields->duration), true},
	};

	_Static_assert(sizeof(list) == sizeof(ret_fields->list), "room for all of them");
	memcpy(ret_fields->list, list, sizeof(list));
	ret_fields->count = COUNT_OF(list);
}
