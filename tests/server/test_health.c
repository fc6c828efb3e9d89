/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/server/health.h"

#include "rows.h"
#include "api/request.h"

static struct health_case {
	const char *name, *target;
	bool stopping;
	unsigned status;
	const char *want;
} health_cases[] = {
	{"healthz", "/healthz", false, 200, "ok"},
	{"readyz", "/readyz", false, 200, "ok"},
	{"livez verbose", "/livez?verbose", false, 200, "[+]ping ok\n[+]log ok\nlivez check passed\n"},
	{"readyz verbose", "/readyz?verbose=0", false, 200,
	 "[+]ping ok\n[+]log ok\n[+]shutdown ok\nreadyz check passed\n"},
	{"exclude", "/readyz?verbose&exclude=ping&exclude=log", false, 200,
	 "[+]ping excluded: ok\n[+]log excluded: ok\n[+]shutdown ok\nreadyz check passed\n"},
	{"exclude of something unknown", "/livez?verbose&exclude=zzz", false, 200,
	 "[+]ping ok\n[+]log ok\nwarn: some health checks cannot be excluded: no matches for \"zzz\"\nlivez check "
	 "passed\n"},
	{"exclude of something unknown, not verbose", "/livez?exclude=zzz", false, 200, "ok"},
	{"single check", "/livez/ping", false, 200, "ok"},
	{"single check of another endpoint", "/livez/shutdown", false, 404, "404 page not found\n"},
	{"unknown check", "/readyz/nosuch", false, 404, "404 page not found\n"},
	{"readyz while stopping", "/readyz", true, 500,
	 "[+]ping ok\n[+]log ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n"},
	{"livez while stopping", "/livez", true, 200, "ok"},
	{"readyz while stopping, excluded", "/readyz?exclude=shutdown", true, 200, "ok"},
	{"single check while stopping", "/readyz/shutdown", true, 500,
	 "internal server error: the server is stopping\n"},
};

static void test_health(void **state)
{
	const struct health_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 16);
	CLEANUP(buf_clear) struct buf out = {0};
	const struct api_headers headers = {0};
	struct api_request request;
	struct err err;

	assert_true(api_request_parse(STR("GET"), str_of(c->target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_int_equal(request.route, ROUTE_HEALTH);
	assert_int_equal(health_write(&request, c->stopping, &out), c->status);
	assert_str(buf_str(&out), c->want);
}

int main(void)
{
	return RUN_ROWS(health_cases, test_health);
}
