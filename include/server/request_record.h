/* SPDX-License-Identifier: Apache-2.0 */
/* request_record.h - one request's way, step by step, for whoever watches it: the log, a recorder, an explanation. */
#ifndef GAUGELET_SERVER_REQUEST_RECORD_H
#define GAUGELET_SERVER_REQUEST_RECORD_H

#include "api/reason.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

/* In the order in which they are taken. */
enum request_step {
	REQUEST_PARSE,	      /* the target becomes a route and its parameters */
	REQUEST_AUTHENTICATE, /* who asks */
	REQUEST_AUTHORIZE,    /* may they */
	REQUEST_PLAN,	      /* which metric, which rule; or the answer, where no number is asked for */
	REQUEST_OBJECTS,      /* which objects fit */
	REQUEST_AGE,	      /* how old the series are */
	REQUEST_QUERY,	      /* the numbers */
	REQUEST_ANSWER,	      /* the document */
	REQUEST_INVESTIGATE,  /* why there is no answer */
	REQUEST_RESPOND,      /* handed to the client */
	REQUEST_STEPS,
};

/* Texts are lent while a watcher is called. */
struct request_record {
	enum request_step step;		   /* the last one that ended */
	int64_t elapsed_us[REQUEST_STEPS]; /* of each, the wait included; -1: not taken */
	int64_t elapsed_ms;		   /* of all of them, also where nobody looks at each */
	struct str method, path;	   /* decoded, without the query; empty before it is parsed */
	struct str metric, namespace;	   /* asked for; as those behind, empty where there is none */
	struct str resource, object;
	struct str upstream;   /* HOST:PORT of the Prometheus that is asked */
	struct str rule;       /* its place; empty: none was chosen yet */
	struct str query;      /* the PromQL that was asked last; empty: none */
	unsigned status;       /* of the answer; 0: there is none yet */
	enum reason_code code; /* why it is refused; REASON_NONE: it is not, or no code says it */
};

const char *request_step_name(enum request_step step); /* "authenticate" */

/* `GET PATH: 200 in 41 us (parse 3, ..., respond 9) rule PLACE query PROMQL` */
void request_record_write(const struct request_record *record, struct buf *out);

/* The same for JSON lines, lent from the record. */
struct request_fields {
	struct log_field list[10];
	size_t count;
	char status[8], duration[32];
};
void request_record_fields(const struct request_record *record, struct request_fields *ret_fields);

#endif
