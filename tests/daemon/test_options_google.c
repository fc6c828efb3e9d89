/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../rows.h"
#include "daemon/options.h"

#define GOOGLE(project) "https://monitoring.googleapis.com/v1/projects/" project "/location/global/prometheus"

static struct google_case {
	const char *name;
	const char *arguments[5];
	const char *url; /* NULL: refused */
	bool managed;
	const char *says; /* when it is refused */
} google_cases[] = {
	{"none", {"--gke-names"}, "https://localhost", false, NULL},
	{"token and project",
	 {"--google-auth=auto", "--gmp-project=p-1", "--gmp-cluster=c"},
	 GOOGLE("p-1"),
	 true,
	 NULL},
	{"token alone", {"--google-auth=metadata"}, GOOGLE("auto"), true, NULL},
	{"token for another", {"--google-auth=/key", "--prometheus-url=http://p:9"}, "http://p:9", false, NULL},
	{"through a frontend", {"--gmp-location=l", "--prometheus-url=http://f:9"}, "http://f:9", true, NULL},
	{"by its host", {"--prometheus-url=" GOOGLE("q")}, GOOGLE("q"), true, NULL},
	{"two tokens",
	 {"--google-auth=auto", "--prometheus-token-file=t"},
	 NULL,
	 false,
	 "--google-auth and --prometheus-token-file exclude each other"},
	{"a kubeconfig",
	 {"--google-auth=auto", "--prometheus-auth-config=k"},
	 NULL,
	 false,
	 "--google-auth and --prometheus-auth-config exclude each other"},
	{"the service account",
	 {"--google-auth=auto", "--prometheus-auth-incluster"},
	 NULL,
	 false,
	 "--google-auth and --prometheus-auth-incluster exclude each other"},
};

static void test_google(void **state)
{
	const struct google_case *c = *state;
	char program[] = "gaugelet", config[] = "--config=c", texts[5][160], *arguments[8] = {program, config};
	struct options options = {0};
	struct err err = {0};
	int count = 2;

	for (size_t i = 0; i < COUNT_OF(c->arguments) && c->arguments[i]; i++) {
		memcpy(texts[i], c->arguments[i], strlen(c->arguments[i]) + 1);
		arguments[count++] = texts[i];
	}
	assert_int_equal(options_parse(count, arguments, &options, &err), c->url != NULL);
	if (c->url == NULL) {
		assert_contains(str_of(err.msg), c->says);
		return;
	}
	assert_int_equal(options.prometheus_urls.count, 1);
	assert_string_equal(options.prometheus_urls.items[0], c->url);
	assert_int_equal(options.managed, c->managed);
	options_clear(&options);
}

int main(void)
{
	return RUN_ROWS(google_cases, test_google);
}
