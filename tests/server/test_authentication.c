/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_world.h"

#include "base/log.h"

#include <sys/mman.h>

#define FORBIDDEN_TO(user) "User \\\"" user "\\\" cannot get resource \\\"pods/m\\\""
#define UNAUTHORIZED	   "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401"

static struct auth_row rows[] = {
	{"nobody",
	 NOBODY,
	 NULL,
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("system:anonymous"),
	 1,
	 {"\"user\":\"system:anonymous\"", "\"groups\":[\"system:unauthenticated\"]"},
	 .times = 1},
	{"forged headers of nobody",
	 NOBODY,
	 "X-Remote-User: root\r\nX-Remote-Group: system:masters\r\n",
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("system:anonymous"),
	 1,
	 {"\"user\":\"system:anonymous\""},
	 .times = 1},
	{"another scheme",
	 NOBODY,
	 "Authorization: Basic dTpw\r\n",
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("system:anonymous"),
	 1,
	 {"\"user\":\"system:anonymous\""},
	 .times = 1},
	{"an empty token",
	 NOBODY,
	 "Authorization: Bearer \r\n",
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("system:anonymous"),
	 1,
	 {"\"user\":\"system:anonymous\""},
	 .times = 1},

	{"token",
	 NOBODY,
	 "Authorization: bearer sesame\r\n",
	 {{201, GOOD_TOKEN}, {201, ALLOWED}},
	 200,
	 "",
	 2,
	 {"\"user\":\"token-user\",\"groups\":[\"tg\",\"system:authenticated\"],\"extra\":{\"k\":[\"v\"]},\"uid\":"
	  "\"7\""},
	 .times = 1},
	{"token, asked again",
	 NOBODY,
	 "Authorization: Bearer sesame\r\n",
	 {{201, GOOD_TOKEN}, {201, ALLOWED}},
	 200,
	 "",
	 2,
	 {"\"user\":\"token-user\""},
	 .times = 3},
	{"a bad token",
	 NOBODY,
	 "Authorization: Bearer sesame\r\n",
	 {{201, BAD_TOKEN}},
	 401,
	 UNAUTHORIZED,
	 1,
	 {"\"token\":\"sesame\""},
	 .times = 1},
	{"a bad token is remembered",
	 NOBODY,
	 "Authorization: Bearer sesame\r\n",
	 {{201, BAD_TOKEN}},
	 401,
	 UNAUTHORIZED,
	 1,
	 {"\"token\":\"sesame\""},
	 .times = 3},
	{"trouble with a token",
	 NOBODY,
	 "Authorization: Bearer sesame\r\n",
	 {{403, "{}"}},
	 401,
	 UNAUTHORIZED,
	 1,
	 {"\"token\":\"sesame\""},
	 .times = 1},
	{"trouble is not remembered",
	 NOBODY,
	 "Authorization: Bearer sesame\r\n",
	 {{403, "{}"}},
	 401,
	 UNAUTHORIZED,
	 2,
	 {"\"token\":\"sesame\""},
	 .times = 2},

	{"certificate",
	 CLIENT,
	 NULL,
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"cert-user\",\"groups\":[\"cg1\",\"cg2\",\"system:authenticated\"]", "X509SHA256="},
	 .times = 1},
	{"certificate on a connection",
	 CLIENT,
	 NULL,
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"cert-user\""},
	 .times = 3},
	{"a certificate makes no proxy",
	 CLIENT,
	 "X-Remote-User: root\r\nX-Remote-Group: system:masters\r\n",
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("cert-user"),
	 1,
	 {"\"user\":\"cert-user\""},
	 .times = 1},
	{"certificate before token",
	 CLIENT,
	 "Authorization: Bearer sesame\r\n",
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"cert-user\""},
	 .times = 1},
	{"expired", EXPIRED, NULL, {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},
	{"rogue", ROGUE, NULL, {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 2},
	{"rogue with headers", ROGUE, "X-Remote-User: root\r\n", {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},
	{"rogue with a good token",
	 ROGUE,
	 "Authorization: Bearer sesame\r\n",
	 {{201, GOOD_TOKEN}, {201, ALLOWED}},
	 200,
	 "",
	 2,
	 {"\"user\":\"token-user\""},
	 .times = 1},
	{"rogue with a bad token",
	 ROGUE,
	 "Authorization: Bearer sesame\r\n",
	 {{201, BAD_TOKEN}},
	 401,
	 UNAUTHORIZED,
	 1,
	 {0},
	 .times = 1},

	{"proxy",
	 PROXY,
	 "X-Remote-User: px\r\nX-Remote-Group: g2\r\nX-Remote-Group:\r\nx-remote-group: g1\r\n"
	 "X-Remote-Extra-Acme.com%2FProject: x\r\nX-Remote-Extra-acme.com%2fproject: y\r\n",
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"px\",\"groups\":[\"g2\",\"g1\",\"system:authenticated\"],\"extra\":{\"acme.com/"
	  "project\":[\"x\",\"y\"]}"},
	 .times = 1},
	{"proxy, system:authenticated once",
	 PROXY,
	 "X-Remote-User: px\r\nX-Remote-Group: system:authenticated\r\n",
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"groups\":[\"system:authenticated\"]"},
	 .times = 1},
	{"proxy for the anonymous",
	 PROXY,
	 "X-Remote-User: system:anonymous\r\nX-Remote-Group: system:unauthenticated\r\n",
	 {{201, DENIED}},
	 403,
	 FORBIDDEN_TO("system:anonymous"),
	 1,
	 {"\"groups\":[\"system:unauthenticated\"]"},
	 .times = 1},
	{"proxy before token",
	 PROXY,
	 "X-Remote-User: px\r\nAuthorization: Bearer sesame\r\n",
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"px\""},
	 .times = 1},
	{"proxy without a user", PROXY, "X-Remote-Group: g\r\n", {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},
	{"proxy with an empty user", PROXY, "X-Remote-User: \r\n", {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},
	{"proxy of another name", OTHER_PROXY, "X-Remote-User: px\r\n", {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},
	{"proxy of any name",
	 OTHER_PROXY,
	 "X-Remote-User: px\r\n",
	 {{201, ALLOWED}},
	 200,
	 "",
	 1,
	 {"\"user\":\"px\""},
	 .any_proxy_name = true},
	{"proxy that is a server", SERVER_ONLY, "X-Remote-User: px\r\n", {{0}}, 401, UNAUTHORIZED, 0, {0}, .times = 1},

	{"impersonation",
	 NOBODY,
	 "Authorization: Bearer sesame\r\nImpersonate-User: root\r\n",
	 {{201, GOOD_TOKEN}},
	 403,
	 "forbidden: User \\\"token-user\\\" cannot impersonate here",
	 1,
	 {0},
	 .times = 1},
	{"impersonation by a proxy",
	 PROXY,
	 "X-Remote-User: px\r\nX-Remote-Group: system:masters\r\nimpersonate-extra-x: 1\r\n",
	 {{0}},
	 403,
	 "cannot impersonate here",
	 0,
	 {0},
	 .times = 1},
	{"impersonation by nobody known",
	 ROGUE,
	 "Impersonate-User: root\r\n",
	 {{0}},
	 401,
	 UNAUTHORIZED,
	 0,
	 {0},
	 .times = 1},
};

/* The same token at once: one review for all of them. */
static void test_asked_once(void **state)
{
	static const struct auth_row row = {
		.headers = "Authorization: Bearer sesame\r\n",
		.replies = {{201, GOOD_TOKEN}, {201, ALLOWED}},
		.want_status = 200,
		.want_body = "",
		.want_asked = 2,
	};
	static struct auth_world world;

	(void)state;
	world = (struct auth_world){.clients = 5};
	auth_world_init(&world, &row);
	world_run(&world.world, tell_row);
	assert_row(&world);
	auth_world_clear(&world);
}

static void tell_hopeless(struct world *inner)
{
	tell_row(inner);
	inner->failure[0] = '\0'; /* there is no answer to be had */
}

static void run_cancelled(const struct auth_row *row)
{
	static struct auth_world world;

	world = (struct auth_world){.clients = 2, .stop_when_all = true};
	auth_world_init(&world, row);
	world.world.stop_when_kept = true;
	world_run(&world.world, tell_hopeless);
	assert_int_equal(world.world.gone_count, 2);
	auth_world_clear(&world);
}

/* The server stops while the kube-apiserver thinks. */
static void test_cancelled(void **state)
{
	(void)state;
	run_cancelled(
		&(struct auth_row){.headers = "Authorization: Bearer sesame\r\n", .replies = {{201, GOOD_TOKEN}}});
	run_cancelled(&(struct auth_row){.replies = {{201, ALLOWED}}});
}

/* A trust that comes later changes what a connection's certificate is worth; before the first there is none. */
static void set_rogue_trust(struct auth_world *world)
{
	auth_set_trust(world->auth, pki_trust(&rogue_ca, &proxy_ca, NULL, 2));
}

static void asker_begin_then_trust(void *context, struct http_exchange *exchange)
{
	struct auth_world *world = context;

	asker_begin(context, exchange);
	if (world->handled == 1)
		set_rogue_trust(world);
}

static void test_trust_changes(void **state)
{
	static const struct auth_row row = {.who = ROGUE, .replies = {{201, ALLOWED}}, .times = 2};
	static struct auth_world world;

	(void)state;
	world = (struct auth_world){0};
	auth_world_init(&world, &row);
	world.world.handler = asker_begin_then_trust;
	world_run(&world.world, tell_row);
	assert_int_equal(world.statuses[0], 401);
	assert_int_equal(world.statuses[1], 200);
	auth_world_clear(&world);
}

static void test_no_trust(void **state)
{
	static const struct auth_row row = {.who = CLIENT, .replies = {{201, ALLOWED}}};
	static struct auth_world world;

	(void)state;
	world = (struct auth_world){0};
	auth_world_init(&world, &row);
	client_ca_free(world.auth->client_ca);
	world.auth->client_ca = NULL;
	world_run(&world.world, tell_row);
	assert_int_equal(world.statuses[0], 401);
	auth_world_clear(&world);
}

/* Even when a neighbour repeats it. */
static void test_tokens_are_not_logged(void **state)
{
	static const struct auth_row row = {
		.headers = "Authorization: Bearer open-sesame-3141\r\nX-Remote-User: root-2718\r\n",
		.replies = {{403, "{\"kind\":\"Status\",\"message\":\"what is open-sesame-3141?\"}"}},
		.want_status = 401,
		.want_body = "",
		.want_asked = 1,
	};
	static struct auth_world world;
	static char text[20000];
	int log = memfd_create("log", MFD_CLOEXEC), terminal = dup(STDERR_FILENO);
	ssize_t bytes;

	(void)state;
	log_setup(LOG_TEXT, 10);
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	log_info("begun");
	world = (struct auth_world){0};
	auth_world_init(&world, &row);
	world_run(&world.world, tell_row);
	assert_true(dup2(terminal, STDERR_FILENO) >= 0);
	assert_row(&world);
	auth_world_clear(&world);
	bytes = pread(log, text, sizeof(text), 0);
	assert_true(bytes > 0);
	assert_contains((struct str){text, (size_t)bytes}, "begun");
	assert_false(str_contains((struct str){text, (size_t)bytes}, STR("sesame")));
	assert_false(str_contains((struct str){text, (size_t)bytes}, STR("2718")));
	log_setup(LOG_TEXT, 0);
	close(terminal);
	close(log);
}

/* A head full of groups: of nobody it counts nothing, of a proxy it is taken whole, and too large it is refused. */
static void run_many_groups(enum who who, int groups, unsigned status, const char *part)
{
	CLEANUP(buf_clear) struct buf headers = {0};
	struct auth_row row = {.who = who, .replies = {{201, DENIED}}, .want_status = status, .want_body = ""};
	static struct auth_world world;

	buf_puts(&headers, "X-Remote-User: px\r\n");
	for (int i = 0; i < groups; i++)
		buf_printf(&headers, "X-Remote-Group: g%d\r\n", i);
	row.headers = buf_cstr(&headers);
	row.want_asked_part[0] = part;
	row.want_asked = part ? 1 : 0;
	world = (struct auth_world){0};
	auth_world_init(&world, &row);
	world_run(&world.world, tell_row);
	assert_row(&world);
	auth_world_clear(&world);
}

static void test_many_groups(void **state)
{
	(void)state;
	run_many_groups(PROXY, 150, 403, "\"g148\",\"g149\",\"system:authenticated\"]");
	run_many_groups(NOBODY, 150, 403, "\"groups\":[\"system:unauthenticated\"]");
	run_many_groups(PROXY, 1000, 431, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_trust_changes),
		cmocka_unit_test(test_no_trust),
		cmocka_unit_test(test_tokens_are_not_logged),
		cmocka_unit_test(test_many_groups),
	};
	int failed;

	log_setup(LOG_TEXT, -1);
	certificates_make();
	failed = RUN_ROWS(rows, test_row) + cmocka_run_group_tests(tests, NULL, NULL);
	certificates_clear();
	return failed;
}
