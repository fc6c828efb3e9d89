/* SPDX-License-Identifier: Apache-2.0 */
/* Which upstream is asked, how often, and what is said while none is. */
#include "../../src/prom/failover.h"
#include "client_world.h"
#include "model/upstream_error.h"
#include "prom/stats.h"

/* ---- a second one */

struct two {
	struct world *world;
	struct scripted_server other;
	struct step step;
	char answer[4000], url[100];
	const char *more[2];
};

static int set_up_two(void **state)
{
	struct two *two = xnew(struct two);
	void *made = NULL;

	set_up(&made);
	two->world = made;
	server_start(&two->other, two->world->loop, &two->step, 1);
	snprintf(two->url, sizeof(two->url), "http://127.0.0.1:%u/second", two->other.port);
	two->more[0] = two->url;
	*state = two;
	return 0;
}

static int tear_down_two(void **state)
{
	struct two *two = *state;
	void *made = two->world;

	prom_free(two->world->prom);
	two->world->prom = NULL;
	if (two->other.loop)
		server_stop(&two->other);
	tear_down(&made);
	free(two);
	return 0;
}

static void other_answers(struct two *two, int status, const char *body)
{
	snprintf(two->answer, sizeof(two->answer), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status,
		 strlen(body), body);
	two->step = (struct step){two->answer, KEEP, 0};
}

static struct world *ask_two(struct two *two)
{
	struct prom_options options = usual();

	options.more_urls = two->more;
	other_answers(two, 200, ONE_SAMPLE);
	new_prom(two->world, "", "/first", options);
	return two->world;
}

static void stop_first(struct world *world)
{
	server_stop(&world->server);
	world->server.loop = NULL;
}

static const struct prom_path_stats *counted(struct world *world, size_t upstream)
{
	return &prom_stats(world->prom)->upstreams[upstream].paths[PROM_PATH_QUERY];
}

static void assert_good(struct world *world)
{
	assert_string_equal(world->problem.text, "");
	assert_int_equal(world->samples->list.count, 1);
}

static void wait_passed(void *context)
{
	loop_stop(context);
}

static void wait_ms(struct world *world, int64_t delay_ms)
{
	struct loop_timer timer = {.handler = wait_passed, .context = world->loop};

	loop_timer_set(world->loop, &timer, delay_ms);
	loop_run(world->loop);
}

/* ---- fail-over */

static struct lost_case {
	const char *name;
	struct step step;
	bool refused, goes_on;
} losses[] = {
	{"refused", {NULL, KEEP, 0}, true, true},
	{"502", {HEAD("502 X", "Content-Length: 0\r\n"), KEEP, 0}, false, true},
	{"503", {HEAD("503 X", "Content-Length: 0\r\n"), KEEP, 0}, false, true},
	{"504", {HEAD("504 X", "Content-Length: 0\r\n"), KEEP, 0}, false, true},
	{"reset", {"", RESET, 0}, false, true},
	{"cut", {HEAD("200 OK", "Content-Length: 100\r\n") "{\"status\":", CLOSE, 0}, false, true},
	{"no HTTP", {"what?", CLOSE, 0}, false, true},
	{"500", {HEAD("500 X", "Content-Length: 0\r\n"), KEEP, 0}, false, false},
	{"422", {HEAD("422 X", "Content-Length: 0\r\n"), KEEP, 0}, false, false},
	{"401", {HEAD("401 X", "Content-Length: 0\r\n"), KEEP, 0}, false, false},
	{"429", {HEAD("429 X", "Content-Length: 0\r\n"), KEEP, 0}, false, false},
	{"a login page", {HEAD("200 OK", "Content-Length: 6\r\n") "<html>", KEEP, 0}, false, false},
};

static void test_lost(void **state)
{
	const struct lost_case *c = *state;
	void *made = NULL;
	struct world *world;
	struct two *two;

	set_up_two(&made);
	two = made;
	world = ask_two(two);
	world->step = c->step;
	if (c->refused)
		stop_first(world);
	query(world);
	assert_int_equal(two->other.requests.count, c->goes_on);
	assert_int_equal(world->problem.fault == UPSTREAM_OK, c->goes_on);
	assert_int_equal(prom_stats(world->prom)->fail_overs, c->goes_on);
	assert_int_equal(counted(world, 1)->classes[2], c->goes_on);
	if (c->goes_on) {
		assert_good(world);
		assert_int_equal(world->samples->source, 1);
		assert_true(str_starts(str_of(server_request(&two->other, 0)), STR("GET /second/api/v1/query?")));
		assert_true(str_ends(prom_authority(world->prom), prom_stats(world->prom)->upstreams[1].authority));
	}
	tear_down_two(&made);
}

static void test_the_first_is_preferred(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	answer_with(world, 503, "", "");
	query(world);
	assert_good(world);
	answer_with(world, 200, "", ONE_SAMPLE);
	query(world);
	assert_good(world);
	assert_int_equal(world->samples->source, 0);
	assert_int_equal(two->other.requests.count, 1);
	assert_int_equal(world->server.requests.count, 2);
}

static void test_one_that_hangs_gets_half_of_the_time(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	world->step = (struct step){"", HANG, 0};
	(void)start_query(world, "up", 1000, 1000);
	loop_run(world->loop);
	assert_good(world);
	assert_contains(str_of(asked(world)), "&timeout=500ms ");
	assert_int_equal(counted(world, 0)->faults[UPSTREAM_TIMEOUT], 1);
	assert_null(strstr(server_request(&two->other, 0), "timeout=1s"));
}

static void test_both_fail(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);
	char text[200];

	other_answers(two, 503, "no store");
	stop_first(world);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_REFUSED);
	snprintf(text, sizeof(text),
		 "Prometheus 127.0.0.1:%u refused the connection; Prometheus 127.0.0.1:%u answered 503: no store",
		 world->server.port, two->other.port);
	assert_string_equal(world->problem.text, text);
	assert_int_equal(two->other.requests.count, 1);
}

/* What the second one says of the query itself is the reason. */
static void test_the_second_refuses_the_query(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	other_answers(two, 422, "no such function");
	stop_first(world);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_STATUS);
	assert_int_equal(world->problem.status, 422);
	assert_null(strstr(world->problem.text, "refused the connection"));
}

static void test_series_fail_over(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	other_answers(two, 200, ONE_SERIES);
	stop_first(world);
	series(world);
	assert_string_equal(world->problem.text, "");
	assert_int_equal(series_set_count(world->set), 1);
	assert_int_equal(prom_stats(world->prom)->upstreams[1].paths[PROM_PATH_SERIES].classes[2], 1);
}

static void test_an_open_one_is_skipped(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	world->step = (struct step){"", RESET, 0};
	for (int i = 0; i < 6; i++) {
		query(world);
		assert_good(world);
	}
	assert_int_equal(world->server.requests.count, 5);
	assert_int_equal(two->other.requests.count, 6);
	assert_int_equal(prom_stats(world->prom)->upstreams[0].breaker, BREAKER_OPEN);
	wait_ms(world, 500);
	query(world); /* the probe fails over as well */
	assert_good(world);
	assert_int_equal(world->server.requests.count, 6);
	assert_int_equal(two->other.requests.count, 7);
	answer_with(world, 200, "", ONE_SAMPLE);
	wait_ms(world, 1000);
	query(world);
	query(world);
	assert_int_equal(two->other.requests.count, 7);
	assert_int_equal(prom_stats(world->prom)->upstreams[0].breaker, BREAKER_CLOSED);
}

static void test_one_that_backs_off_is_skipped(void **state)
{
	struct two *two = *state;
	struct world *world = ask_two(two);

	world->step = (struct step){HEAD("503 X", "Retry-After: 50\r\nContent-Length: 0\r\n"), KEEP, 0};
	query(world);
	query(world);
	assert_good(world);
	assert_int_equal(world->server.requests.count, 1);
	assert_int_equal(two->other.requests.count, 2);
	assert_int_equal(world->problem.wait_ms, 0);
}

static void test_too_many(void **state)
{
	struct prom_options options = usual();
	struct err err = {0};
	const char *more[9];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		more[i] = "http://p";
	more[8] = NULL;
	options.url = "http://p";
	options.more_urls = more;
	assert_null(prom_new(NULL, &options, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(str_of(err.msg), "--prometheus-url: 9 are too many");
}

static void test_second_url_is_wrong(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	struct err err = {0};

	options.url = "http://p";
	options.more_urls = (const char *const[]){"q", NULL};
	assert_null(prom_new(world->loop, &options, &err));
	assert_contains(str_of(err.msg), "--prometheus-url: ");
}

/* ---- one alone: the breaker */

static void open_by_resets(struct world *world)
{
	new_prom(world, "", "", usual());
	world->step = (struct step){"", RESET, 0};
	for (int i = 0; i < 5; i++) {
		query(world);
		assert_int_equal(world->problem.fault, UPSTREAM_CUT);
		assert_false(world->problem.not_asked);
	}
	assert_int_equal(world->server.requests.count, 5);
}

static void test_an_open_one_is_not_asked(void **state)
{
	struct world *world = *state;

	open_by_resets(world);
	assert_int_equal(world->problem.wait_ms, 500);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_CUT);
	assert_contains(str_of(world->problem.text), "ended early");
	assert_contains(str_of(world->problem.text), "; not asked again for 0.");
	assert_true(world->problem.not_asked && world->problem.wait_ms > 0);
	series(world);
	assert_int_equal(world->problem.fault, UPSTREAM_CUT);
	assert_int_equal(world->server.requests.count, 5);
	assert_int_equal(counted(world, 0)->not_asked, 1);
	assert_int_equal(counted(world, 0)->faults[UPSTREAM_CUT], 5);
	assert_int_equal(prom_stats(world->prom)->upstreams[0].times_opened, 1);
}

static void test_recovery(void **state)
{
	struct world *world = *state;

	open_by_resets(world);
	wait_ms(world, 500);
	answer_with(world, 500, "", ""); /* any answer will do */
	query(world);
	assert_int_equal(world->problem.status, 500);
	answer_with(world, 200, "", ONE_SAMPLE);
	query(world);
	assert_good(world);
	assert_int_equal(prom_stats(world->prom)->upstreams[0].breaker, BREAKER_CLOSED);
}

static void test_one_probe_at_a_time(void **state)
{
	struct world *world = *state;

	open_by_resets(world);
	wait_ms(world, 500);
	world->step = (struct step){"", HANG, 0};
	(void)start_query(world, "first", 1000, 60000);
	query(world);
	assert_true(world->problem.not_asked);
	assert_int_equal(world->done, 6);
	wait_ms(world, 1000); /* it hangs for ever, but the next one may try */
	answer_with(world, 200, "", ONE_SAMPLE);
	query(world);
	assert_good(world);
}

static void stop_world(void *context)
{
	struct world *world = context;

	loop_stop(world->loop);
}

static void test_what_is_under_way_goes_on(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "", ONE_SAMPLE);
	world->step.delay_ms = PATIENCE_MS;
	(void)start_query(world, "slow", 1000, PATIENCE_MS);
	world->server.on_request = stop_world;
	world->server.context = world;
	loop_run(world->loop);
	world->server.on_request = NULL;
	world->step = (struct step){"", RESET, 0};
	for (int i = 0; i < 6; i++)
		query(world);
	assert_true(world->problem.not_asked);
	for (struct peer *peer = world->server.peers; peer; peer = peer->next)
		if (peer->busy)
			loop_timer_set(world->loop, &peer->delay, 0);
	loop_run(world->loop);
	assert_good(world);
	assert_int_equal(prom_stats(world->prom)->upstreams[0].breaker, BREAKER_CLOSED);
}

/* Otherwise one caller with `timeout=1ms` could close Prometheus for all. */
static void test_short_patience_opens_nothing(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	world->step = (struct step){"", HANG, 0};
	for (int i = 0; i < 7; i++) {
		(void)start_query(world, "up", 1000, 20);
		loop_run(world->loop);
		assert_int_equal(world->problem.fault, UPSTREAM_TIMEOUT);
		assert_false(world->problem.not_asked);
	}
}

static void test_cancel_what_is_not_asked(void **state)
{
	struct world *world = *state;
	struct prom_call *call;

	open_by_resets(world);
	call = start_query(world, "first", 1000, 1000);
	(void)start_query(world, "second", 1000, 1000);
	prom_call_cancel(call);
	loop_run(world->loop);
	assert_int_equal(world->done, 6);
	(void)start_query(world, "third", 1000, 1000); /* prom_free takes it away */
}

/* ---- Retry-After */

static struct hold_case {
	const char *name;
	struct step step;
	enum upstream_fault fault;
	int status;
	int back_off_s;
	const char *says;
} holds[] = {
	{"429",
	 {HEAD("429 X", "Retry-After: 30\r\nContent-Length: 9\r\n") "slow down", KEEP, 0},
	 UPSTREAM_STATUS,
	 429,
	 30,
	 "answered 429: slow down; not asked"},
	{"503",
	 {HEAD("503 X", "Retry-After: 30\r\nContent-Length: 0\r\n"), KEEP, 0},
	 UPSTREAM_STATUS,
	 503,
	 30,
	 "answered 503; not asked"},
	{"a day is too long",
	 {HEAD("503 X", "Retry-After: 86400\r\nContent-Length: 0\r\n"), KEEP, 0},
	 UPSTREAM_STATUS,
	 503,
	 60,
	 "answered 503; not asked"},
	{"429 without it", {HEAD("429 X", "Content-Length: 0\r\n"), KEEP, 0}, UPSTREAM_STATUS, 429, 0, "answered 429"},
	{"500", {HEAD("500 X", "Retry-After: 30\r\nContent-Length: 0\r\n"), KEEP, 0}, UPSTREAM_STATUS, 500, 0, "500"},
	{"0 seconds",
	 {HEAD("503 X", "Retry-After: 0\r\nContent-Length: 0\r\n"), KEEP, 0},
	 UPSTREAM_STATUS,
	 503,
	 0,
	 "answered 503"},
};

static void test_hold(void **state)
{
	const struct hold_case *c = *state;
	void *made = NULL;
	struct world *world;
	char wait[60];

	set_up(&made);
	world = made;
	new_prom(world, "", "", usual());
	world->step = c->step;
	query(world);
	assert_false(world->problem.not_asked);
	assert_true(world->problem.wait_ms <= c->back_off_s * 1000);
	assert_true(world->problem.wait_ms >= c->back_off_s * 1000 - PATIENCE_MS);
	query(world);
	assert_int_equal(world->problem.fault, c->fault);
	assert_int_equal(world->problem.status, c->status);
	assert_int_equal(world->problem.not_asked, c->back_off_s > 0);
	assert_int_equal(world->server.requests.count, c->back_off_s ? 1 : 2);
	assert_contains(str_of(world->problem.text), c->says);
	if (c->back_off_s) {
		snprintf(wait, sizeof(wait), "; not asked again for %lld.%lld s",
			 (long long)(world->problem.wait_ms + 99) / 1000,
			 (long long)(world->problem.wait_ms + 99) / 100 % 10);
		assert_true(str_ends(str_of(world->problem.text), str_of(wait)));
	}
	tear_down(&made);
}

static void test_hold_ends(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	world->step = (struct step){HEAD("429 X", "Retry-After: 1\r\nContent-Length: 0\r\n"), KEEP, 0};
	query(world);
	answer_with(world, 200, "", ONE_SAMPLE);
	wait_ms(world, 1000);
	query(world);
	assert_good(world);
}

/* ---- an endpoint that takes no POST */

static const struct step *by_method(void *context, const char *request)
{
	static const struct step no = {HEAD("405 X", "Content-Length: 0\r\n"), KEEP, 0};
	struct world *world = context;

	return str_starts(str_of(request), STR("POST ")) ? &no : &world->step;
}

static void query_long(struct world *world)
{
	char promql[5001];

	memset(promql, 'x', 5000);
	promql[5000] = '\0';
	(void)start_query(world, promql, 1000, 10000);
	loop_run(world->loop);
}

static void test_long_query_goes_by_get_where_it_must(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	world->server.choose = by_method;
	world->server.context = world;
	answer_with(world, 200, "", ONE_SAMPLE);
	query_long(world);
	assert_good(world);
	assert_int_equal(world->server.requests.count, 2);
	assert_true(str_starts(str_of(server_request(&world->server, 0)), STR("POST ")));
	assert_true(str_starts(str_of(asked(world)), STR("GET /api/v1/query?query=xxx")));
	query_long(world); /* it is remembered */
	assert_good(world);
	assert_int_equal(world->server.requests.count, 3);
	assert_int_equal(counted(world, 0)->retries, 1);
	assert_int_equal(counted(world, 0)->classes[4], 1);
}

static void test_post_that_was_wanted_is_not_given_up(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.post = true;
	new_prom(world, "", "", options);
	world->server.choose = by_method;
	world->server.context = world;
	query_long(world);
	assert_int_equal(world->problem.status, 405);
	assert_contains(str_of(world->problem.text), "405 to POST /api/v1/query");
	assert_int_equal(world->server.requests.count, 1);
}

static void test_shares(void **state)
{
	(void)state;
	assert_int_equal(failover_share_ms(6000), 3000);
	assert_int_equal(failover_share_ms(30000), 4000);
}

#define WITH_TWO(test) cmocka_unit_test_setup_teardown(test, set_up_two, tear_down_two)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TWO(test_the_first_is_preferred),
		WITH_TWO(test_one_that_hangs_gets_half_of_the_time),
		WITH_TWO(test_both_fail),
		WITH_TWO(test_the_second_refuses_the_query),
		WITH_TWO(test_series_fail_over),
		WITH_TWO(test_an_open_one_is_skipped),
		WITH_TWO(test_one_that_backs_off_is_skipped),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_too_many),
		IN_WORLD(test_second_url_is_wrong),
		IN_WORLD(test_an_open_one_is_not_asked),
		IN_WORLD(test_recovery),
		IN_WORLD(test_one_probe_at_a_time),
		IN_WORLD(test_what_is_under_way_goes_on),
		IN_WORLD(test_short_patience_opens_nothing),
		IN_WORLD(test_cancel_what_is_not_asked),
		IN_WORLD(test_hold_ends),
		IN_WORLD(test_long_query_goes_by_get_where_it_must),
		IN_WORLD(test_post_that_was_wanted_is_not_given_up),
	};
	int failed = RUN_ROWS(losses, test_lost) + RUN_ROWS(holds, test_hold);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
