/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"
#include "rows.h"

#include "../../src/server/client_ca.h"
#include "../../src/server/identity.h"
#include "model/access.h"

/* ---- certificates */

enum maker { CLIENT_CA, PROXY_CA, ROGUE_CA, INTERMEDIATE, MERE_CLIENT, MAKERS };

static struct pki makers[MAKERS];

static struct chain_case {
	const char *name;
	enum maker by;
	struct pki_wish wish;
	bool with_maker;     /* sent along */
	const char *allowed; /* the only allowed name; NULL: any */
	bool want_client, want_proxy;
} chain_cases[] = {
	{"client", CLIENT_CA, {.cn = "u", .usage = "clientAuth"}, false, NULL, true, false},
	{"client without usage", CLIENT_CA, {.cn = "u"}, false, NULL, true, false},
	{"client for servers", CLIENT_CA, {.cn = "u", .usage = "serverAuth"}, false, NULL, false, false},
	{"client for both", CLIENT_CA, {.cn = "u", .usage = "serverAuth,clientAuth"}, false, NULL, true, false},
	{"client without a name", CLIENT_CA, {.organizations = {"g"}}, false, NULL, false, false},
	{"client expired",
	 CLIENT_CA,
	 {.cn = "u", .valid_from_s = -100, .valid_until_s = -10},
	 false,
	 NULL,
	 false,
	 false},
	{"client not yet",
	 CLIENT_CA,
	 {.cn = "u", .valid_from_s = 100, .valid_until_s = 200},
	 false,
	 NULL,
	 false,
	 false},
	{"client by way of another", INTERMEDIATE, {.cn = "u"}, true, NULL, true, false},
	{"the way is not known", INTERMEDIATE, {.cn = "u"}, false, NULL, false, false},
	{"made by a mere client", MERE_CLIENT, {.cn = "root"}, true, NULL, false, false},
	{"proxy", PROXY_CA, {.cn = "p", .usage = "clientAuth"}, false, "p", false, true},
	{"proxy, any name", PROXY_CA, {.cn = "p", .usage = "clientAuth"}, false, NULL, false, true},
	{"proxy, another name", PROXY_CA, {.cn = "p", .usage = "clientAuth"}, false, "q", false, false},
	{"proxy for servers", PROXY_CA, {.cn = "p", .usage = "serverAuth"}, false, "p", false, false},
	{"proxy expired", PROXY_CA, {.cn = "p", .valid_from_s = -100, .valid_until_s = -10}, false, "p", false, false},
	{"rogue", ROGUE_CA, {.cn = "p", .usage = "clientAuth"}, false, "p", false, false},
};

static struct trust *trust_with(const char *allowed)
{
	return pki_trust(&makers[CLIENT_CA], &makers[PROXY_CA], allowed, 1);
}

static int64_t now_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

static void test_chain(void **state)
{
	const struct chain_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf leaf = {0};
	CLEANUP(buf_clear) struct buf between = {0};
	struct pki made = pki_make(&c->wish, &makers[c->by]);
	struct client_ca *client_ca = client_ca_new(trust_with(c->allowed));
	struct chain_verdict verdict;

	pki_write_der(&made, &leaf);
	pki_write_der(&makers[c->by], &between);
	assert_true(client_ca_verify(client_ca, (struct str[]){buf_str(&leaf), buf_str(&between)},
				     c->with_maker ? 2 : 1, now_ms(), arena, &verdict));
	assert_int_equal(verdict.is_client, c->want_client);
	assert_int_equal(verdict.is_proxy, c->want_proxy);
	assert_str(verdict.identity.user, c->wish.cn ? c->wish.cn : "");
	client_ca_free(client_ca);
	pki_clear(&made);
}

static void test_subject(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf leaf = {0};
	struct pki made = pki_make(&(struct pki_wish){.cn = "u", .organizations = {"b", "a"}}, &makers[CLIENT_CA]);
	struct client_ca *client_ca = client_ca_new(trust_with(NULL));
	struct chain_verdict verdict;
	struct str der;

	(void)state;
	pki_write_der(&made, &leaf);
	der = buf_str(&leaf);
	assert_true(client_ca_verify(client_ca, &der, 1, now_ms(), arena, &verdict));
	assert_int_equal(verdict.identity.group_count, 3);
	assert_str(verdict.identity.groups[0], "b");
	assert_str(verdict.identity.groups[1], "a");
	assert_str(verdict.identity.groups[2], "system:authenticated");
	assert_int_equal(verdict.identity.extra_count, 1);
	assert_str(verdict.identity.extra[0].key, "authentication.kubernetes.io/credential-id");
	assert_contains(verdict.identity.extra[0].values[0], "X509SHA256=");
	assert_int_equal(verdict.identity.extra[0].values[0].len, 11 + 64);
	assert_true(verdict.until_ms > now_ms() + 3000000 && verdict.until_ms < now_ms() + 3700000);

	assert_true(client_ca_verify(client_ca, &der, 1, now_ms() + 7200000, arena, &verdict)); /* the clock is ours */
	assert_false(verdict.is_client);
	client_ca_free(client_ca);
	pki_clear(&made);
}

/* A bundle need not reach up to a root. */
static void test_bundle_without_root(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf leaf = {0};
	struct pki made = pki_make(&(struct pki_wish){.cn = "u"}, &makers[INTERMEDIATE]);
	struct client_ca *client_ca = client_ca_new(pki_trust(&makers[INTERMEDIATE], &makers[PROXY_CA], NULL, 1));
	struct chain_verdict verdict;
	struct str der;

	(void)state;
	pki_write_der(&made, &leaf);
	der = buf_str(&leaf);
	assert_true(client_ca_verify(client_ca, &der, 1, now_ms(), arena, &verdict));
	assert_true(verdict.is_client);
	client_ca_free(client_ca);
	pki_clear(&made);
}

/* Bytes that no honest client sends, and a trust that holds nothing. */
static void test_nonsense(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf leaf = {0};
	struct pki made = pki_make(&(struct pki_wish){.cn = "u"}, &makers[CLIENT_CA]);
	struct client_ca *client_ca = client_ca_new(trust_with(NULL));
	struct trust *empty = xnew(struct trust);
	struct chain_verdict verdict = {.is_client = true};
	struct str der;

	(void)state;
	pki_write_der(&made, &leaf);
	for (size_t cut = 0; cut < leaf.len; cut += 7) {
		der = str_slice(buf_str(&leaf), 0, cut);
		assert_true(client_ca_verify(client_ca, &der, 1, now_ms(), arena, &verdict));
		assert_false(verdict.is_client || verdict.is_proxy);
	}
	buf_putc(&leaf, 'x');
	der = buf_str(&leaf);
	assert_true(client_ca_verify(client_ca, &der, 1, now_ms(), arena, &verdict));
	assert_false(verdict.is_client || verdict.is_proxy);
	client_ca_free(client_ca);

	empty->arena = arena_new(0);
	empty->client_ca_pem = STR("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
	client_ca = client_ca_new(empty);
	der.len--;
	assert_true(client_ca_verify(client_ca, &der, 1, now_ms(), arena, &verdict));
	assert_false(verdict.is_client || verdict.is_proxy);
	client_ca_free(client_ca);
	pki_clear(&made);
}

/* ---- headers */

/* `want`: user, uid, groups, extra. */
static struct headers_case {
	const char *name;
	struct header headers[6];
	const char *want;
} headers_cases[] = {
	{"nothing", {{STR_INIT("Host"), STR_INIT("x")}}, ""},
	{"user", {{STR_INIT("x-rEMOTE-user"), STR_INIT("u")}}, "u"},
	{"the first one",
	 {{STR_INIT("X-Remote-User"), STR_INIT("u")}, {STR_INIT("X-Remote-User"), STR_INIT("v")}},
	 "u"},
	{"the second name",
	 {{STR_INIT("X-Other-User"), STR_INIT("v")}, {STR_INIT("X-Remote-User"), STR_INIT("")}},
	 "v"},
	{"an empty one", {{STR_INIT("X-Remote-User"), STR_INIT("")}, {STR_INIT("X-Remote-Group"), STR_INIT("g")}}, ""},
	{"uid", {{STR_INIT("X-Remote-User"), STR_INIT("u")}, {STR_INIT("X-Remote-Uid"), STR_INIT("42")}}, "u uid=42"},
	{"groups in order, empty ones dropped",
	 {{STR_INIT("X-Other-Group"), STR_INIT("g3")},
	  {STR_INIT("X-Remote-User"), STR_INIT("u")},
	  {STR_INIT("X-Remote-Group"), STR_INIT("g2")},
	  {STR_INIT("X-Remote-Group"), STR_INIT("")},
	  {STR_INIT("x-remote-group"), STR_INIT("g1")}},
	 "u g2 g1 g3"},
	{"extra",
	 {{STR_INIT("X-Remote-User"), STR_INIT("u")},
	  {STR_INIT("X-Remote-Extra-Acme.com%2FProject"), STR_INIT("x")},
	  {STR_INIT("X-Remote-Extra-B"), STR_INIT("b")},
	  {STR_INIT("x-remote-extra-acme.com%2fproject"), STR_INIT("y")}},
	 "u acme.com/project=x,y b=b"},
	{"extra, lower case before the escapes",
	 {{STR_INIT("X-Remote-User"), STR_INIT("u")}, {STR_INIT("X-Remote-Extra-%41"), STR_INIT("x")}},
	 "u A=x"},
	{"extra, a bad escape stays",
	 {{STR_INIT("X-Remote-User"), STR_INIT("u")}, {STR_INIT("X-Remote-Extra-A%zz"), STR_INIT("x")}},
	 "u a%zz=x"},
};

static void describe(struct buf *out, const struct identity *identity)
{
	buf_put(out, identity->user);
	if (identity->uid.len) {
		buf_puts(out, " uid=");
		buf_put(out, identity->uid);
	}
	for (size_t i = 0; i < identity->group_count; i++) {
		buf_putc(out, ' ');
		buf_put(out, identity->groups[i]);
	}
	for (size_t i = 0; i < identity->extra_count; i++) {
		buf_putc(out, ' ');
		buf_put(out, identity->extra[i].key);
		for (size_t j = 0; j < identity->extra[i].value_count; j++) {
			buf_putc(out, j ? ',' : '=');
			buf_put(out, identity->extra[i].values[j]);
		}
	}
}

static void test_headers(void **state)
{
	static const struct str users[] = {STR_INIT("X-Remote-User"), STR_INIT("X-Other-User")};
	static const struct str groups[] = {STR_INIT("X-Remote-Group"), STR_INIT("X-Other-Group")};
	static const struct str extra[] = {STR_INIT("X-Remote-Extra-")}, uids[] = {STR_INIT("X-Remote-Uid")};
	const struct trust trust = {.username_headers = {users, 2},
				    .group_headers = {groups, 2},
				    .extra_prefixes = {extra, 1},
				    .uid_headers = {uids, 1}};
	const struct headers_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf got = {0};
	struct identity identity, copy;

	assert_true(identity_of_headers(&trust, c->headers, COUNT_OF(c->headers), arena, &identity));
	assert_true(identity_copy(&identity, arena, &copy));
	describe(&got, &copy);
	assert_str(buf_str(&got), c->want);
	assert_true(identity_of_headers(&(struct trust){0}, c->headers, COUNT_OF(c->headers), arena, &identity));
	assert_int_equal(identity.user.len, 0); /* no names are configured */
}

static void test_full_arena(void **state)
{
	static const struct str users[] = {STR_INIT("U")}, extra[] = {STR_INIT("E-")};
	const struct trust trust = {
		.username_headers = {users, 1}, .group_headers = {users, 1}, .extra_prefixes = {extra, 1}};
	const struct header headers[] = {{STR("U"), STR("u")}, {STR("E-Key"), STR("value")}};

	(void)state;
	for (size_t bytes = 1; bytes < 2000; bytes += 16) {
		CLEANUP(arena_free_at) struct arena *arena = arena_new(bytes);
		struct identity identity, copy;

		if (!identity_of_headers(&trust, headers, 2, arena, &identity) ||
		    !identity_add_authenticated(&identity, arena) || !identity_copy(&identity, arena, &copy))
			continue;
		assert_true(bytes > 100);
		assert_str(copy.extra[0].values[0], "value");
		return;
	}
	fail();
}

static struct authenticated_case {
	const char *name, *user, *group;
	bool want;
} authenticated_cases[] = {
	{"added", "u", "g", true},
	{"not to anonymous", "system:anonymous", "g", false},
	{"not twice", "u", "system:authenticated", false},
	{"not to the unauthenticated", "u", "system:unauthenticated", false},
};

static void test_authenticated(void **state)
{
	const struct authenticated_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct str group = str_of(c->group);
	struct identity identity = {.user = str_of(c->user), .groups = &group, .group_count = 1};

	assert_true(identity_add_authenticated(&identity, arena));
	assert_int_equal(identity.group_count, c->want ? 2 : 1);
	assert_str(identity.groups[0], c->group);
	assert_int_equal(identity_in_group(&identity, STR("system:authenticated")),
			 c->want || strstr(c->group, ":a") != NULL);
}

static struct token_case {
	const char *name, *authorization, *want;
} token_cases[] = {
	{"plain", "Bearer t", "t"},
	{"any case", "bEARER t", "t"},
	{"spaces around", "  Bearer t ", "t"},
	{"two spaces", "Bearer  t", ""},
	{"more behind", "Bearer t u", "t"},
	{"no token", "Bearer", ""},
	{"empty token", "Bearer ", ""},
	{"another scheme", "Basic dTpw", ""},
	{"nothing", "", ""},
	{"a longer scheme", "Bearers t", ""},
};

static void test_token(void **state)
{
	const struct token_case *c = *state;

	assert_str(identity_token(str_of(c->authorization)), c->want);
	assert_str(identity_token((struct str){0}), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_subject), cmocka_unit_test(test_nonsense),
					   cmocka_unit_test(test_bundle_without_root),
					   cmocka_unit_test(test_full_arena)};
	int failed;

	makers[CLIENT_CA] = pki_ca("clients");
	makers[PROXY_CA] = pki_ca("proxies");
	makers[ROGUE_CA] = pki_ca("proxies"); /* the name alone does not do */
	makers[INTERMEDIATE] = pki_make(&(struct pki_wish){.cn = "between", .is_ca = true}, &makers[CLIENT_CA]);
	makers[MERE_CLIENT] = pki_make(&(struct pki_wish){.cn = "u", .usage = "clientAuth"}, &makers[CLIENT_CA]);
	failed = RUN_ROWS(chain_cases, test_chain) + RUN_ROWS(headers_cases, test_headers) +
		 RUN_ROWS(authenticated_cases, test_authenticated) + RUN_ROWS(token_cases, test_token) +
		 cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < MAKERS; i++)
		pki_clear(&makers[i]);
	return failed;
}
