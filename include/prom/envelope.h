/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - what every answer of Prometheus' HTTP API has around its data: {"status", "errorType", "error",
   "warnings", "data"} in any order. What is wrong with it is kept and said at the end, since a "status" of "error",
   which explains all of it, may come last. Duplicate keys are wrong: we do not guess which one was meant. */
#ifndef GAUGELET_PROM_ENVELOPE_H
#define GAUGELET_PROM_ENVELOPE_H

#include "base/err.h"
#include "base/str.h"
#include "text/json_reader.h"

enum envelope_place { ENVELOPE_START, ENVELOPE_KEY, ENVELOPE_VALUE, ENVELOPE_WARNINGS };
enum envelope_status { ENVELOPE_NO_STATUS, ENVELOPE_SUCCESS, ENVELOPE_ERROR, ENVELOPE_OTHER_STATUS };

struct envelope { /* zeroed at first */
	enum envelope_place place;
	unsigned skipping; /* open brackets of a value that is not looked at */
	unsigned key, seen;
	enum envelope_status status;
	char other_status[64], error_type[64], error[400];
	char warning[400]; /* the first that is more than a note on the query; empty: none */
	char wrong[200];   /* the first thing of a wrong shape */
};

/* An event outside the value of "data". True: the value of "data" begins with it (never null); all of its events are
   the caller's. */
bool envelope_event(struct envelope *envelope, enum json_event event, struct str text);

/* Ignores the value that begins with `event`. While `skipping` is not 0, all events go here. */
void envelope_skip(struct envelope *envelope, enum json_event event);

/* Something in the answer has a wrong shape. */
void envelope_wrong(struct envelope *envelope, const char *format, ...) PRINTF_LIKE(2, 3);

/* At the end: false (ERR_UPSTREAM) when the answer is an error, has no data, or a thing of a wrong shape. */
MUST_USE bool envelope_finish(const struct envelope *envelope, struct err *err);

#endif
