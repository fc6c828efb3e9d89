/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

#include "api/reason.h"
#include "rows.h"

static struct status_case {
	const char *name;
	enum status_kind kind;
	const char *message;
	bool pretty;
	const char *want;
} status_cases[] = {
	{"bad request", STATUS_BAD_REQUEST, "no", false,
	 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"no\","
	 "\"reason\":\"BadRequest\",\"code\":400}\n"},
	{"method", STATUS_METHOD, "the server does not allow this method on the requested resource", false,
	 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"the server "
	 "does "
	 "not allow this method on the requested "
	 "resource\",\"reason\":\"MethodNotAllowed\",\"details\":{},\"code\":405}\n"},
	{"watch", STATUS_NO_WATCH, "w", false,
	 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"w\","
	 "\"reason\":"
	 "\"MethodNotAllowed\",\"details\":{\"group\":\"external.metrics.k8s.io\",\"kind\":\"*\"},\"code\":405}\n"},
	{"internal", STATUS_INTERNAL, "Internal error occurred: c: \"b\"", false,
	 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"Internal "
	 "error "
	 "occurred: c: "
	 "\\\"b\\\"\",\"reason\":\"InternalError\",\"details\":{\"causes\":[{\"message\":\"c\"}]},\"code\":500}\n"},
	{"pretty", STATUS_NOT_FOUND, "no", true,
	 "{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {},\n  \"status\": \"Failure\",\n  "
	 "\"message\": \"no\",\n  \"reason\": \"NotFound\",\n  \"code\": 404\n}"},
};

static void test_status(void **state)
{
	const struct status_case *c = *state;
	const struct reason reason = {.code = REASON_PARAMETER};
	CLEANUP(buf_clear) struct buf message = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	status_write(&out, &message, c->kind, str_of(c->message), &reason, NULL, c->pretty);
	assert_str(buf_str(&out), c->want);
	assert_str(buf_str(&message), c->message);
}

static void test_details(void **state)
{
	CLEANUP(buf_clear) struct buf out = {0};
	const struct status_details details = {.name = STR("n/p"), .group = STR("g"), .kind = STR("k")};

	(void)state;
	status_write(&out, NULL, STATUS_NOT_FOUND, STR("no"), &(struct reason){.code = REASON_STANDALONE}, &details,
		     false);
	assert_contains(buf_str(&out), "\"message\":\"no: labelSelector cannot");
	assert_contains(buf_str(&out), " [standalone]\"");
	assert_contains(buf_str(&out), "\"reason\":\"NotFound\",\"details\":{\"name\":\"n/p\",\"group\":\"g\","
				       "\"kind\":\"k\"},\"code\":404}");
}

static void test_long_message(void **state)
{
	CLEANUP(buf_clear) struct buf message = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	buf_puts(&message, "x");
	for (int i = 0; i < 600; i++)
		buf_puts(&message, "\xc3\xa9"); /* the 1,024th byte is the first of a character */
	status_write(&out, NULL, STATUS_BAD_REQUEST, buf_str(&message), &(struct reason){.code = REASON_PARAMETER},
		     NULL, false);
	assert_contains(buf_str(&out), "\xc3\xa9...\",\"reason\"");
	assert_true(out.len < 1174);
	assert_true(str_is_utf8(buf_str(&out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_message), cmocka_unit_test(test_details)};

	return RUN_ROWS(status_cases, test_status) + cmocka_run_group_tests(tests, NULL, NULL);
}
