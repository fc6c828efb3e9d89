/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials for Prometheus: what is sent, what is sent after a 401, and what is said when it does not suffice. */
#include "client_world.h"

#include "model/upstream_error.h"
#include "prom/google.h"

#define FLAVOR	"Metadata-Flavor: Google\r\nConnection: close\r\n"
#define GOOGLES "/v1/projects/auto/location/global/prometheus"
#define DENIED                                                                                                         \
	"{\"error\":{\"code\":403,\"message\":\"Permission monitoring.timeSeries.list denied for ya29.token1\","       \
	"\"status\":\"PERMISSION_DENIED\",\"details\":[{\"reason\":\"IAM\"}]}}"

/* One server for both: Google's metadata and Prometheus. */
struct cloud {
	struct world *world;
	struct google *google;
	const struct prom_options *options;
	int tokens, queries;
	int good_token; /* the number that Prometheus takes; 0: any */
	bool out;	/* no metadata */
	bool denied;
	struct step step;
	char answer[1000];
};

static void say(struct cloud *cloud, const char *head, const char *body)
{
	snprintf(cloud->answer, sizeof(cloud->answer), "HTTP/1.1 %sContent-Length: %zu\r\n\r\n%s", head, strlen(body),
		 body);
	cloud->step = (struct step){cloud->answer, CLOSE, 0};
}

static void say_metadata(struct cloud *cloud, const char *request)
{
	char body[100];

	if (cloud->out) {
		say(cloud, "503 Not\r\n" FLAVOR, "not yet");
	} else if (strstr(request, "/token ")) {
		snprintf(body, sizeof(body), "{\"access_token\":\"ya29.token%d\",\"expires_in\":3599}",
			 ++cloud->tokens);
		say(cloud, "200 OK\r\n" FLAVOR, body);
	} else {
		say(cloud, "200 OK\r\n" FLAVOR, strstr(request, "project-id") ? "p-1" : "sa@p-1.test");
	}
}

static const struct step *choose(void *context, const char *request)
{
	struct cloud *cloud = context;
	char wanted[60];

	if (strstr(request, "/computeMetadata/")) {
		say_metadata(cloud, request);
		return &cloud->step;
	}
	cloud->queries++;
	snprintf(wanted, sizeof(wanted), "Authorization: Bearer ya29.token%d\r\n", cloud->good_token);
	if (cloud->denied)
		say(cloud, "403 Forbidden\r\n" JSON_TYPE, DENIED);
	else if (cloud->good_token && strstr(request, wanted) == NULL)
		say(cloud, "401 Unauthorized\r\n", "stale");
	else
		say(cloud, "200 OK\r\n" JSON_TYPE, strstr(request, "/series") ? ONE_SERIES : ONE_SAMPLE);
	return &cloud->step;
}

static void cloud_begin(struct cloud *cloud, struct world *world, const char *path, struct prom_options options)
{
	char host[40];
	struct err err = {0};

	cloud->world = world;
	world->server.choose = choose;
	world->server.context = cloud;
	snprintf(host, sizeof(host), "127.0.0.1:%u", world->server.port);
	setenv("GCE_METADATA_HOST", host, 1);
	cloud->google =
		google_new(world->loop,
			   &(struct google_options){
				   .auth = "metadata", .cluster = "c", .project_in_url = strstr(path, "auto") != NULL},
			   &err);
	assert_non_null(cloud->google);
	options.google = cloud->google;
	options.managed = true;
	new_prom(world, "", path, options);
}

static void cloud_end(struct cloud *cloud)
{
	prom_free(cloud->world->prom);
	cloud->world->prom = NULL;
	google_free(cloud->google);
}

static const char *last_query(struct world *world)
{
	size_t at = world->server.requests.count;

	while (at-- > 0)
		if (strstr(server_request(&world->server, at), "/computeMetadata/") == NULL)
			return server_request(&world->server, at);
	fail_msg("Prometheus was not asked");
	return NULL;
}

/* ---- Google's */

static void test_waits_for_token(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {0};

	cloud_begin(&cloud, world, GOOGLES, usual());
	query(world); /* before there is a token, and before the project is known */
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_non_null(strstr(last_query(world), "Authorization: Bearer ya29.token1\r\n"));
	assert_non_null(strstr(last_query(world), "GET /v1/projects/p-1/location/global/prometheus/api/v1/query?"));
	query(world);
	assert_int_equal(cloud.tokens, 1);
	assert_int_equal(cloud.queries, 2);
	cloud_end(&cloud);
}

/* Every selector reads one cluster, of a search too. */
static void test_scope(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {0};
	int done;

	cloud_begin(&cloud, world, "/p", usual());
	query(world);
	assert_non_null(
		strstr(last_query(world),
		       "query?query=up%7Bcluster%3D%22c%22%2Ca%3D%22b+c%22%7D+%2B+1&time=1565786045.323&timeout="));
	series(world);
	assert_non_null(strstr(last_query(world), "match%5B%5D=http_requests_total%7Bcluster%3D%22c%22%2Cnamespace"
						  "%21%3D%22%22%7D&start="));
	done = cloud.queries;
	(void)prom_query(world->prom, STR("sum(up"), 0, INT64_MAX, queried, world);
	loop_run(world->loop);
	assert_contains(str_of(world->problem.text), "is not asked, as the query cannot be kept to one cluster: ");
	assert_int_equal(cloud.queries, done);
	cloud_end(&cloud);
}

static void test_refused_token_is_renewed_once(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {.good_token = 2};

	cloud_begin(&cloud, world, "/p", usual());
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_int_equal(cloud.tokens, 2);
	assert_int_equal(cloud.queries, 2);
	cloud.good_token = 9;
	query(world); /* nothing helps, and nobody is pestered */
	assert_int_equal(world->problem.status, 401);
	assert_int_equal(cloud.tokens, 2);
	assert_int_equal(cloud.queries, 3);
	assert_string_equal(world->problem.credential, "--google-auth");
	cloud_end(&cloud);
}

static void test_no_token(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {.out = true};

	cloud_begin(&cloud, world, "/p", usual());
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_IDENTITY);
	assert_contains(str_of(world->problem.text), "the token from Google's metadata server 127.0.0.1:");
	assert_contains(str_of(world->problem.text), ": 503 not yet");
	assert_true(world->problem.not_asked && world->problem.wait_ms > 0);
	assert_int_equal(cloud.queries, 0);
	query(world); /* at once, since it is known by now */
	assert_int_equal(world->problem.fault, UPSTREAM_IDENTITY);
	cloud.out = false;
	while (world->problem.fault == UPSTREAM_IDENTITY)
		query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	cloud_end(&cloud);
}

static void test_denied(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {.denied = true};

	cloud_begin(&cloud, world, "/p", usual());
	query(world);
	query(world); /* by then the account's name is there */
	assert_int_equal(world->problem.status, 403);
	assert_contains(str_of(world->problem.text), "answered 403 to sa@p-1.test (metadata server 127.0.0.1:");
	assert_contains(str_of(world->problem.text),
			"): PERMISSION_DENIED: Permission monitoring.timeSeries.list denied for <hidden>");
	cloud_end(&cloud);
}

static void test_series_by_get(void **state)
{
	struct world *world = *state;
	struct cloud cloud = {0};
	struct prom_options options = usual();

	options.post = true;
	cloud_begin(&cloud, world, "/p", options);
	series(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_int_equal(strncmp(last_query(world), "GET /p/api/v1/series?match%5B%5D=", 33), 0);
	query(world);
	assert_int_equal(strncmp(last_query(world), "POST /p/api/v1/query ", 21), 0);
	cloud_end(&cloud);
}

/* ---- others */

static void write_file(struct world *world, const char *text)
{
	FILE *file;

	if (world->file[0] == '\0') {
		snprintf(world->file, sizeof(world->file), "/tmp/gaugelet-header-XXXXXX");
		close(mkstemp(world->file));
	}
	file = fopen(world->file, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_header_of_file(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();
	char header[100];

	write_file(world, "ack-token-0123\n");
	snprintf(header, sizeof(header), "Authorization=%s", world->file);
	options.header_files = (const char *const[]){header, NULL};
	new_prom(world, "", "/api/v1/prometheus/h/u/c/r", options);
	answer_with(world, 401, "text/plain", "ack-token-0123 is not known");
	query(world);
	assert_contains(str_of(asked(world)), "GET /api/v1/prometheus/h/u/c/r/api/v1/query?");
	assert_contains(str_of(asked(world)), "\r\nAuthorization: ack-token-0123\r\n");
	assert_contains(str_of(world->problem.text), "<hidden> is not known");
	assert_string_equal(world->problem.credential, "--prometheus-header-file");
	assert_int_equal(world->server.requests.count, 1); /* the file is the same */
	write_file(world, "another-token-456 \n");
	answer_with(world, 200, "application/json", ONE_SAMPLE);
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: another-token-456\r\n");
}

static const struct step *exchange(void *context, const char *request)
{
	struct world *world = context;

	if (strstr(request, "Bearer old-token-1")) {
		write_file(world, "new-token-123");
		answer_with(world, 401, "text/plain", "expired");
	} else {
		answer_with(world, 200, "application/json", ONE_SAMPLE);
	}
	return &world->step;
}

static void test_file_exchanged_meanwhile(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	write_file(world, "old-token-1");
	options.token_file = world->file;
	new_prom(world, "", "", options);
	world->server.choose = exchange;
	world->server.context = world;
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_int_equal(world->server.requests.count, 2);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer new-token-123\r\n");
}

static void test_headers_of_environment(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	setenv("GAUGELET_TEST_HEADER", "Basic QUs6c2VjcmV0LWtleQ==", 1); /* AK:secret-key */
	options.header_envs = (const char *const[]){"Authorization=GAUGELET_TEST_HEADER", NULL};
	options.headers = (const char *const[]){"X-Scope-OrgID=tenant-1", "x-goog-user-project=quota-1", NULL};
	new_prom(world, "", "", options);
	answer_with(world, 401, "text/plain", "secret-key of AK is wrong");
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Basic QUs6c2VjcmV0LWtleQ==\r\n");
	assert_contains(str_of(asked(world)), "\r\nX-Scope-OrgID: tenant-1\r\n");
	assert_contains(str_of(asked(world)), "\r\nx-goog-user-project: quota-1\r\n");
	assert_contains(str_of(world->problem.text), "<hidden> of AK is wrong");
	assert_string_equal(world->problem.credential, "--prometheus-header-env");
}

/* A header wins over what Kubernetes gives, as with client-go. */
static void test_kubernetes_token(void **state)
{
	struct world *world = *state;
	struct prom_options options = usual();

	options.bearer = "kube-token-1";
	options.bearer_flag = "--prometheus-auth-config";
	new_prom(world, "", "", options);
	answer_with(world, 403, "text/plain", "no");
	query(world);
	assert_contains(str_of(asked(world)), "\r\nAuthorization: Bearer kube-token-1\r\n");
	assert_string_equal(world->problem.credential, "--prometheus-auth-config");
	prom_free(world->prom);
	options.headers = (const char *const[]){"authorization=of-the-header", NULL};
	new_prom(world, "", "", options);
	query(world);
	assert_contains(str_of(asked(world)), "\r\nauthorization: of-the-header\r\n");
	assert_null(strstr(asked(world), "kube-token-1"));
	assert_string_equal(world->problem.credential, "--prometheus-header");
}

static struct wrong_case {
	const char *name, *file, *env, *says;
} wrong_cases[] = {
	{"no file", "X-A=/nowhere/a", NULL, "--prometheus-header-file: /nowhere/a: No such file"},
	{"empty file", "X-A=/dev/null", NULL, "--prometheus-header-file: /dev/null: empty"},
	{"no name of a header", "a b=/dev/null", NULL, "--prometheus-header-file: the part before '='"},
	{"no variable", NULL, "X-A=GAUGELET_NOT_THERE",
	 "--prometheus-header-env: the environment has no GAUGELET_NOT_THERE"},
};

static void test_wrong(void **state)
{
	const struct wrong_case *c = *state;
	struct err err = {0};
	struct loop *loop = loop_new(&err);
	struct prom_options options = usual();

	options.url = "http://p";
	options.header_files = (const char *const[]){c->file, NULL};
	options.header_envs = (const char *const[]){c->env, NULL};
	assert_null(prom_new(loop, &options, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(str_of(err.msg), c->says);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_waits_for_token),
		IN_WORLD(test_scope),
		IN_WORLD(test_refused_token_is_renewed_once),
		IN_WORLD(test_no_token),
		IN_WORLD(test_denied),
		IN_WORLD(test_series_by_get),
		IN_WORLD(test_header_of_file),
		IN_WORLD(test_file_exchanged_meanwhile),
		IN_WORLD(test_headers_of_environment),
		IN_WORLD(test_kubernetes_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(wrong_cases, test_wrong);
}
