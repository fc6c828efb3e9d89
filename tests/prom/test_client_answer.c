/* SPDX-License-Identifier: Apache-2.0 */
#include "client_world.h"

#include <time.h>

#include "model/upstream_error.h"
#include "prom/stats.h"

/* ---- what is answered */

static struct answer_case {
	const char *name;
	int status;
	const char *type, *body;
	enum upstream_fault fault;
	const char *says[3];
} answers[] = {
	{"H14 400",
	 400,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}",
	 UPSTREAM_STATUS,
	 {"answered 400: parse error"}},
	{"H15 422",
	 422,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"too long query; got 25852 bytes\"}",
	 UPSTREAM_STATUS,
	 {"answered 422: too long query; got 25852 bytes"}},
	{"H16 503 without JSON",
	 503,
	 "text/plain",
	 "upstream connect error",
	 UPSTREAM_STATUS,
	 {"answered 503: upstream connect error"}},
	{"H11 404 with HTML",
	 404,
	 "text/html",
	 "<html>",
	 UPSTREAM_STATUS,
	 {"answered 404 to GET /base/api/v1/query: <html>"}},
	{"405", 405, "", "", UPSTREAM_STATUS, {"answered 405 to GET /base/api/v1/query"}},
	{"H18 401", 401, "text/plain", "Unauthorized", UPSTREAM_STATUS, {"answered 401: Unauthorized"}},
	{"429 without a word", 429, "", "", UPSTREAM_STATUS, {"answered 429"}},
	{"message of a Status",
	 403,
	 "application/json",
	 "{\"kind\":\"Status\",\"message\":\"services is forbidden\",\"code\":403}",
	 UPSTREAM_STATUS,
	 {"answered 403: services is forbidden"}},
	{"message of Google",
	 403,
	 "application/json",
	 "{\"error\":{\"code\":403,\"message\":\"Permission denied\"}}",
	 UPSTREAM_STATUS,
	 {"answered 403: Permission denied"}},
	{"an error further in is not the error",
	 500,
	 "application/json",
	 "{\"data\":{\"error\":\"inner\"},\"error\":\"outer\"}",
	 UPSTREAM_STATUS,
	 {"answered 500: outer"}},
	{"the first message",
	 500,
	 "application/json",
	 "{\"message\":\"first\",\"details\":[{\"message\":\"second\"}]}",
	 UPSTREAM_STATUS,
	 {"answered 500: first"}},
	{"503 with a success body",
	 503,
	 "application/json",
	 ONE_SAMPLE,
	 UPSTREAM_STATUS,
	 {"answered 503: {\"status\":\"success\""}},
	{"401 with a success body", 401, "application/json", ONE_SAMPLE, UPSTREAM_STATUS, {"answered 401"}},
	{"304", 304, "", "", UPSTREAM_STATUS, {"answered 304"}},
	{"302 to nowhere", 302, "", "", UPSTREAM_STATUS, {"answered 302"}},
	{"H17 login page",
	 200,
	 "text/html",
	 "<html>login</html>",
	 UPSTREAM_NOT_JSON,
	 {"answered 200 with HTML, not JSON (Content-Type text/html)"}},
	{"login page without a type", 200, "", " \n<html>", UPSTREAM_NOT_JSON, {"with HTML, not JSON"}},
	{"plain text",
	 200,
	 "text/plain; charset=utf-8",
	 "hello",
	 UPSTREAM_NOT_JSON,
	 {"something, not JSON (Content-Type text/plain; charset=utf-8)"}},
	{"nothing", 200, "", "", UPSTREAM_NOT_JSON, {"answered 200 with an empty body, not JSON"}},
	{"JSON broken in the middle",
	 200,
	 "application/json",
	 "{\"status\":;}",
	 UPSTREAM_NOT_JSON,
	 {"not JSON", "byte "}},
	{"JSON that ends early",
	 200,
	 "application/json",
	 "{\"status\":\"success\",\"data\":{\"resultType\":\"vec",
	 UPSTREAM_CUT,
	 {"ended early", "bytes"}},
	{"200 with an error",
	 200,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}",
	 UPSTREAM_MALFORMED,
	 {"query timed out"}},
	{"no data", 200, "application/json", "{\"status\":\"success\"}", UPSTREAM_MALFORMED, {"data"}},
	{"control characters and other bytes",
	 500,
	 "text/plain",
	 "a\r\n\tb\x01 c\xff\xe2\x82\xac d",
	 UPSTREAM_STATUS,
	 {"answered 500: a b c?\xe2\x82\xac d"}},
	{"a NUL in the error",
	 422,
	 "application/json",
	 "{\"error\":\"a\\u0000b\"}",
	 UPSTREAM_STATUS,
	 {"answered 422: a b"}},
};

static void assert_problem(struct world *world, enum upstream_fault fault, int status)
{
	char authority[40];

	assert_int_equal(world->problem.fault, fault);
	assert_int_equal(world->problem.status, status);
	snprintf(authority, sizeof(authority), "Prometheus 127.0.0.1:%u ", world->server.port);
	assert_contains(str_of(world->problem.text), authority);
	assert_true(str_is_utf8(str_of(world->problem.text)));
	for (const char *c = world->problem.text; *c; c++)
		assert_true((unsigned char)*c >= ' ');
}

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	void *made = NULL;
	struct world *world;

	set_up(&made);
	world = made;
	new_prom(world, "", "/base", usual());
	answer_with(world, c->status, c->type, c->body);
	query(world);
	assert_problem(world, c->fault, c->status);
	for (size_t i = 0; i < COUNT_OF(c->says) && c->says[i]; i++)
		assert_contains(str_of(world->problem.text), c->says[i]);
	assert_null(strstr(world->problem.text, "second"));
	answer_with(world, 200, "", ONE_SAMPLE); /* the next one is not troubled */
	query(world);
	assert_string_equal(world->problem.text, "");
	assert_int_equal(world->samples->list.count, 1);
	assert_true(world->samples->list.items[0].value == 7);
	tear_down(&made);
}

static void test_series(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", ONE_SERIES);
	series(world);
	assert_non_null(world->set);
	assert_int_equal(series_set_count(world->set), 1);
	assert_true(str_eq(series_set_at(world->set, 0)->name, STR("a")));
}

static void test_series_without_data(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", "{\"status\":\"success\",\"data\":null}");
	series(world);
	assert_problem(world, UPSTREAM_MALFORMED, 200);
	answer_with(world, 404, "text/plain", "page not found");
	series(world);
	assert_contains(str_of(world->problem.text), "answered 404 to GET /api/v1/series: page not found");
}

static void test_long_words_are_cut_at_a_character(void **state)
{
	struct world *world = *state;
	struct buf body = {0};

	for (int i = 0; i < 1000; i++)
		buf_puts(&body, "\xe2\x82\xac");
	new_prom(world, "", "", usual());
	for (int shift = 0; shift < 3; shift++) {
		answer_with(world, 500, "text/plain", buf_cstr(&body));
		query(world);
		assert_problem(world, UPSTREAM_STATUS, 500);
		assert_true(str_ends(str_of(world->problem.text), STR("\xe2\x82\xac...")));
		assert_true(strlen(world->problem.text) > 150 && strlen(world->problem.text) < 300);
		buf_puts(&body, "x");
		memmove(body.ptr + 1, body.ptr, body.len - 1);
		body.ptr[0] = 'x';
	}
	buf_clear(&body);
}

/* ---- data is missing */

#define WARNED(warning, data) "{\"status\":\"success\",\"warnings\":[\"PromQL info: x\"," warning "],\"data\":" data "}"

static void query_partial(struct world *world)
{
	answer_with(world, 200, "application/json",
		    WARNED("\"store-2 is away\"", "{\"resultType\":\"vector\",\"result\":[]}"));
	query(world);
}

static void series_partial(struct world *world)
{
	answer_with(world, 200, "application/json", WARNED("\"store-2 is away\"", "[]"));
	series(world);
}

static void test_partial_answers_are_refused(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	query_partial(world);
	assert_problem(world, UPSTREAM_PARTIAL, 200);
	assert_contains(str_of(world->problem.text), " warns that data is missing: store-2 is away");
	assert_null(world->samples);
	series_partial(world);
	assert_problem(world, UPSTREAM_PARTIAL, 200);
	assert_null(world->set);
}

static void test_partial_answers_are_allowed(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.allow_partial = true;
	new_prom(world, "", "", options);
	query_partial(world);
	assert_string_equal(world->problem.text, "");
	assert_true(str_eq(world->samples->warning, STR("store-2 is away")));
	series_partial(world);
	assert_string_equal(world->problem.text, "");
	assert_int_equal(series_set_count(world->set), 0);
}

static void test_notes_are_no_warnings(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", WARNED("\"PromQL warning: y\"", "[]"));
	series(world);
	assert_non_null(world->set);
}

/* ---- the way there */

static void test_refused(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	server_stop(&world->server);
	world->server.loop = NULL;
	query(world);
	assert_problem(world, UPSTREAM_REFUSED, 0);
	assert_contains(str_of(world->problem.text), "refused");
}

static void test_unresolved(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	struct err err = {0};

	options.url = "http://nonexistent.invalid:9090/x";
	world->prom = prom_new(world->loop, &options, &err);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_UNRESOLVED);
	assert_string_equal(world->problem.text, "Prometheus nonexistent.invalid:9090 cannot be reached: its host name "
						 "nonexistent.invalid cannot be resolved");
}

static void test_timeout(void **state)
{
	struct world *world = *state;
	double seconds;

	world->step = (struct step){"", HANG, 0};
	new_prom(world, "", "", usual());
	(void)start_query(world, "up", 1000, 300);
	loop_run(world->loop);
	assert_problem(world, UPSTREAM_TIMEOUT, 0);
	assert_contains(str_of(world->problem.text), "had not answered after ");
	assert_contains(str_of(world->problem.text), " seconds: no complete answer in time");
	seconds = strtod(strstr(world->problem.text, "after ") + 6, NULL);
	assert_true(seconds >= 0.3 && seconds < PATIENCE_MS / 1000.0);
	assert_contains(str_of(asked(world)), "&timeout=300ms ");
}

static void test_timeout_is_cut_to_the_most_allowed(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.query_timeout_ms = 50;
	options.series_timeout_ms = 50;
	world->step = (struct step){"", HANG, 0};
	new_prom(world, "", "", options);
	query(world);
	assert_problem(world, UPSTREAM_TIMEOUT, 0);
	series(world);
	assert_problem(world, UPSTREAM_TIMEOUT, 0);
}

static void test_no_time_left(void **state)
{
	struct world *world = *state;

	world->step = (struct step){"", HANG, 0};
	new_prom(world, "", "", usual());
	(void)start_query(world, "up", 1000, -5);
	loop_run(world->loop);
	assert_problem(world, UPSTREAM_TIMEOUT, 0);
}

static void test_cut(void **state)
{
	struct world *world = *state;

	world->step = (struct step){HEAD("200 OK", "Content-Length: 100\r\n" JSON_TYPE) "{\"status\":", RESET, 0};
	new_prom(world, "", "", usual());
	query(world);
	assert_problem(world, UPSTREAM_CUT, 200);
	assert_contains(str_of(world->problem.text), "ended early");
	assert_contains(str_of(world->problem.text), "reset");
}

static void test_cut_after_an_error_status(void **state)
{
	struct world *world = *state;

	world->step = (struct step){HEAD("502 Bad", "Content-Length: 100\r\n") "no backend", CLOSE, 0};
	new_prom(world, "", "", usual());
	query(world);
	assert_problem(world, UPSTREAM_STATUS, 502);
	assert_contains(str_of(world->problem.text), "answered 502: no backend");
	world->step = (struct step){HEAD("502 Bad", "Content-Length: 100\r\n") "no backend", HANG, 0};
	(void)start_query(world, "up", 1000, 300);
	loop_run(world->loop);
	assert_problem(world, UPSTREAM_STATUS, 502);
}

static void test_redirect_to_one_that_hangs(void **state)
{
	struct world *world = *state;
	const struct step steps[] = {
		{HEAD("302 Found", "Location: /there\r\nContent-Length: 0\r\n"), KEEP, 0},
		{"", HANG, 0},
	};

	world->server.steps = steps;
	world->server.step_count = 2;
	new_prom(world, "", "", usual());
	(void)start_query(world, "up", 1000, 300);
	loop_run(world->loop);
	assert_problem(world, UPSTREAM_TIMEOUT, 0);
}

static void test_too_big(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.query_bytes_max = options.series_bytes_max = 20;
	answer_with(world, 200, "application/json", ONE_SAMPLE);
	new_prom(world, "", "", options);
	query(world);
	assert_problem(world, UPSTREAM_TOO_BIG, 200);
	assert_contains(str_of(world->problem.text), "20 bytes");
	series(world);
	assert_problem(world, UPSTREAM_TOO_BIG, 200);
}

static void test_redirect(void **state)
{
	struct world *world = *state;
	const struct step steps[] = {
		{HEAD("301 Moved", "Location: /elsewhere?query=x\r\nContent-Length: 0\r\n"), KEEP, 0},
		{world->answer, KEEP, 0},
	};

	answer_with(world, 200, "application/json", ONE_SAMPLE);
	world->server.steps = steps;
	world->server.step_count = 2;
	new_prom(world, "", "", usual());
	query(world);
	assert_string_equal(world->problem.text, "");
	assert_true(str_starts(str_of(asked(world)), STR("GET /elsewhere?query=x ")));
}

static void test_redirect_for_ever(void **state)
{
	struct world *world = *state;

	world->step = (struct step){HEAD("302 Found", "Location: /again\r\nContent-Length: 0\r\n"), KEEP, 0};
	new_prom(world, "", "", usual());
	query(world);
	assert_problem(world, UPSTREAM_REDIRECT, 302);
	assert_contains(str_of(world->problem.text), "answered 302, a redirect that is not followed: ");
}

/* ---- clocks */

static struct clock_case {
	const char *name;
	int64_t ahead_s, max_ms;
	int status;
	enum upstream_fault fault;
	const char *says, *more;
} clock_cases[] = {
	{"alike", 0, 30000, 200, UPSTREAM_OK, "", ""},
	{"within the limit", 29, 30000, 200, UPSTREAM_OK, "", ""},
	{"behind, within the limit", -29, 30000, 200, UPSTREAM_OK, "", ""},
	{"ahead", 1800, 30000, 200, UPSTREAM_CLOCK, "has another time: the clock here says 20", " ahead"},
	{"behind", -1800, 30000, 200, UPSTREAM_CLOCK, "its clock is at least 29m", " behind"},
	{"any will do", 1800, 0, 200, UPSTREAM_OK, "", ""},
	{"a token that is not good there", -1800, 30000, 401, UPSTREAM_CLOCK, "its clock is at least ", " behind"},
	{"another error", -1800, 30000, 503, UPSTREAM_STATUS, "answered 503", ""},
};

static void put_date(struct world *world, int64_t ahead_s, int status, const char *more)
{
	time_t then = (time_t)(loop_wall_ms(world->loop) / 1000 + ahead_s);
	struct tm parts;
	char date[64];

	gmtime_r(&then, &parts);
	assert_true(strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
	snprintf(world->answer, sizeof(world->answer),
		 "HTTP/1.1 %d X\r\nDate: %s\r\n%sContent-Length: %zu\r\n\r\n" ONE_SAMPLE, status, date, more,
		 strlen(ONE_SAMPLE));
	world->step = (struct step){world->answer, KEEP, 0};
}

static void test_clock(void **state)
{
	const struct clock_case *c = *state;
	struct prom_options options = usual();
	struct world *world;
	void *made = NULL;

	set_up(&made);
	world = made;
	options.max_clock_skew_ms = c->max_ms;
	put_date(world, c->ahead_s, c->status, "");
	new_prom(world, "", "", options);
	query(world);
	assert_int_equal(world->problem.fault, c->fault);
	assert_contains(str_of(world->problem.text), c->says);
	assert_contains(str_of(world->problem.text), c->more);
	assert_true(prom_stats(world->prom)->upstreams[0].has_clock);
	assert_in_range(prom_stats(world->prom)->upstreams[0].ahead_ms - c->ahead_s * 1000 + 2000, 0, 4000);
	tear_down(&made);
}

/* What a cache has kept says nothing of now. */
static void test_date_of_a_cache(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.max_clock_skew_ms = 30000;
	put_date(world, -600, 200, "Age: 600\r\n");
	new_prom(world, "", "", options);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_false(prom_stats(world->prom)->upstreams[0].has_clock);
}

/* ---- cancel and free */

static void test_cancel(void **state)
{
	struct world *world = *state;
	struct prom_call *call;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	call = start_query(world, "first", 1000, 1000);
	(void)start_query(world, "second", 1000, 1000);
	prom_call_cancel(call);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	assert_int_equal(world->server.requests.count, 1);
	assert_contains(str_of(asked(world)), "query=second");
}

static void free_prom(struct world *world)
{
	prom_free(world->prom);
	world->prom = NULL;
}

static void test_free_from_a_handler(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	world->when_done = free_prom;
	for (int i = 0; i < 10; i++)
		(void)start_query(world, "up", 1000, 1000);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_series),
		IN_WORLD(test_series_without_data),
		IN_WORLD(test_long_words_are_cut_at_a_character),
		IN_WORLD(test_partial_answers_are_refused),
		IN_WORLD(test_partial_answers_are_allowed),
		IN_WORLD(test_notes_are_no_warnings),
		IN_WORLD(test_refused),
		IN_WORLD(test_unresolved),
		IN_WORLD(test_timeout),
		IN_WORLD(test_timeout_is_cut_to_the_most_allowed),
		IN_WORLD(test_no_time_left),
		IN_WORLD(test_cut),
		IN_WORLD(test_cut_after_an_error_status),
		IN_WORLD(test_date_of_a_cache),
		IN_WORLD(test_redirect_to_one_that_hangs),
		IN_WORLD(test_too_big),
		IN_WORLD(test_redirect),
		IN_WORLD(test_redirect_for_ever),
		IN_WORLD(test_cancel),
		IN_WORLD(test_free_from_a_handler),
	};
	int failed = RUN_ROWS(answers, test_answer) + RUN_ROWS(clock_cases, test_clock);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
