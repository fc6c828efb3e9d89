/* SPDX-License-Identifier: Apache-2.0 */
#include "task.h"

#include "base/log.h"
#include "model/catalog.h"

enum { LOGGED_AT = 6 /* verbosity */ };

/* ---- answers */

const char *const task_no_sniffing[] = {"X-Content-Type-Options", "nosniff", NULL};

enum step_result task_reply(struct task *task, unsigned status, const char *content_type, const char *const *headers)
{
	task->reply = (struct http_reply){
		.status = status, .content_type = content_type, .headers = headers, .body = &task->body};
	return STEP_DONE;
}

enum step_result task_reply_text(struct task *task, unsigned status)
{
	return task_reply(task, status, "text/plain; charset=utf-8", task_no_sniffing);
}

enum step_result task_refuse_large(struct task *task)
{
	buf_puts(&task->body, "the request is too large");
	return task_reply_text(task, 414);
}

/* ---- waiting */

int64_t task_left_ms(const struct task *task)
{
	int64_t left = task->deadline_ms - loop_now_ms(task->dispatch->settings.loop);

	return left > 0 ? left : 0;
}

/* The one place that cancels: nothing calls the task any more. */
static void cancel(struct task *task)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;

	loop_timer_cancel(settings->loop, &task->deadline);
	auth_check_leave(&task->check);
	if (settings->objects)
		objects_wait_cancel(settings->objects, &task->objects);
	if (task->answer)
		task->kind->cancel(task);
}

static void clear(struct task *task)
{
	if (task->answer)
		task->kind->clear(task);
	catalog_unref(task->catalog);
	buf_clear(&task->check.message);
	buf_clear(&task->body);
	buf_clear(&task->place);
}

/* The client is gone, or the server stops: nobody waits for the answer any more. */
static void gone(void *context)
{
	cancel(context);
	clear(context);
}

void task_wake(void *context)
{
	struct task *task = context;

	loop_timer_cancel(task->dispatch->settings.loop, &task->deadline);
	task_run(task);
}

static void deadline_passed(void *context)
{
	struct task *task = context;

	if (task->answer && task->kind->expire(task))
		return;
	cancel(task);
	task->late = true;
	task_run(task);
}

enum step_result task_wait_for(struct task *task, int64_t most_ms)
{
	int64_t left_ms = task_left_ms(task);

	task->deadline = (struct loop_timer){.handler = deadline_passed, .context = task};
	loop_timer_set(task->dispatch->settings.loop, &task->deadline, most_ms < left_ms ? most_ms : left_ms);
	return STEP_WAIT;
}

enum step_result task_wait(struct task *task)
{
	return task_wait_for(task, INT64_MAX);
}

/* Taken again after a wait: `late` holds for the step that waited alone. */
bool task_is_late(struct task *task)
{
	bool late = task->late;

	task->late = false;
	return late;
}

/* ---- objects */

enum step_result task_objects(struct task *task, task_find *find, task_unlisted *unlisted)
{
	enum objects_state state = OBJECTS_FAILED;
	struct err err = {0};

	if (task_is_late(task))
		err_put(&err, ERR_TIMEOUT, "the kube-apiserver has not listed them in time");
	else
		state = find(task, &err);
	switch (state) {
	case OBJECTS_FOUND:
		break;
	case OBJECTS_WAITING:
		task->objects = (struct objects_waiter){.changed = task_wake, .context = task};
		objects_wait(task->dispatch->settings.objects, &task->objects);
		return task_wait(task);
	case OBJECTS_FORBIDDEN:
		unlisted(task, API_UNLISTED_FORBIDDEN, err.msg);
		break;
	case OBJECTS_FAILED:
		unlisted(task, err.code == ERR_LIMIT ? API_UNLISTED_MANY : API_UNLISTED_FAILED, err.msg);
		break;
	}
	return task_next(task);
}

/* ---- the loop */

void task_note_query(struct task *task, struct str promql)
{
	log_v(6, "query: %.*s", STR_ARG(promql));
	task->record.query = promql;
}

static void step_ended(struct task *task)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct request_record *record = &task->record;
	int64_t now_us = loop_exact_us(settings->loop);

	record->step = task->at;
	record->elapsed_us[task->at] = now_us - task->step_us;
	record->rule = buf_str(&task->place);
	if (settings->watch)
		settings->watch(settings->context, record);
	task->step_us = loop_exact_us(settings->loop);
}

static void task_end(struct task *task)
{
	struct request_fields fields;
	CLEANUP(buf_clear) struct buf line = {0};

	if (task->watched && log_writes(LOGGED_AT)) {
		request_record_write(&task->record, &line);
		request_record_fields(&task->record, &fields);
		log_v_fields(LOGGED_AT, fields.list, fields.count, "request: %s", buf_cstr(&line));
	}
	clear(task);
}

/* The answer is there. A refusal may be looked into before it goes. */
static enum request_step behind(const struct task *task)
{
	if (task->answer && task->answer->open && task->at < REQUEST_INVESTIGATE)
		return REQUEST_INVESTIGATE;
	return task->at < REQUEST_RESPOND ? REQUEST_RESPOND : REQUEST_STEPS;
}

void task_run(struct task *task)
{
	while (task->at < REQUEST_STEPS) {
		task_step *step = task->steps[task->at] ? task->steps[task->at] : task->kind->steps[task->at];
		enum step_result result = step ? step(task) : STEP_NEXT;

		if (result == STEP_WAIT)
			return;
		if (task->watched && step)
			step_ended(task);
		task->at = result == STEP_DONE ? behind(task) : task->at + 1;
	}
	task_end(task);
}

void task_begin(struct dispatch *dispatch, task_step *const *steps, struct http_exchange *exchange)
{
	struct task *task = arena_alloc(http_arena(exchange), sizeof(*task));

	CHECK(task != NULL); /* the first piece of an empty arena */
	task->dispatch = dispatch;
	task->steps = steps;
	task->exchange = exchange;
	task->watched = dispatch->settings.watch || log_writes(LOGGED_AT);
	task->record.method = http_method(exchange);
	task->begun_ms = loop_now_ms(dispatch->settings.loop);
	if (task->watched)
		task->step_us = loop_exact_us(dispatch->settings.loop);
	memset(task->record.elapsed_us, -1, sizeof(task->record.elapsed_us));
	http_on_gone(exchange, gone, task);
	task_run(task);
}
