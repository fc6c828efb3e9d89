/* SPDX-License-Identifier: Apache-2.0 */
/* upstream_error.h - what went wrong between us and an upstream, in words. `text` begins "Prometheus HOST:PORT ..." or names it soon. */
#ifndef GAUGELET_PROM_UPSTREAM_ERROR_H
#define GAUGELET_PROM_UPSTREAM_ERROR_H

#include "base/err.h"
#include "base/str.h"
#include "model/upstream_error.h"

struct http_answer;
struct upstream;

struct upstream_answer {
	const struct upstream *upstream;
	const char *method, *endpoint;
	size_t bytes_max;
	struct str body; /* the begin of what came, or all of it */
	const struct http_answer *answer;
	const struct err *reading; /* of the reader of the answer; code ERR_NONE: it found nothing wrong */
	bool at_end;		   /* it found the answer to end too early */
};

void upstream_error_describe(const struct upstream_answer *came, struct upstream_error *ret_error);

/* Of an answer whose warning says that data is missing. */
void upstream_error_describe_partial(const struct upstream_answer *came, struct str warning,
				     struct upstream_error *ret_error);

/* Of an answer whose Date says that its clock and ours differ. `now_ms` is ours. */
void upstream_error_describe_clock(const struct upstream_answer *came, int64_t now_ms,
				   struct upstream_error *ret_error);

/* Of an answer that was left, as others that are being read take the memory. */
void upstream_error_describe_overload(const struct upstream_answer *came, size_t budget,
				      struct upstream_error *ret_error);

/* The reason of `last` for one that is not asked for so long. */
void upstream_error_describe_wait(const struct upstream_error *last, int64_t wait_ms, struct upstream_error *ret_error);

/* Nobody is asked, as the credential or the URL is not known yet; `why` says what is missing. */
void upstream_error_describe_credential(const struct upstream *upstream, const char *why, int64_t wait_ms,
					struct upstream_error *ret_error);

/* Nobody is asked, as the query is none that we can read: a bad request of our own. */
void upstream_error_describe_scope(const struct upstream *upstream, const char *why, struct upstream_error *ret_error);

/* Puts `before` in front: one failed, and then the other. */
void upstream_error_join(const struct upstream_error *before, struct upstream_error *error);

#endif
