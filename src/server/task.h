/* SPDX-License-Identifier: Apache-2.0 */
/* task.h - a request on its way. A step ends, or waits and is called again; it says which. */
#ifndef GAUGELET_SERVER_TASK_H
#define GAUGELET_SERVER_TASK_H

#include "api/plan.h"
#include "auth_in.h"
#include "document_cache.h"
#include "kube/objects.h"
#include "model/policy.h"
#include "net/loop.h"
#include "server/dispatch.h"
#include "server/http.h"
#include "server/request_record.h"
#include "server/traffic.h"

struct metric_request;
struct reason_log;
struct resource_request;
struct task;

struct dispatch {
	struct dispatch_settings settings;
	struct catalog *catalog;
	struct document_cache documents;
	struct reason_log *log;
	struct policy_stats stats;
	struct traffic_refusals refusals;
	int64_t duplicates_logged_ms; /* when the log last had a warning of duplicates; 0: never */
	size_t investigations;	      /* under way */
	struct memo *names;	      /* of metrics, by the selector that they were asked with */
	int64_t started_ms;
	bool stopping;
};

enum step_result {
	STEP_NEXT, /* it is over */
	STEP_WAIT, /* task_run will be called, or has been already: the same step is taken again then */
	STEP_DONE, /* the answer is there: nothing is left but to respond */
};
typedef enum step_result task_step(struct task *task);

/* What differs between the APIs. */
struct task_kind {
	task_step *steps[REQUEST_STEPS];			 /* from plan to answer; NULL: there is nothing to do */
	void (*place)(const struct task *task, struct buf *out); /* of the rule, for the record; NULL: there is none */
	/* NULL together: it waits for nothing */
	bool (*expire)(struct task *task); /* the queries that it waits for; false: there are none */
	void (*cancel)(struct task *task); /* whatever it waits for */
	void (*clear)(struct task *task);
};
extern const struct task_kind document_request_kind; /* no numbers */
extern const struct task_kind metric_request_kind;   /* custom and external metrics */
extern const struct task_kind resource_request_kind; /* resource metrics */

/* Lives in the exchange's arena. At most one of the things it waits for is under way. */
struct task {
	struct dispatch *dispatch;
	struct http_exchange *exchange;
	struct api_request request;
	task_step *const *steps; /* the way of all kinds; NULL: the kind's own */
	enum request_step at;
	struct request_record record;
	struct buf place; /* of the rule, for the record */
	bool watched;	  /* somebody reads the record */
	int64_t step_us;  /* when the step began, if so */

	int64_t begun_ms;
	int64_t deadline_ms;
	struct loop_timer deadline; /* while it waits, for whatever it may be */
	bool late;		    /* the deadline has passed: the step that waits has to do without */
	struct auth_check check;
	struct objects_waiter objects;

	struct catalog *catalog; /* the generation it began with */
	const struct task_kind *kind;
	struct metric_request *metric;	   /* of the kind */
	struct resource_request *resource; /* of the other */

	struct http_reply reply;
	struct buf body;
	struct api_reply *answer; /* instead, of the kind's plan; NULL: there is no plan */
	const char *headers[7];
	char etag[24];
};

/* Takes the exchange over and answers it, now or later. */
void task_begin(struct dispatch *dispatch, task_step *const *steps, struct http_exchange *exchange);

/* The one loop over the steps. The task may be answered when it returns. */
void task_run(struct task *task);

/* ---- for steps */

/* What is left of the request's time; never below zero. */
int64_t task_left_ms(const struct task *task);

/* task_wake goes on, or the deadline does: what the task waits for is left, and the step is late; but queries end as such. */
enum step_result task_wait(struct task *task);
enum step_result task_wait_for(struct task *task, int64_t most_ms);
void task_wake(void *context);
bool task_is_late(struct task *task); /* is it the deadline that goes on? Holds for one step alone */

/* Answers with task->body. `headers` live as long as the task; NULL: none. */
enum step_result task_reply(struct task *task, unsigned status, const char *content_type, const char *const *headers);
enum step_result task_reply_text(struct task *task, unsigned status);
enum step_result task_refuse_large(struct task *task);
extern const char *const task_no_sniffing[];

/* The step that finds objects. `find` tells the plan what it found, `unlisted` why nothing was. */
typedef enum objects_state task_find(struct task *task, struct err *err);
typedef void task_unlisted(struct task *task, enum api_unlisted kind, const char *why);
enum step_result task_objects(struct task *task, task_find *find, task_unlisted *unlisted);

/* After a plan's step: was that the answer? */
static inline enum step_result task_next(const struct task *task)
{
	return task->answer->status ? STEP_DONE : STEP_NEXT;
}

/* What is asked of Prometheus, for the log and the record; `promql` as long as the step may wait. */
void task_note_query(struct task *task, struct str promql);

/* document_request.c: takes the document's body. */
struct document;
enum step_result document_request_reply(struct task *task, struct document *document);

#endif
