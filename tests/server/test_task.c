/* SPDX-License-Identifier: Apache-2.0 */
#include "task_world.h"

#include "../../src/server/task.h"

#define M1	"/apis/custom.metrics.k8s.io/v1beta1/namespaces/n/pods/"
#define R1	"/apis/metrics.k8s.io/v1beta1/namespaces/n/pods"
#define CHECKED "parse authenticate authorize "
#define NO_POD	"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}"
#define BAD	"{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"no\"}"
#define NOBODY                                                                                                         \
	"{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"status\":{\"authenticated\":false}}"
#define DENIED                                                                                                         \
	"{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"status\":{\"allowed\":false}}"
#define PLACE "rules.yaml:1"
#define QUERY "sum(queue{namespace=\"n\",pod=\"a\"}) by (pod)"

/* ---- the order of the steps, and the record */

static struct task_row order[] = {
	{"one pod",
	 M1 "a/queue",
	 {0},
	 200,
	 CHECKED "plan objects age query answer respond",
	 REASON_NONE,
	 PLACE,
	 QUERY,
	 .sample_age = false},
	{"all pods",
	 M1 "*/queue",
	 {0},
	 200,
	 CHECKED "plan objects age query answer respond",
	 REASON_NONE,
	 PLACE,
	 QUERY,
	 .sample_age = false},
	{"with ages",
	 M1 "a/queue",
	 {0},
	 200,
	 CHECKED "plan objects age query answer respond",
	 REASON_NONE,
	 PLACE,
	 QUERY,
	 .sample_age = true},
	{"standalone",
	 M1 "*/queue",
	 {0},
	 200,
	 CHECKED "plan objects age query answer respond",
	 REASON_NONE,
	 PLACE,
	 QUERY,
	 .standalone = true},
	{"resource metrics",
	 R1 "/a",
	 {0},
	 200,
	 CHECKED "plan objects query answer respond",
	 REASON_NONE,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"a document", "/apis", {0}, 200, CHECKED "plan respond", REASON_NONE, "", "", .sample_age = false},
	{"nobody",
	 M1 "a/queue",
	 {[TOKEN] = NOBODY},
	 401,
	 "parse authenticate respond",
	 REASON_UNAUTHORIZED,
	 "",
	 "",
	 .sample_age = false},
	{"forbidden",
	 M1 "a/queue",
	 {[ACCESS] = DENIED},
	 403,
	 CHECKED "respond",
	 REASON_FORBIDDEN,
	 "",
	 "",
	 .sample_age = false},
	{"no route", R1 "/a/b/c", {0}, 404, CHECKED "plan respond", REASON_NO_ROUTE, "", "", .sample_age = false},
	{"no metric", M1 "a/x", {0}, 404, CHECKED "plan respond", REASON_NO_RULE, "", "", .sample_age = false},
	{"a metric that is found when it is missed",
	 M1 "a/queue",
	 {0},
	 200,
	 CHECKED "plan objects age query answer respond",
	 REASON_NONE,
	 PLACE,
	 QUERY,
	 .look = FINDS},
	{"a metric that is missed",
	 M1 "a/queue",
	 {0},
	 404,
	 CHECKED "plan respond",
	 REASON_NO_SERIES,
	 "",
	 "",
	 .look = FINDS_NOTHING},
	{"no objects",
	 M1 "*/queue",
	 {[PODS] = NO_POD},
	 404,
	 CHECKED "plan objects respond",
	 REASON_NO_OBJECTS,
	 PLACE,
	 "",
	 .sample_age = false},
	{"no ages",
	 M1 "a/queue",
	 {[AGES] = BAD},
	 500,
	 CHECKED "plan objects age respond",
	 REASON_MALFORMED,
	 PLACE,
	 NULL,
	 .sample_age = true},
	{"no numbers",
	 M1 "a/queue",
	 {[NUMBERS] = BAD},
	 500,
	 CHECKED "plan objects age query respond",
	 REASON_MALFORMED,
	 PLACE,
	 QUERY,
	 .sample_age = false},
};

static void assert_record(const struct task_world *world)
{
	const struct task_row *row = world->row;

	assert_int_equal(world->record.status, row->want_status);
	assert_int_equal(world->record.code, row->want_code);
	if (row->want_rule)
		assert_str(buf_str(&world->rule), row->want_rule);
	if (row->want_query)
		assert_str(buf_str(&world->query), row->want_query);
	for (size_t step = 0; step < REQUEST_STEPS; step++) {
		bool taken = strstr(row->want_steps, request_step_name((enum request_step)step)) != NULL;

		assert_int_equal(world->record.elapsed_us[step] >= 0, taken);
	}
}

/* A warning has a code, too, and is no refusal. */
static size_t counted(const struct task_world *world)
{
	const struct traffic_refusals *refusals = &world->dispatch->refusals;
	size_t count = 0;

	for (size_t route = 0; route < TRAFFIC_ROUTES; route++)
		for (size_t code = 0; code < REASON_COUNT; code++)
			count += refusals->count[route][code];
	return count;
}

static void test_order(void **state)
{
	static struct task_world world;

	task_world_init(&world, *state);
	world_run(&world.world, ask_once);
	assert_str(buf_str(&world.steps), world.row->want_steps);
	assert_int_equal(world.status, world.row->want_status);
	assert_record(&world);
	assert_int_equal(counted(&world), world.status >= 400);
	if (world.status >= 400)
		assert_int_equal(world.dispatch->refusals.count[TRAFFIC_CUSTOM][world.record.code] +
					 world.dispatch->refusals.count[TRAFFIC_OTHER][world.record.code],
				 1);
	task_world_clear(&world);
}

/* ---- each step that waits: the client goes, or the deadline passes */

static struct task_row waits[] = {
	{"plan",
	 M1 "a/queue?timeout=50ms",
	 {0},
	 404,
	 "parse authenticate authorize",
	 REASON_NO_SERIES,
	 NULL,
	 NULL,
	 .look = NEVER_ENDS},
	{"authenticate",
	 M1 "a/queue?timeout=50ms",
	 {[TOKEN] = ""},
	 401,
	 "parse",
	 REASON_UNAUTHORIZED,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"authorize",
	 M1 "a/queue?timeout=50ms",
	 {[ACCESS] = ""},
	 500,
	 "parse authenticate",
	 REASON_CANNOT_REVIEW,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"objects",
	 M1 "*/queue?timeout=50ms",
	 {[PODS] = ""},
	 500,
	 CHECKED "plan",
	 REASON_CANNOT_LIST,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"objects of resource metrics",
	 R1 "?timeout=50ms",
	 {[PODS] = ""},
	 500,
	 CHECKED "plan",
	 REASON_CANNOT_LIST,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"objects, standalone",
	 M1 "*/queue?timeout=50ms",
	 {[NUMBERS] = ""},
	 500,
	 CHECKED "plan",
	 REASON_TIMEOUT,
	 NULL,
	 NULL,
	 .standalone = true},
	{"age",
	 M1 "a/queue?timeout=50ms",
	 {[AGES] = ""},
	 500,
	 CHECKED "plan objects",
	 REASON_TIMEOUT,
	 NULL,
	 NULL,
	 .sample_age = true},
	{"query",
	 M1 "a/queue?timeout=50ms",
	 {[NUMBERS] = ""},
	 500,
	 CHECKED "plan objects age",
	 REASON_TIMEOUT,
	 NULL,
	 NULL,
	 .sample_age = false},
	{"query, nothing is remembered",
	 M1 "a/queue?timeout=50ms",
	 {[NUMBERS] = ""},
	 500,
	 CHECKED "plan objects age",
	 REASON_TIMEOUT,
	 NULL,
	 NULL,
	 .no_memory = true},
	{"query of resource metrics, nothing is remembered",
	 R1 "?timeout=50ms",
	 {[USAGE] = ""},
	 500,
	 CHECKED "plan objects",
	 REASON_USAGE_FAILS,
	 NULL,
	 NULL,
	 .no_memory = true},
	{"query of resource metrics",
	 R1 "?timeout=50ms",
	 {[USAGE] = ""},
	 500,
	 CHECKED "plan objects",
	 REASON_USAGE_FAILS,
	 NULL,
	 NULL,
	 .sample_age = false},
};

static int64_t seconds_of(const struct request_record *record)
{
	int64_t sum_us = 0;

	for (size_t step = 0; step < REQUEST_STEPS; step++)
		sum_us += record->elapsed_us[step];
	return sum_us / 1000000;
}

/* The step that waited ends with the deadline, and nothing comes after it but the answer. Whom it asked has more time than that. */
static void test_deadline(void **state)
{
	static struct task_world world;
	const struct task_row *row = *state;

	task_world_init(&world, row);
	world_run(&world.world, ask_once);
	assert_true(str_starts(buf_str(&world.steps), str_of(row->want_steps)));
	assert_true(str_ends(buf_str(&world.steps), STR(" respond")));
	assert_int_equal(world.status, row->want_status);
	assert_true(seconds_of(&world.record) < 8);
	assert_int_equal(world.record.code, row->want_code);
	task_world_clear(&world);
}

/* Who waits for the same list hears of it when it comes. */
static void let_list_come(struct task_world *world, struct task_row *row)
{
	struct objects_waiter waiter = {.changed = stop_now, .context = world};
	uint64_t done;

	assert_int_equal(read(world->world.done, &done, sizeof(done)), sizeof(done));
	row->answers[PODS] = NULL;
	world->stop_at_silence = false;
	objects_wait(world->objects, &waiter);
	server_close_peers(&world->server);
	loop_run(world->world.loop);
}

/* Those that it asked are not listened to any more: a sanitizer notices if they are. */
static void test_cancel(void **state)
{
	static struct task_world world;
	struct task_row row = *(const struct task_row *)*state;
	CLEANUP(buf_clear) struct buf target = {0};

	buf_put(&target, str_slice(str_of(row.target), 0, str_index(str_of(row.target), '?')));
	row.target = buf_cstr(&target);
	task_world_init(&world, &row);
	world.stop_at_silence = true;
	world.world.stop_when_kept = true;
	world_run(&world.world, ask_once);
	assert_str(buf_str(&world.steps), row.want_steps);
	assert_int_equal(world.status, 0);
	if (row.answers[PODS])
		let_list_come(&world, &row);
	task_world_clear(&world);
}

/* ---- the line */

static void test_line(void **state)
{
	CLEANUP(buf_clear) struct buf line = {0};
	struct request_record record = {.method = STR("GET"),
					.path = STR("/p"),
					.status = 404,
					.code = REASON_NO_OBJECTS,
					.rule = STR("custom rule 0 (f:1)"),
					.query = STR("q")};

	(void)state;
	memset(record.elapsed_us, -1, sizeof(record.elapsed_us));
	record.elapsed_us[REQUEST_PARSE] = 3;
	record.elapsed_us[REQUEST_QUERY] = 0;
	record.elapsed_us[REQUEST_RESPOND] = 40;
	request_record_write(&record, &line);
	assert_string_equal(buf_cstr(&line), "GET /p: 404 in 43 us (parse 3, query 0, respond 40) code no-objects rule "
					     "custom rule 0 (f:1) query q");
}

static struct str field(const struct request_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->list[i].name, name) == 0)
			return fields->list[i].text;
	fail_msg("there is no %s", name);
	return (struct str){0};
}

static void test_fields(void **state)
{
	struct request_record record = {.path = STR("/p"),
					.metric = STR("queue"),
					.namespace = STR("n"),
					.resource = STR("pods"),
					.object = STR("a"),
					.upstream = STR("p:9090"),
					.status = 404,
					.elapsed_ms = 12,
					.code = REASON_NO_OBJECTS};
	struct request_fields fields;

	(void)state;
	memset(record.elapsed_us, -1, sizeof(record.elapsed_us));
	request_record_fields(&record, &fields);
	assert_str(field(&fields, "status"), "404");
	assert_str(field(&fields, "code"), "no-objects");
	assert_str(field(&fields, "metric"), "queue");
	assert_str(field(&fields, "namespace"), "n");
	assert_str(field(&fields, "object"), "a");
	assert_str(field(&fields, "upstream"), "p:9090");
	assert_str(field(&fields, "rule"), "");
	assert_str(field(&fields, "duration"), "0.012000");
	record.elapsed_us[REQUEST_QUERY] = 1500000;
	request_record_fields(&record, &fields);
	assert_str(field(&fields, "duration"), "1.500000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_line), cmocka_unit_test(test_fields)};

	return RUN_ROWS(order, test_order) + RUN_ROWS(waits, test_deadline) + RUN_ROWS(waits, test_cancel) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
