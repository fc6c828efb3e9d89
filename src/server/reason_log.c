/* SPDX-License-Identifier: Apache-2.0 */
#include "reason_log.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/map.h"
#include "server/request_record.h"

enum { PATH_SHOWN = 300 };

struct told {
	uint64_t hash; /* 0: free */
	int64_t at_ms;
};

struct reason_log {
	struct told told[REASON_LOG_MOST];
	size_t passed_over; /* since the last line, for lack of room */
};

struct reason_log *reason_log_new(void)
{
	return xnew(struct reason_log);
}

void reason_log_free(struct reason_log *log)
{
	free(log);
}

/* Prometheus is away, or takes nobody. */
static bool is_of_all(enum reason_code code)
{
	static const enum reason_code codes[] = {
		REASON_REFUSED,		REASON_UNRESOLVED,    REASON_TIMEOUT,		REASON_TLS,
		REASON_CREDENTIAL,	REASON_NO_CREDENTIAL, REASON_THROTTLED,		REASON_UPSTREAM_STATUS,
		REASON_NOT_JSON,	REASON_CUT_OFF,	      REASON_CREDENTIAL_SOURCE, REASON_UPSTREAM,
		REASON_DISCOVERY_FAILS, REASON_USAGE_FAILS,
	};

	for (size_t i = 0; i < COUNT_OF(codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

static uint64_t hash_of(struct str reason)
{
	CLEANUP(buf_clear) struct buf words = {0};
	uint64_t hash;

	for (size_t i = 0; i < reason.len; i++)
		if (reason.ptr[i] < '0' || reason.ptr[i] > '9')
			buf_putc(&words, reason.ptr[i]);
	hash = str_hash(buf_str(&words), map_seed());
	return hash ? hash : 1;
}

/* The place to note it in; NULL: it was told, or there is no room. */
static struct told *place_for(struct reason_log *log, uint64_t hash, int64_t now_ms)
{
	struct told *free_one = NULL;

	for (size_t i = 0; i < REASON_LOG_MOST; i++) {
		struct told *told = &log->told[i];
		bool is_old = told->hash == 0 || now_ms - told->at_ms >= REASON_LOG_MS;

		if (told->hash == hash)
			return is_old ? told : NULL;
		if (is_old && free_one == NULL)
			free_one = told;
	}
	log->passed_over += free_one == NULL;
	return free_one;
}

bool reason_log_write(struct reason_log *log, const struct request_record *record, struct str reason, int64_t now_ms)
{
	uint64_t hash = hash_of(is_of_all(record->code) ? str_of(reason_name(record->code)) : reason);
	struct told *told = place_for(log, hash, now_ms);
	struct str shown = str_slice(record->path, 0, PATH_SHOWN);
	struct request_fields fields;

	if (told == NULL)
		return false;
	*told = (struct told){hash, now_ms};
	if (log->passed_over)
		log_warn("%zu answers with other reasons were not logged, as there were more than %d a minute",
			 log->passed_over, REASON_LOG_MOST);
	log->passed_over = 0;
	request_record_fields(record, &fields);
	log_warn_fields(fields.list, fields.count, "%.*s: %u: %.*s", STR_ARG(shown), record->status, STR_ARG(reason));
	return true;
}
