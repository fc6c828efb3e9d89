/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/review.h"

#include "kube_world.h"
#include "model/access.h"

#define SAR	    "\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\""
#define HEAD_OF_SAR "{" SAR ",\"metadata\":{},\"spec\":{"
#define END_OF_SAR  "},\"status\":{\"allowed\":false}}"

/* ---- the document of an access review */

static void assert_document(const struct identity *identity, const struct access_attributes *attributes,
			    const char *want)
{
	CLEANUP(buf_clear) struct buf out = {0};

	review_access_write(&out, identity, attributes);
	assert_string_equal(buf_cstr(&out), want);
}

static const struct str TWO[] = {STR_INIT("g1"), STR_INIT("system:authenticated")};
static const struct str ONE[] = {STR_INIT("v")};

static void test_document(void **state)
{
	const struct identity_extra extra[] = {{STR("z"), TWO, 2}, {STR("k"), ONE, 1}};

	(void)state;
	assert_document(
		&(struct identity){STR("u"), STR("42"), TWO, 2, &extra[1], 1},
		&(struct access_attributes){.namespace = STR("default"),
					    .verb = STR("get"),
					    .group = STR("custom.metrics.k8s.io"),
					    .version = STR("v1beta1"),
					    .resource = STR("pods"),
					    .subresource = STR("vllm:num_requests_waiting"),
					    .name = STR("pod-a")},
		"{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"metadata\":{},"
		"\"spec\":{\"resourceAttributes\":{\"namespace\":\"default\",\"verb\":\"get\",\"group\":"
		"\"custom.metrics.k8s.io\",\"version\":\"v1beta1\",\"resource\":\"pods\",\"subresource\":"
		"\"vllm:num_requests_waiting\",\"name\":\"pod-a\"},\"user\":\"u\",\"groups\":[\"g1\","
		"\"system:authenticated\"],\"extra\":{\"k\":[\"v\"]},\"uid\":\"42\"},\"status\":{\"allowed\":false}}");
	assert_document(&(struct identity){STR("u"), STR(""), NULL, 0, extra, 2}, &(struct access_attributes){0},
			HEAD_OF_SAR "\"resourceAttributes\":{},\"user\":\"u\",\"extra\":{\"k\":[\"v\"],\"z\":[\"g1\","
				    "\"system:authenticated\"]}" END_OF_SAR);
}

static void test_document_of_a_path(void **state)
{
	(void)state;
	assert_document(&(struct identity){STR("a\"<b>"), STR(""), NULL, 0, NULL, 0},
			&(struct access_attributes){.verb = STR("get"), .path = STR("/apis")},
			HEAD_OF_SAR "\"nonResourceAttributes\":{\"path\":\"/apis\",\"verb\":\"get\"},"
				    "\"user\":\"a\\\"\\u003cb\\u003e\"" END_OF_SAR);
}

/* ---- answers to a token review: what comes out as USER UID [GROUPS] {EXTRA}, "not good", or "problem: ..." */

struct heard {
	struct kube_world *world;
	struct buf text;
};

static void hear_token(void *context, const struct identity *identity, const char *problem)
{
	struct heard *heard = context;

	if (problem) {
		assert_null(identity);
		buf_printf(&heard->text, "problem: %s", problem);
	} else if (identity == NULL) {
		buf_puts(&heard->text, "not good");
	} else {
		buf_printf(&heard->text, "%.*s %.*s", STR_ARG(identity->user), STR_ARG(identity->uid));
		for (size_t i = 0; i < identity->group_count; i++)
			buf_printf(&heard->text, " %.*s", STR_ARG(identity->groups[i]));
		for (size_t i = 0; i < identity->extra_count; i++) {
			buf_printf(&heard->text, " %.*s:", STR_ARG(identity->extra[i].key));
			for (size_t j = 0; j < identity->extra[i].value_count; j++)
				buf_printf(&heard->text, "%.*s,", STR_ARG(identity->extra[i].values[j]));
		}
	}
	heard->world->done++;
	loop_stop(heard->world->loop);
}

static void hear_access(void *context, bool allowed, struct str reason, const char *problem)
{
	struct heard *heard = context;

	if (problem) {
		assert_false(allowed);
		buf_printf(&heard->text, "problem: %s", problem);
	} else {
		buf_printf(&heard->text, "%s: %.*s", allowed ? "yes" : "no", STR_ARG(reason));
	}
	heard->world->done++;
	loop_stop(heard->world->loop);
}

#define TR(status)     "{\"kind\":\"TokenReview\",\"spec\":{\"token\":\"t\"},\"status\":" status "}"
#define USER(user)     TR("{\"authenticated\":true,\"user\":" user "}")
#define ACCESS(status) "{" SAR ",\"spec\":{},\"status\":" status "}"

static struct answer_case {
	const char *name;
	bool token;
	int status;
	const char *body;
	const char *want; /* the begin */
} answers[] = {
	{"good token", true, 201,
	 USER("{\"username\":\"jo\",\"uid\":\"7\",\"groups\":[\"a\",\"b\"],\"extra\":{\"k\":[\"x\",\"y\"],\"n\":null}"
	      "}"),
	 "jo 7 a b k:x,y, n:"},
	{"a name alone", true, 201, USER("{\"username\":\"jo\"}"), "jo "},
	{"status 200", true, 200, USER("{\"username\":\"jo\",\"groups\":null}"), "jo "},
	{"bad token", true, 201, TR("{\"authenticated\":false,\"error\":\"invalid bearer token\"}"), "not good"},
	{"bad token, nothing said", true, 201, TR("{\"user\":{}}"), "not good"},
	{"bad token with a user", true, 201, TR("{\"authenticated\":false,\"user\":{\"username\":\"jo\"}}"),
	 "not good"},
	{"good and not to be checked", true, 201,
	 TR("{\"authenticated\":true,\"user\":{\"username\":\"jo\"},\"error\":\"no answer\"}"),
	 "problem: TokenReview: answered that the token is good, and that it could not be checked"},
	{"good, with an error that is no text", true, 201,
	 TR("{\"authenticated\":true,\"user\":{\"username\":\"jo\"},\"error\":{}}"),
	 "problem: TokenReview: answered with a error that is no text"},
	{"good, with an empty error", true, 201,
	 TR("{\"authenticated\":true,\"user\":{\"username\":\"jo\"},\"error\":\"\"}"), "jo "},
	{"authenticated twice", true, 201,
	 TR("{\"authenticated\":false,\"authenticated\":true,\"user\":{\"username\":\"jo\"}}"), "problem: "},
	{"name twice", true, 201, USER("{\"username\":\"jo\",\"username\":\"admin\"}"), "problem: "},
	{"no user", true, 201, TR("{\"authenticated\":true}"),
	 "problem: TokenReview: answered that the token is good, but not whose"},
	{"empty user", true, 201, USER("{\"username\":\"\"}"),
	 "problem: TokenReview: answered that the token is good, but not whose"},
	{"authenticated as a text", true, 201, TR("{\"authenticated\":\"true\"}"),
	 "problem: TokenReview: answered with a status whose authenticated"},
	{"name that is no text", true, 201, USER("{\"username\":7}"),
	 "problem: TokenReview: answered with a username that is no text"},
	{"groups that are no list", true, 201, USER("{\"username\":\"jo\",\"groups\":\"a\"}"), "problem: "},
	{"group that is no text", true, 201, USER("{\"username\":\"jo\",\"groups\":[7]}"), "problem: "},
	{"extra that is no object", true, 201, USER("{\"username\":\"jo\",\"extra\":[]}"), "problem: "},
	{"extra value that is no list", true, 201, USER("{\"username\":\"jo\",\"extra\":{\"a\":\"b\"}}"), "problem: "},
	{"no status", true, 201, "{\"kind\":\"TokenReview\"}",
	 "problem: TokenReview: answered with a TokenReview without a status"},
	{"another kind", true, 200, ACCESS("{\"authenticated\":true,\"user\":{\"username\":\"jo\"}}"),
	 "problem: TokenReview: answered 200 with another document"},
	{"HTML", true, 200, "<html>", "problem: TokenReview: answered 200 with something else than a TokenReview: "},
	{"forbidden", true, 403, "{\"kind\":\"Status\",\"message\":\"no create\"}",
	 "problem: TokenReview: answered 403: no create. fix: bind ClusterRole system:auth-delegator to the adapter, "
	 "so that "
	 "it may create tokenreviews"},
	{"allowed", false, 201, ACCESS("{\"allowed\":true,\"reason\":\"RBAC\"}"), "yes: RBAC"},
	{"allowed, with the question", false, 201,
	 "{" SAR ",\"spec\":{\"user\":\"jo\",\"resourceAttributes\":{\"verb\":\"get\",\"resource\":\"pods\"}},"
	 "\"status\":{\"allowed\":true}}",
	 "yes: "},
	{"allowed, but somebody else", false, 201,
	 "{" SAR ",\"spec\":{\"user\":\"admin\",\"resourceAttributes\":{\"verb\":\"get\",\"resource\":\"pods\"}},"
	 "\"status\":{\"allowed\":true}}",
	 "problem: SubjectAccessReview: answered another question than was asked"},
	{"allowed, but something else", false, 201,
	 "{" SAR ",\"spec\":{\"user\":\"jo\",\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\"}},"
	 "\"status\":{\"allowed\":true}}",
	 "problem: SubjectAccessReview: answered another question than was asked"},
	{"allowed, but a path", false, 201,
	 "{" SAR ",\"spec\":{\"user\":\"jo\",\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/apis\"}},"
	 "\"status\":{\"allowed\":true}}",
	 "problem: SubjectAccessReview: answered another question than was asked"},
	{"allowed without a reason", false, 201, ACCESS("{\"allowed\":true,\"denied\":false}"), "yes: "},
	{"not allowed", false, 201, ACCESS("{\"allowed\":false,\"reason\":\"no binding\"}"), "no: no binding"},
	{"nothing said", false, 201, ACCESS("{}"), "no: "},
	{"null", false, 201, ACCESS("{\"allowed\":null}"), "no: "},
	{"denied outweighs", false, 201, ACCESS("{\"allowed\":true,\"denied\":true,\"reason\":\"webhook\"}"),
	 "no: webhook"},
	{"allowed as a text", false, 201, ACCESS("{\"allowed\":\"true\"}"),
	 "problem: SubjectAccessReview: answered with a status whose allowed"},
	{"denied as a number", false, 201, ACCESS("{\"allowed\":true,\"denied\":1}"), "problem: "},
	{"allowed twice", false, 201, ACCESS("{\"allowed\":false,\"allowed\":true}"), "problem: "},
	{"allowed, further out", false, 201, "{" SAR ",\"allowed\":true}", "problem: "},
	{"other kind", false, 201, TR("{\"allowed\":true}"), "problem: "},
	{"login page", false, 200, "<html>allowed</html>",
	 "problem: SubjectAccessReview: answered 200 with something else"},
	{"cut JSON", false, 201, "{" SAR ",\"status\":{\"allowed\":true}", "problem: "},
	{"nothing at all", false, 200, "", "problem: "},
	{"allowed with a status of an error", false, 403, ACCESS("{\"allowed\":true}"),
	 "problem: SubjectAccessReview: answered 403"},
};

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	void *made = NULL;
	struct heard heard = {0};

	set_up(&made);
	heard.world = made;
	new_client(heard.world, 0, 0);
	answer_with(heard.world, c->status, "application/json", c->body);
	if (c->token)
		(void)review_token(heard.world->client, STR("t"), 10000, hear_token, &heard);
	else
		(void)review_access(heard.world->client,
				    STR("{\"spec\":{\"user\":\"jo\",\"resourceAttributes\":{\"verb\":\"get\","
					"\"resource\":\"pods\"}}}"),
				    10000, hear_access, &heard);
	assert_int_equal(heard.world->done, 0);
	loop_run(heard.world->loop);
	assert_int_equal(heard.world->done, 1);
	if (str_starts(str_of(c->want), STR("problem: ")))
		assert_true(str_starts(buf_str(&heard.text), str_of(c->want)));
	else
		assert_string_equal(buf_cstr(&heard.text), c->want);
	buf_clear(&heard.text);
	tear_down(&made);
}

static void test_what_is_asked(void **state)
{
	struct heard heard = {.world = *state};
	struct kube_world *world = *state;

	new_client(world, 0, 0);
	answer_with(world, 201, "application/json", "{}");
	(void)review_token(world->client, STR("a\"b"), 10000, hear_token, &heard);
	loop_run(world->loop);
	(void)review_access(world->client, STR("{\"x\":1}"), 10000, hear_access, &heard);
	loop_run(world->loop);
	(void)review_access(world->client, STR("{\"x\":1}"), 1500, hear_access, &heard);
	loop_run(world->loop);
	assert_true(str_starts(str_of(server_request(&world->server, 0)),
			       STR("POST /apis/authentication.k8s.io/v1/tokenreviews HTTP/1.1\r\n")));
	assert_true(str_ends(
		str_of(server_request(&world->server, 0)),
		STR("\r\n\r\n{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":{},"
		    "\"spec\":{\"token\":\"a\\\"b\"},\"status\":{\"user\":{}}}")));
	assert_true(
		str_starts(str_of(server_request(&world->server, 1)),
			   STR("POST /apis/authorization.k8s.io/v1/subjectaccessreviews?timeout=10s HTTP/1.1\r\n")));
	assert_true(str_ends(str_of(server_request(&world->server, 1)), STR("\r\n\r\n{\"x\":1}")));
	assert_contains(server_request(&world->server, 2), "?timeout=1500ms ");
	buf_clear(&heard.text);
}

static void test_retry_and_cancel(void **state)
{
	struct heard heard = {.world = *state};
	struct kube_world *world = *state;

	new_client(world, 0, 0);
	answer_with(world, 500, "application/json", "{}");
	answer_with(world, 201, "application/json", ACCESS("{\"allowed\":true}"));
	kube_call_cancel(review_access(world->client, STR("{}"), 10000, hear_access, &heard));
	kube_call_cancel(review_token(world->client, STR("t"), 10000, hear_token, &heard));
	(void)review_access(world->client, STR("{}"), 10000, hear_access, &heard);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	assert_string_equal(buf_cstr(&heard.text), "yes: ");
	assert_int_equal(world->server.requests.count, 2);
	buf_clear(&heard.text);
}

int main(void)
{
	struct CMUnitTest rows[COUNT_OF(answers)];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_document_of_a_path),
		IN_WORLD(test_what_is_asked),
		IN_WORLD(test_retry_and_cancel),
	};
	int failed;

	for (size_t i = 0; i < COUNT_OF(answers); i++)
		rows[i] = (struct CMUnitTest){
			.name = answers[i].name, .test_func = test_answer, .initial_state = &answers[i]};
	failed = cmocka_run_group_tests(rows, NULL, NULL);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
