/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/names.h"

#include "client_world.h"
#include "model/metric_names.h"
#include "prom/names_answer.h"

/* ---- the answer */

static struct read_case {
	const char *name, *in;
	size_t max_bytes, count;
	const char *says; /* NULL: it is good */
} read_cases[] = {
	{"two names", "{\"status\":\"success\",\"data\":[\"up\",\"vllm:x\"]}", 1 << 20, 2, NULL},
	{"none", "{\"status\":\"success\",\"data\":[]}", 1 << 20, 0, NULL},
	{"status last", "{\"data\":[\"up\"],\"warnings\":[\"w\"],\"status\":\"success\"}", 1 << 20, 1, NULL},
	{"unknown keys", "{\"x\":[\"a\",{\"data\":[]}],\"status\":\"success\",\"data\":[\"up\"],\"y\":\"z\"}", 1 << 20,
	 1, NULL},
	{"no array", "{\"status\":\"success\",\"data\":{\"a\":[\"up\"]}}", 1 << 20, 0, "\"data\" is no array"},
	{"a text", "{\"status\":\"success\",\"data\":\"up\"}", 1 << 20, 0, "\"data\" is no array"},
	{"null", "{\"status\":\"success\",\"data\":null}", 1 << 20, 0, "data"},
	{"a number among them", "{\"status\":\"success\",\"data\":[\"up\",7]}", 1 << 20, 0, "no text"},
	{"a list among them", "{\"status\":\"success\",\"data\":[[\"up\"],\"x\"]}", 1 << 20, 0, "no text"},
	{"an error", "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"kaboom\"}", 1 << 20, 0, "kaboom"},
	{"cut off", "{\"status\":\"success\",\"data\":[\"up\"", 1 << 20, 0, ""},
	{"no JSON", "<html>", 1 << 20, 0, ""},
	{"too many", "{\"status\":\"success\",\"data\":[\"up\",\"vllm:x\"]}", 20, 0, "more metric names than fit"},
};

static bool read_in_pieces(struct str text, size_t piece, size_t max_bytes, struct metric_names **ret_names,
			   struct err *err)
{
	CLEANUP(names_answer_free_at) struct names_answer *answer = names_answer_new(max_bytes);

	for (size_t at = 0; at < text.len; at += piece)
		if (!names_answer_feed(answer, str_slice(text, at, at + piece), err))
			return false;
	return names_answer_finish(answer, ret_names, err);
}

static void test_read(void **state)
{
	static const size_t pieces[] = {1 << 20, 7, 1};
	const struct read_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		CLEANUP(metric_names_free_at) struct metric_names *names = NULL;
		struct err err = {0};

		assert_int_equal(read_in_pieces(str_of(c->in), pieces[i], c->max_bytes, &names, &err), c->says == NULL);
		if (c->says)
			assert_contains(str_of(err.msg), c->says);
		else
			assert_int_equal(metric_names_count(names), c->count);
		assert_int_equal(names != NULL, c->says == NULL);
	}
}

/* ---- again and again */

struct watch {
	struct world *world;
	struct names *names;
	struct loop_timer look;
	const char *wanted;
	size_t asked; /* at least so often */
};

static void look(void *context)
{
	struct watch *watch = context;
	const struct metric_names *known = names_known(watch->names);
	bool found = watch->wanted == NULL || (known && metric_names_find(known, str_of(watch->wanted)).ptr);

	if (found && watch->world->server.requests.count >= watch->asked)
		loop_stop(watch->world->loop);
	else
		loop_timer_set(watch->world->loop, &watch->look, 2);
}

static void run_until(struct watch *watch, const char *wanted, size_t asked_more)
{
	watch->wanted = wanted;
	watch->asked = watch->world->server.requests.count + asked_more;
	watch->look = (struct loop_timer){.handler = look, .context = watch};
	loop_timer_set(watch->world->loop, &watch->look, 0);
	loop_run(watch->world->loop);
}

static void watch_begin(struct watch *watch, struct world *world, int64_t relist_ms)
{
	struct prom_options options = usual();

	options.post = true; /* and yet it is asked by GET */
	new_prom(world, "", "/base?x=y", options);
	*watch = (struct watch){.world = world};
	watch->names = names_new(world->loop, world->prom,
				 &(struct names_options){.relist_ms = relist_ms, .max_age_ms = 600000});
	assert_null(names_known(watch->names));
}

static void test_what_is_asked(void **state)
{
	struct world *world = *state;
	int64_t now_s = (int64_t)(loop_wall_ms(world->loop) / 1000);
	struct watch watch;
	int64_t start_s;

	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":[\"Up\"]}");
	watch_begin(&watch, world, PATIENCE_MS);
	run_until(&watch, "up", 1);
	assert_non_null(strstr(asked(world), "GET /base/api/v1/label/__name__/values?x=y&start="));
	start_s = strtoll(strstr(asked(world), "start=") + 6, NULL, 10);
	assert_in_range(start_s, now_s - 605, now_s - 595);
	assert_str(metric_names_find(names_known(watch.names), STR("up")), "Up");
	names_free(watch.names);
}

static void test_asked_again(void **state)
{
	struct world *world = *state;
	struct watch watch;

	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":[\"a\"]}");
	watch_begin(&watch, world, 5);
	run_until(&watch, "a", 1);
	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":[\"b\"]}");
	run_until(&watch, "b", 1);
	assert_null(metric_names_find(names_known(watch.names), STR("a")).ptr);
	names_free(watch.names);
}

static void test_what_was_found_stays(void **state)
{
	struct world *world = *state;
	struct watch watch;

	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":[\"a\"]}");
	watch_begin(&watch, world, 5);
	run_until(&watch, "a", 1);
	answer_with(world, 500, "text/plain", "kaboom");
	run_until(&watch, "a", 3);
	assert_int_equal(metric_names_count(names_known(watch.names)), 1);
	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":[\"b\"]}");
	run_until(&watch, "b", 1);
	names_free(watch.names);
}

static void test_free_while_asked(void **state)
{
	struct world *world = *state;
	struct watch watch;

	world->step = (struct step){"", HANG, 0};
	watch_begin(&watch, world, 5);
	run_until(&watch, NULL, 1);
	assert_null(names_known(watch.names));
	names_free(watch.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_what_is_asked),
		IN_WORLD(test_asked_again),
		IN_WORLD(test_what_was_found_stays),
		IN_WORLD(test_free_while_asked),
	};

	return RUN_ROWS(read_cases, test_read) + cmocka_run_group_tests(tests, NULL, NULL);
}
