/* SPDX-License-Identifier: Apache-2.0 */
#include "server/traffic.h"

#include "rows.h"

static struct count_case {
	const char *name;
	enum traffic_route route;
	const char *method;
	unsigned status;
	const char *want_route, *want_verb, *want_code;
} cases[] = {
	{"a metric", TRAFFIC_CUSTOM, "GET", 200, "custom", "GET", "200"},
	{"head", TRAFFIC_HEALTH, "HEAD", 200, "health", "HEAD", "200"},
	{"last known verb", TRAFFIC_RESOURCE, "OPTIONS", 405, "resource", "OPTIONS", "405"},
	{"last known code", TRAFFIC_EXTERNAL, "GET", 504, "external", "GET", "504"},
	{"not changed", TRAFFIC_OPENAPI, "GET", 304, "openapi", "GET", "304"},
	{"a verb of their own", TRAFFIC_METRICS, "BREW", 404, "metrics", "other", "404"},
	{"verbs are capitals", TRAFFIC_DISCOVERY, "get", 404, "discovery", "other", "404"},
	{"no verb", TRAFFIC_OTHER, "", 400, "other", "other", "400"},
	{"a code that we do not give", TRAFFIC_OTHER, "GET", 418, "other", "GET", "other"},
	{"no code", TRAFFIC_OTHER, "GET", 0, "other", "GET", "other"},
};

static void test_count(void **state)
{
	const struct count_case *c = *state;
	struct traffic traffic = {0};
	unsigned found = 0;

	traffic_count(&traffic, c->route, str_of(c->method), c->status, .3);
	for (size_t route = 0; route < TRAFFIC_ROUTES; route++) {
		bool same = strcmp(traffic_route_name((enum traffic_route)route), c->want_route) == 0;

		assert_int_equal(traffic.seconds[route].buckets[6], same);
		for (size_t verb = 0; verb < TRAFFIC_VERBS; verb++)
			for (size_t code = 0; code < TRAFFIC_CODES; code++) {
				if (traffic.answered[route][verb][code] == 0)
					continue;
				found++;
				assert_true(same);
				assert_string_equal(traffic_verb_name(verb), c->want_verb);
				assert_string_equal(traffic_code_name(code), c->want_code);
			}
	}
	assert_int_equal(found, 1);
}

int main(void)
{
	return RUN_ROWS(cases, test_count);
}
