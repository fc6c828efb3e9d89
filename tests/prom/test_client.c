/* SPDX-License-Identifier: Apache-2.0 */
#include "client_world.h"

#include "prom/stats.h"

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
	assert_contains(str_of(asked(world)), line);
	tear_down(&made);
}

static void test_time_without_trailing_zeros(void **state)
{
	struct world *world = *state;

	new_prom(world, "", "", usual());
	answer_with(world, 200, "application/json", EMPTY_VECTOR);
	(void)start_query(world, "up", 1597255421510, 1500);
	loop_run(world->loop);
	assert_contains(str_of(asked(world)), "/query?query=up&time=1597255421.51&timeout=1500ms ");
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
	assert_contains(str_of(asked(world)), promql);
}

/* The base URL counts, too. */
static void test_length_is_that_of_the_url(void **state)
{
	struct world *world = *state;
	char path[151], promql[3901];

	memset(path, 'p', 150);
	path[0] = '/';
	path[150] = '\0';
	memset(promql, 'x', 3900);
	promql[3900] = '\0';
	new_prom(world, "", path, usual());
	answer_with(world, 200, "", ONE_SAMPLE);
	(void)start_query(world, promql, 1000, 1000);
	loop_run(world->loop);
	assert_true(str_starts(str_of(asked(world)), STR("POST ")));
	promql[3000] = '\0';
	(void)start_query(world, promql, 1000, 1000);
	loop_run(world->loop);
	assert_true(str_starts(str_of(asked(world)), STR("GET ")));
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
	assert_contains(str_of(asked(world)), host);
	assert_null(strstr(asked(world), "other"));
	assert_null(strstr(asked(world), "Content-Length"));
}

static void test_user_of_the_url(void **state)
{
	struct world *world = *state;
	char authority[40], url[60];

	new_prom(world, "Aladdin:open%20sesame@", "", usual());
	answer_with(world, 401, "text/plain", "who is Aladdin, QWxhZGRpbjpvcGVuIHNlc2FtZQ==, open sesame?");
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
	assert_true(str_starts(str_of(asked(world)), STR("GET /api/v1/query?")));
	snprintf(authority, sizeof(authority), "127.0.0.1:%u", world->server.port);
	assert_true(str_eq(prom_authority(world->prom), str_of(authority)));
	snprintf(url, sizeof(url), "http://%s", authority);
	assert_str(prom_stats(world->prom)->upstreams[0].url, url);
	assert_null(strstr(world->problem.text, "Aladdin"));
	assert_null(strstr(world->problem.text, "QWxh"));
	assert_null(strstr(world->problem.text, "sesame"));
	assert_contains(str_of(world->problem.text), "401: who is <hidden");
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
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer first-token\r\n");
	assert_null(strstr(asked(world), "other-credential"));
	assert_null(strstr(world->problem.text, "first-token"));
	write_token(world, " second-and-longer \n");
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer second-and-longer\r\n");
	write_token(world, "");
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer second-and-longer\r\n");
	unlink(world->file);
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer second-and-longer\r\n");
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
	assert_contains(str_of(world->problem.text), "answered 401: token <hidden> has expired for tenant llm-prod");
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
	assert_contains(str_of(err.msg), c->says);
	assert_null(strstr(err.msg, "sesame"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_time_without_trailing_zeros),
		IN_WORLD(test_long_query_goes_by_post),
		IN_WORLD(test_length_is_that_of_the_url),
		IN_WORLD(test_host_header_has_no_effect),
		IN_WORLD(test_user_of_the_url),
		IN_WORLD(test_token_file),
		IN_WORLD(test_secret_of_a_header_does_not_come_back),
		IN_WORLD(test_secret_at_the_cut),
	};
	int failed = RUN_ROWS(requests, test_request) + RUN_ROWS(options, test_option);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
