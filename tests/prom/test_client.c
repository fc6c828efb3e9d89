/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/client.h"

#include "../scripted_server.h"
#include "base/log.h"
#include "model/sample.h"
#include "model/series.h"

#define EMPTY_VECTOR "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"
#define ONE_SAMPLE                                                                                                     \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"pod\":\"a\"},"         \
	"\"value\":[1565786045.323,\"7\"]}]}}"
#define ONE_SERIES "{\"status\":\"success\",\"data\":[{\"__name__\":\"a\",\"b\":\"c\"}]}"

enum { PATIENCE_MS = 20000 };

struct world {
	struct loop *loop;
	struct scripted_server server;
	struct prom *prom;
	struct loop_timer patience;
	char answer[40000], url[200], file[64];
	struct step step;
	int done;
	struct samples *samples;
	struct series_set *set;
	struct prom_problem problem;
	void (*when_done)(struct world *world);
};

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static int set_up(void **state)
{
	struct err err = {0};
	struct world *world = xnew(struct world);

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, &world->step, 1);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	prom_free(world->prom);
	if (world->server.loop)
		server_stop(&world->server);
	loop_free(world->loop);
	samples_free(world->samples);
	series_set_free(world->set);
	if (world->file[0])
		unlink(world->file);
	free(world);
	return 0;
}

/* ---- the script and the questions */

static void answer_with(struct world *world, int status, const char *type, const char *body)
{
	snprintf(world->answer, sizeof(world->answer), "HTTP/1.1 %d X\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", status,
		 type[0] ? "Content-Type: " : "", type, type[0] ? "\r\n" : "", strlen(body), body);
	world->step = (struct step){world->answer, KEEP, 0};
}

static struct prom_options usual(void)
{
	return (struct prom_options){
		.query_timeout_ms = PATIENCE_MS, .series_timeout_ms = PATIENCE_MS, .max_connections = 4};
}

/* `user` and `path` as in http://USER@127.0.0.1:PORT/PATH. */
static void new_prom(struct world *world, const char *user, const char *path, struct prom_options options)
{
	struct err err = {0};

	snprintf(world->url, sizeof(world->url), "http://%s127.0.0.1:%u%s", user, world->server.port, path);
	options.url = world->url;
	world->prom = prom_new(world->loop, &options, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->prom);
}

static void keep_problem(struct world *world, const void *result, const struct prom_problem *problem)
{
	assert_int_equal(result == NULL, problem != NULL);
	world->problem = problem ? *problem : (struct prom_problem){0};
	world->done++;
	loop_stop(world->loop);
	if (world->when_done)
		world->when_done(world);
}

static void queried(void *context, struct samples *samples, const struct prom_problem *problem)
{
	struct world *world = context;

	samples_free(world->samples);
	world->samples = samples;
	keep_problem(world, samples, problem);
}

static void found(void *context, struct series_set *set, const struct prom_problem *problem)
{
	struct world *world = context;

	series_set_free(world->set);
	world->set = set;
	keep_problem(world, set, problem);
}

static struct prom_call *start_query(struct world *world, const char *promql, int64_t time_ms, int64_t timeout_ms)
{
	int done = world->done;
	struct prom_call *call = prom_query(world->prom, str_of(promql), time_ms, timeout_ms, queried, world);

	assert_int_equal(world->done, done);
	return call;
}

static void query(struct world *world)
{
	(void)start_query(world, "up{a=\"b c\"} + 1", 1565786045323, 30000);
	loop_run(world->loop);
}

static void series(struct world *world)
{
	(void)prom_series(world->prom, STR("http_requests_total{namespace!=\"\"}"), 1565786045323, found, world);
	loop_run(world->loop);
}

static const char *asked(struct world *world)
{
	return server_request(&world->server, world->server.requests.count - 1);
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

/* ---- what is asked: the line and, of a POST, the body */

static struct request_case {
	const char *name, *path;
	const char *header; /* "NAME=VALUE", or NULL */
	bool post, series;
	const char *first_line, *body;
	const char *sent; /* a header line, or NULL */
} requests[] = {
	{"H01 instant query, GET", "", NULL, false, false,
	 "GET /api/v1/query?query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s HTTP/1.1\r\n", "", NULL},
	{"H03 series, start only", "", NULL, false, true,
	 "GET /api/v1/series?match%5B%5D=http_requests_total%7Bnamespace%21%3D%22%22%7D&start=1565786045.323 "
	 "HTTP/1.1\r\n",
	 "", NULL},
	{"H04 POST", "", NULL, true, false, "POST /api/v1/query HTTP/1.1\r\n",
	 "query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s",
	 "Content-Type: application/x-www-form-urlencoded"},
	{"series by POST", "", NULL, true, true, "POST /api/v1/series HTTP/1.1\r\n",
	 "match%5B%5D=http_requests_total%7Bnamespace%21%3D%22%22%7D&start=1565786045.323", NULL},
	{"H05 base path, slashes cleaned", "/prom//./x/../global/", NULL, true, false,
	 "POST /prom/global/api/v1/query HTTP/1.1\r\n",
	 "query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s", NULL},
	{"path twice /api/v1", "/api/v1/prometheus/aB%2Fc/1", NULL, true, false,
	 "POST /api/v1/prometheus/aB%2Fc/1/api/v1/query HTTP/1.1\r\n",
	 "query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s", NULL},
	{"H06 base parameters are kept with GET", "/x?tenant=1&b=%20", NULL, false, false,
	 "GET /x/api/v1/query?tenant=1&b=%20&query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s "
	 "HTTP/1.1\r\n",
	 "", NULL},
	{"H07 base parameters are kept with POST", "/x?tenant=1", NULL, true, false,
	 "POST /x/api/v1/query?tenant=1 HTTP/1.1\r\n",
	 "query=up%7Ba%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout=20s", NULL},
	{"header split at the first =", "", "X-A=b=c", true, true, "POST /api/v1/series HTTP/1.1\r\n",
	 "match%5B%5D=http_requests_total%7Bnamespace%21%3D%22%22%7D&start=1565786045.323", "X-A: b=c"},
	{"header without =", "", "X-A", true, true, "POST /api/v1/series HTTP/1.1\r\n",
	 "match%5B%5D=http_requests_total%7Bnamespace%21%3D%22%22%7D&start=1565786045.323", "X-A:"},
	{"raw Authorization", "", "Authorization=rawTokenOfArms", true, true, "POST /api/v1/series HTTP/1.1\r\n",
	 "match%5B%5D=http_requests_total%7Bnamespace%21%3D%22%22%7D&start=1565786045.323",
	 "Authorization: rawTokenOfArms"},
};

static void test_request(void **state)
{
	const struct request_case *c = *state;
	void *made = NULL;
	struct world *world;
	struct prom_options options = usual();
	const char *headers[] = {c->header, NULL};
	char line[100];

	set_up(&made);
	world = made;
	options.post = c->post;
	options.headers = headers;
	new_prom(world, "", c->path, options);
	answer_with(world, 200, "application/json", c->series ? ONE_SERIES : EMPTY_VECTOR);
	if (c->series)
		series(world);
	else
		query(world);
	assert_string_equal(world->problem.text, "");
	if (!str_starts(str_of(asked(world)), str_of(c->first_line)))
		fail_msg("got %s", asked(world));
	assert_string_equal(strstr(asked(world), "\r\n\r\n") + 4, c->body);
	snprintf(line, sizeof(line), "\r\n%s\r\n", c->sent ? c->sent : "Accept-Encoding: identity");
	assert_contains(asked(world), line);
	tear_down(&made);
}

static void test_time_without_trailing_zeros(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	(void)start_query(world, "up", 1597255421510, 1500);
	loop_run(world->loop);
	assert_contains(asked(world), "/query?query=up&time=1597255421.51&timeout=1500ms ");
}

static void test_long_query_goes_by_post(void **state)
{
	struct world *world = *state;
	char promql[5001];

	memset(promql, 'x', 5000);
	promql[5000] = '\0';
	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	(void)start_query(world, promql, 1000, 1000);
	loop_run(world->loop);
	assert_true(str_starts(str_of(asked(world)), STR("POST /api/v1/query HTTP/1.1\r\n")));
	assert_contains(asked(world), promql);
}

static void test_host_header_has_no_effect(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	char host[60];

	options.headers = (const char *const[]){"host=other", "Content-Length=5", NULL};
	new_prom(world, "", "", options);
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	query(world);
	snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", world->server.port);
	assert_contains(asked(world), host);
	assert_null(strstr(asked(world), "other"));
	assert_null(strstr(asked(world), "Content-Length"));
}

static void test_user_of_the_url(void **state)
{
	struct world *world = *state;
	char authority[40];

	new_prom(world, "Aladdin:open%20sesame@", "", usual());
	answer_with(world, 401, "text/plain", "who is Aladdin, QWxhZGRpbjpvcGVuIHNlc2FtZQ==, open sesame?");
	query(world);
	assert_contains(asked(world), "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
	assert_true(str_starts(str_of(asked(world)), STR("GET /api/v1/query?")));
	snprintf(authority, sizeof(authority), "127.0.0.1:%u", world->server.port);
	assert_true(str_eq(prom_authority(world->prom), str_of(authority)));
	assert_null(strstr(world->problem.text, "Aladdin"));
	assert_null(strstr(world->problem.text, "QWxh"));
	assert_null(strstr(world->problem.text, "sesame"));
	assert_contains(world->problem.text, "401: who is <hidden");
}

static void write_token(struct world *world, const char *text)
{
	FILE *file;

	if (world->file[0] == '\0') {
		int fd;

		snprintf(world->file, sizeof(world->file), "/tmp/gaugelet-token-XXXXXX");
		fd = mkstemp(world->file);
		assert_true(fd >= 0);
		close(fd);
	}
	file = fopen(world->file, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_token_file(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	write_token(world, "first-token\n");
	options.token_file = world->file;
	options.headers = (const char *const[]){"Authorization=other-credential", NULL};
	new_prom(world, "", "", options);
	answer_with(world, 403, "text/plain", "first-token is not welcome");
	query(world);
	assert_contains(asked(world), "\r\nAuthorization: Bearer first-token\r\n");
	assert_null(strstr(asked(world), "other-credential"));
	assert_null(strstr(world->problem.text, "first-token"));
	write_token(world, " second-and-longer \n");
	query(world);
	assert_contains(asked(world), "\r\nAuthorization: Bearer second-and-longer\r\n");
	write_token(world, "");
	query(world);
	assert_contains(asked(world), "\r\nAuthorization: Bearer second-and-longer\r\n");
	unlink(world->file);
	query(world);
	assert_contains(asked(world), "\r\nAuthorization: Bearer second-and-longer\r\n");
}

static void test_secret_of_a_header_does_not_come_back(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.headers = (const char *const[]){"Authorization=Bearer kit-raw-4f1c9a77", NULL};
	new_prom(world, "", "", options);
	answer_with(world, 401, "application/json",
		    "{\"status\":\"error\",\"errorType\":\"unauthorized\",\"error\":\"token kit-raw-4f1c9a77 has "
		    "expired for "
		    "tenant llm-prod\"}");
	query(world);
	assert_null(strstr(world->problem.text, "kit-raw"));
	assert_contains(world->problem.text, "answered 401: token <hidden> has expired for tenant llm-prod");
}

/* The cut must not leave half of it. */
static void test_secret_at_the_cut(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	char body[400];

	options.headers = (const char *const[]){"X-Key=secret-0123456789-0123456789-0123456789", NULL};
	new_prom(world, "", "", options);
	for (int before = 140; before < 240; before++) {
		memset(body, 'x', sizeof(body));
		snprintf(body + before, sizeof(body) - (size_t)before, "secret-0123456789-0123456789-0123456789");
		answer_with(world, 500, "text/plain", body);
		query(world);
		assert_null(strstr(world->problem.text, "secret"));
	}
}

/* ---- what is answered */

static struct answer_case {
	const char *name;
	int status;
	const char *type, *body;
	enum prom_fault fault;
	const char *says[3];
} answers[] = {
	{"H14 400",
	 400,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}",
	 PROM_STATUS,
	 {"answered 400: parse error"}},
	{"H15 422",
	 422,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"too long query; got 25852 bytes\"}",
	 PROM_STATUS,
	 {"answered 422: too long query; got 25852 bytes"}},
	{"H16 503 without JSON",
	 503,
	 "text/plain",
	 "upstream connect error",
	 PROM_STATUS,
	 {"answered 503: upstream connect error"}},
	{"H11 404 with HTML",
	 404,
	 "text/html",
	 "<html>",
	 PROM_STATUS,
	 {"answered 404 to GET /base/api/v1/query: <html>"}},
	{"405", 405, "", "", PROM_STATUS, {"answered 405 to GET /base/api/v1/query"}},
	{"H18 401", 401, "text/plain", "Unauthorized", PROM_STATUS, {"answered 401: Unauthorized"}},
	{"429 without a word", 429, "", "", PROM_STATUS, {"answered 429"}},
	{"message of a Status",
	 403,
	 "application/json",
	 "{\"kind\":\"Status\",\"message\":\"services is forbidden\",\"code\":403}",
	 PROM_STATUS,
	 {"answered 403: services is forbidden"}},
	{"message of Google",
	 403,
	 "application/json",
	 "{\"error\":{\"code\":403,\"message\":\"Permission denied\"}}",
	 PROM_STATUS,
	 {"answered 403: Permission denied"}},
	{"an error further in is not the error",
	 500,
	 "application/json",
	 "{\"data\":{\"error\":\"inner\"},\"error\":\"outer\"}",
	 PROM_STATUS,
	 {"answered 500: outer"}},
	{"the first message",
	 500,
	 "application/json",
	 "{\"message\":\"first\",\"details\":[{\"message\":\"second\"}]}",
	 PROM_STATUS,
	 {"answered 500: first"}},
	{"503 with a success body",
	 503,
	 "application/json",
	 ONE_SAMPLE,
	 PROM_STATUS,
	 {"answered 503: {\"status\":\"success\""}},
	{"401 with a success body", 401, "application/json", ONE_SAMPLE, PROM_STATUS, {"answered 401"}},
	{"304", 304, "", "", PROM_STATUS, {"answered 304"}},
	{"302 to nowhere", 302, "", "", PROM_STATUS, {"answered 302"}},
	{"H17 login page",
	 200,
	 "text/html",
	 "<html>login</html>",
	 PROM_NOT_JSON,
	 {"answered 200 with HTML, not JSON (Content-Type text/html)"}},
	{"login page without a type", 200, "", " \n<html>", PROM_NOT_JSON, {"with HTML, not JSON"}},
	{"plain text",
	 200,
	 "text/plain; charset=utf-8",
	 "hello",
	 PROM_NOT_JSON,
	 {"something, not JSON (Content-Type text/plain; charset=utf-8)"}},
	{"nothing", 200, "", "", PROM_NOT_JSON, {"answered 200 with an empty body, not JSON"}},
	{"JSON broken in the middle", 200, "application/json", "{\"status\":;}", PROM_NOT_JSON, {"not JSON", "byte "}},
	{"JSON that ends early",
	 200,
	 "application/json",
	 "{\"status\":\"success\",\"data\":{\"resultType\":\"vec",
	 PROM_CUT,
	 {"ended early", "bytes"}},
	{"200 with an error",
	 200,
	 "application/json",
	 "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}",
	 PROM_MALFORMED,
	 {"query timed out"}},
	{"no data", 200, "application/json", "{\"status\":\"success\"}", PROM_MALFORMED, {"data"}},
	{"control characters and other bytes",
	 500,
	 "text/plain",
	 "a\r\n\tb\x01 c\xff\xe2\x82\xac d",
	 PROM_STATUS,
	 {"answered 500: a b c?\xe2\x82\xac d"}},
	{"a NUL in the error",
	 422,
	 "application/json",
	 "{\"error\":\"a\\u0000b\"}",
	 PROM_STATUS,
	 {"answered 422: a b"}},
};

static void assert_problem(struct world *world, enum prom_fault fault, int status)
{
	char authority[40];

	assert_int_equal(world->problem.fault, fault);
	assert_int_equal(world->problem.status, status);
	snprintf(authority, sizeof(authority), "Prometheus 127.0.0.1:%u ", world->server.port);
	assert_contains(world->problem.text, authority);
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
		assert_contains(world->problem.text, c->says[i]);
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
	assert_problem(world, PROM_MALFORMED, 200);
	answer_with(world, 404, "text/plain", "page not found");
	series(world);
	assert_contains(world->problem.text, "answered 404 to GET /api/v1/series: page not found");
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
		assert_problem(world, PROM_STATUS, 500);
		assert_true(str_ends(str_of(world->problem.text), STR("\xe2\x82\xac...")));
		assert_true(strlen(world->problem.text) > 150 && strlen(world->problem.text) < 300);
		buf_puts(&body, "x");
		memmove(body.ptr + 1, body.ptr, body.len - 1);
		body.ptr[0] = 'x';
	}
	buf_clear(&body);
}

/* ---- the way there */

static void test_refused(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	server_stop(&world->server);
	world->server.loop = NULL;
	query(world);
	assert_problem(world, PROM_REFUSED, 0);
	assert_contains(world->problem.text, "refused");
}

static void test_unresolved(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	struct err err = {0};

	options.url = "http://nonexistent.invalid:9090/x";
	world->prom = prom_new(world->loop, &options, &err);
	query(world);
	assert_int_equal(world->problem.fault, PROM_UNRESOLVED);
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
	assert_problem(world, PROM_TIMEOUT, 0);
	assert_contains(world->problem.text, "had not answered after ");
	assert_contains(world->problem.text, " seconds: no complete answer in time");
	seconds = strtod(strstr(world->problem.text, "after ") + 6, NULL);
	assert_true(seconds >= 0.3 && seconds < PATIENCE_MS / 1000.0);
	assert_contains(asked(world), "&timeout=300ms ");
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
	assert_problem(world, PROM_TIMEOUT, 0);
	series(world);
	assert_problem(world, PROM_TIMEOUT, 0);
}

static void test_no_time_left(void **state)
{
	struct world *world = *state;

	world->step = (struct step){"", HANG, 0};
	new_prom(world, "", "", usual());
	(void)start_query(world, "up", 1000, -5);
	loop_run(world->loop);
	assert_problem(world, PROM_TIMEOUT, 0);
}

static void test_cut(void **state)
{
	struct world *world = *state;

	world->step = (struct step){HEAD("200 OK", "Content-Length: 100\r\n" JSON_TYPE) "{\"status\":", RESET, 0};
	new_prom(world, "", "", usual());
	query(world);
	assert_problem(world, PROM_CUT, 200);
	assert_contains(world->problem.text, "ended early");
	assert_contains(world->problem.text, "reset");
}

static void test_cut_after_an_error_status(void **state)
{
	struct world *world = *state;

	world->step = (struct step){HEAD("502 Bad", "Content-Length: 100\r\n") "no backend", CLOSE, 0};
	new_prom(world, "", "", usual());
	query(world);
	assert_problem(world, PROM_STATUS, 502);
	assert_contains(world->problem.text, "answered 502: no backend");
	world->step = (struct step){HEAD("502 Bad", "Content-Length: 100\r\n") "no backend", HANG, 0};
	(void)start_query(world, "up", 1000, 300);
	loop_run(world->loop);
	assert_problem(world, PROM_STATUS, 502);
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
	assert_problem(world, PROM_TIMEOUT, 302);
}

static void test_too_big(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.query_bytes_max = options.series_bytes_max = 20;
	answer_with(world, 200, "application/json", ONE_SAMPLE);
	new_prom(world, "", "", options);
	query(world);
	assert_problem(world, PROM_TOO_BIG, 200);
	assert_contains(world->problem.text, "20 bytes");
	series(world);
	assert_problem(world, PROM_TOO_BIG, 200);
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
	assert_problem(world, PROM_OTHER, 302);
	assert_contains(world->problem.text, "answered 302, a redirect, and following it failed: ");
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
	assert_contains(asked(world), "query=second");
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

/* ---- options that cannot be */

static struct option_case {
	const char *name, *url, *header, *ca_file, *cert_file, *token_file, *says;
} options[] = {
	{"URL", "prom:9090", NULL, NULL, NULL, NULL, "--prometheus-url: "},
	{"password in a wrong URL", "http://me:open-sesame@:x/", NULL, NULL, NULL, NULL, "--prometheus-url: "},
	{"name of a header", "http://p", "a b=open-sesame", NULL, NULL, NULL, "--prometheus-header: "},
	{"no name of a header", "http://p", "=open-sesame", NULL, NULL, NULL, "--prometheus-header: "},
	{"value of a header", "http://p", "A=open-sesame\r\nB: c", NULL, NULL, NULL,
	 "--prometheus-header: the value of A"},
	{"CA file", "http://p", NULL, "/nonexistent/ca", NULL, NULL,
	 "--prometheus-ca-file: /nonexistent/ca: No such file"},
	{"certificate alone", "http://p", NULL, NULL, "/nonexistent/c", NULL, "--prometheus-client-tls-key-file"},
	{"token file", "http://p", NULL, NULL, NULL, "/nonexistent/t",
	 "--prometheus-token-file: /nonexistent/t: No such file"},
	{"empty token file", "http://p", NULL, NULL, NULL, "/dev/null", "--prometheus-token-file: /dev/null: empty"},
};

static void test_option(void **state)
{
	const struct option_case *c = *state;
	struct prom_options wrong = usual();
	struct err err = {0};

	wrong.url = c->url;
	wrong.headers = (const char *const[]){c->header, NULL};
	wrong.ca_file = c->ca_file;
	wrong.cert_file = c->cert_file;
	wrong.token_file = c->token_file;
	assert_null(prom_new(NULL, &wrong, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(err.msg, c->says);
	assert_null(strstr(err.msg, "sesame"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ROWS(table, test)                                                                                              \
	for (size_t i = 0; i < COUNT_OF(table); i++)                                                                   \
		tests[count++] = (struct CMUnitTest)                                                                   \
		{                                                                                                      \
			.name = (table)[i].name, .test_func = (test), .initial_state = &(table)[i]                     \
		}

static int run_rows(void)
{
	struct CMUnitTest tests[COUNT_OF(requests) + COUNT_OF(answers) + COUNT_OF(options)];
	size_t count = 0;

	ROWS(requests, test_request);
	ROWS(answers, test_answer);
	ROWS(options, test_option);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_time_without_trailing_zeros),
		IN_WORLD(test_long_query_goes_by_post),
		IN_WORLD(test_host_header_has_no_effect),
		IN_WORLD(test_user_of_the_url),
		IN_WORLD(test_token_file),
		IN_WORLD(test_secret_of_a_header_does_not_come_back),
		IN_WORLD(test_series),
		IN_WORLD(test_series_without_data),
		IN_WORLD(test_long_words_are_cut_at_a_character),
		IN_WORLD(test_refused),
		IN_WORLD(test_unresolved),
		IN_WORLD(test_timeout),
		IN_WORLD(test_timeout_is_cut_to_the_most_allowed),
		IN_WORLD(test_no_time_left),
		IN_WORLD(test_cut),
		IN_WORLD(test_cut_after_an_error_status),
		IN_WORLD(test_redirect_to_one_that_hangs),
		IN_WORLD(test_too_big),
		IN_WORLD(test_redirect),
		IN_WORLD(test_redirect_for_ever),
		IN_WORLD(test_cancel),
		IN_WORLD(test_free_from_a_handler),
		IN_WORLD(test_secret_at_the_cut),
	};
	int failed = run_rows();

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
