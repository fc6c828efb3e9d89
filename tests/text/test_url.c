/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/url.h"

static void assert_text(struct str got, struct str want)
{
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.ptr, want.ptr, want.len);
}

/* ---- escapes; expected: Go's url.PathUnescape and url.QueryUnescape, which refuse the same */

static struct decode_case {
	const char *name;
	struct str text;
	bool ok;
	struct str path, form;
	const char *message;
} decodes[] = {
	{"decode nothing", STR_INIT(""), true, STR_INIT(""), STR_INIT(""), ""},
	{"decode a star", STR_INIT("a%2Ab"), true, STR_INIT("a*b"), STR_INIT("a*b"), ""},
	{"decode lower case", STR_INIT("a%2ab"), true, STR_INIT("a*b"), STR_INIT("a*b"), ""},
	{"decode a colon", STR_INIT("a:b%3Ac%3ad"), true, STR_INIT("a:b:c:d"), STR_INIT("a:b:c:d"), ""},
	{"decode a bar", STR_INIT("a%7Cb|c"), true, STR_INIT("a|b|c"), STR_INIT("a|b|c"), ""},
	{"decode slashes", STR_INIT("%2F%2f"), true, STR_INIT("//"), STR_INIT("//"), ""},
	{"decode a plus", STR_INIT("a+b%2Bc"), true, STR_INIT("a+b+c"), STR_INIT("a b+c"), ""},
	{"decode once", STR_INIT("vllm%253anum"), true, STR_INIT("vllm%3anum"), STR_INIT("vllm%3anum"), ""},
	{"decode percents", STR_INIT("%25%25"), true, STR_INIT("%%"), STR_INIT("%%"), ""},
	{"decode NUL", STR_INIT("a%00b"), true, STR_INIT("a\0b"), STR_INIT("a\0b"), ""},
	{"decode UTF-8", STR_INIT("%e4%B8%ad"), true, STR_INIT("\xe4\xb8\xad"), STR_INIT("\xe4\xb8\xad"), ""},
	{"decode bytes that are no UTF-8", STR_INIT("%ff\xfe"), true, STR_INIT("\xff\xfe"), STR_INIT("\xff\xfe"), ""},
	{"decode no hex", STR_INIT("%zz"), false, {0}, {0}, "invalid URL escape \"%zz\""},
	{"decode no hex, more behind", STR_INIT("%zzz"), false, {0}, {0}, "invalid URL escape \"%zz\""},
	{"decode no hex in the second digit", STR_INIT("%4g1"), false, {0}, {0}, "invalid URL escape \"%4g\""},
	{"decode a percent at the end", STR_INIT("%"), false, {0}, {0}, "invalid URL escape \"%\""},
	{"decode one digit at the end", STR_INIT("abc%4"), false, {0}, {0}, "invalid URL escape \"%4\""},
	{"decode a sign", STR_INIT("%-1"), false, {0}, {0}, "invalid URL escape \"%-1\""},
	{"decode a space", STR_INIT("% 1"), false, {0}, {0}, "invalid URL escape \"% 1\""},
	{"decode a quote", STR_INIT("%\"1"), false, {0}, {0}, "invalid URL escape \"%\\\"1\""},
	{"decode control", STR_INIT("%\x01x"), false, {0}, {0}, "invalid URL escape \"%\\x01x\""},
	{"decode raw UTF-8", STR_INIT("%\xc3\xa9"), false, {0}, {0}, "invalid URL escape \"%\xc3\xa9\""},
	{"decode raw no UTF-8", STR_INIT("%\xff\xfe"), false, {0}, {0}, "invalid URL escape \"%\\xff\\xfe\""},
};

/* As the value of a parameter; a parameter that cannot be decoded is none. */
static void decode_form(struct str text, struct buf *out)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf query = {0};
	struct url_query parsed = {0};
	struct err err;

	buf_puts(&query, "k=");
	buf_put(&query, text);
	assert_true(url_parse_query(buf_str(&query), arena, &parsed, &err));
	assert_int_equal(parsed.count, 1);
	buf_put(out, parsed.pairs[0].value);
}

static void test_decode(void **state)
{
	const struct decode_case *c = *state;
	struct err err = {0};
	struct buf path = {0};
	struct buf form = {0};

	buf_puts(&path, "<");
	buf_puts(&form, "<");
	assert_int_equal(url_decode_path(c->text, &path, &err), c->ok);
	assert_string_equal(err.msg, c->message);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_INVALID);
	if (c->ok)
		decode_form(c->text, &form);
	assert_text(str_slice(buf_str(&path), 1, path.len), c->path); /* nothing on failure */
	assert_text(str_slice(buf_str(&form), 1, form.len), c->form);
	buf_clear(&path);
	buf_clear(&form);
}

static void test_decode_maximum(void **state)
{
	struct buf out = BUF_MAX(3);
	struct err err = {0};

	(void)state;
	assert_true(url_decode_path(STR("%41%42%43"), &out, &err));
	assert_string_equal(buf_cstr(&out), "ABC");
	assert_false(url_decode_path(STR("D"), &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_clear(&out);
}

static struct encode_case {
	const char *name;
	struct str text;
	const char *want;
} encodes[] = {
	{"encode nothing", STR_INIT(""), ""},
	{"encode what stays", STR_INIT("aZ09-_.~"), "aZ09-_.~"},
	{"encode space and plus", STR_INIT(" +"), "+%2B"},
	{"encode ASCII", STR_INIT("!$&'()*,/:;=?@[]|%\"{}<>\\^`#"),
	 "%21%24%26%27%28%29%2A%2C%2F%3A%3B%3D%3F%40%5B%5D%7C%25%22%7B%7D%3C%3E%5C%5E%60%23"},
	{"encode bytes", STR_INIT("\xc3\xa9\x00\x7f\xff\n"), "%C3%A9%00%7F%FF%0A"},
	{"encode PromQL", STR_INIT("sum(a{b=~\"c|d\"}) by (pod)"), "sum%28a%7Bb%3D~%22c%7Cd%22%7D%29+by+%28pod%29"},
};

static void test_encode(void **state)
{
	const struct encode_case *c = *state;
	struct buf out = {0};

	url_encode_form(&out, c->text);
	assert_string_equal(buf_cstr(&out), c->want);
	buf_clear(&out);
}

/* ---- queries; expected: what Go's url.ParseQuery keeps */

enum { PAIRS_MAX = 4 };

static struct query_case {
	const char *name;
	struct str text;
	struct url_pair pairs[PAIRS_MAX]; /* up to the first without a key pointer */
} queries[] = {
	{"query empty", STR_INIT(""), {{{0}, {0}}}},
	{"query one", STR_INIT("a=1"), {{STR_INIT("a"), STR_INIT("1")}}},
	{"query in order",
	 STR_INIT("a=1&b=2&a=3"),
	 {{STR_INIT("a"), STR_INIT("1")}, {STR_INIT("b"), STR_INIT("2")}, {STR_INIT("a"), STR_INIT("3")}}},
	{"query semicolon drops its pair", STR_INIT("a=1;b=2&c=3"), {{STR_INIT("c"), STR_INIT("3")}}},
	{"query escaped semicolon stays", STR_INIT("a=1%3Bb"), {{STR_INIT("a"), STR_INIT("1;b")}}},
	{"query flags and empty names",
	 STR_INIT("flag&e=&=v&&x==y"),
	 {{STR_INIT("flag"), STR_INIT("")},
	  {STR_INIT("e"), STR_INIT("")},
	  {STR_INIT(""), STR_INIT("v")},
	  {STR_INIT("x"), STR_INIT("=y")}}},
	{"query bad escapes drop their pairs", STR_INIT("a=%zz&%zz=1&b=2"), {{STR_INIT("b"), STR_INIT("2")}}},
	{"query decodes both sides",
	 STR_INIT("a+b=c+d&%61=%62"),
	 {{STR_INIT("a b"), STR_INIT("c d")}, {STR_INIT("a"), STR_INIT("b")}}},
	{"query only =", STR_INIT("="), {{STR_INIT(""), STR_INIT("")}}},
	{"query a=b=c", STR_INIT("a=b=c"), {{STR_INIT("a"), STR_INIT("b=c")}}},
	{"query selector",
	 STR_INIT("labelSelector=app%3Dvllm%2Cx%21%3Dy"),
	 {{STR_INIT("labelSelector"), STR_INIT("app=vllm,x!=y")}}},
	{"query only &", STR_INIT("&&&"), {{{0}, {0}}}},
};

static void test_query(void **state)
{
	const struct query_case *c = *state;
	struct arena *arena = arena_new(0);
	struct url_query query = {0};
	struct err err = {0};
	size_t count = 0;

	while (count < PAIRS_MAX && c->pairs[count].key.ptr != NULL)
		count++;
	assert_true(url_parse_query(c->text, arena, &query, &err));
	assert_int_equal(query.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_text(query.pairs[i].key, c->pairs[i].key);
		assert_text(query.pairs[i].value, c->pairs[i].value);
	}
	arena_free(arena);
}

static void test_query_get(void **state)
{
	struct arena *arena = arena_new(0);
	struct url_query query = {0};
	struct str value = STR("untouched");
	struct err err = {0};

	(void)state;
	assert_true(url_parse_query(STR("b=2&a=1&a=3"), arena, &query, &err));
	assert_true(url_query_get(&query, STR("a"), &value));
	assert_text(value, STR("1"));
	assert_false(url_query_get(&query, STR("c"), &value));
	assert_text(value, STR("1"));
	arena_free(arena);
}

static void test_query_arena_full(void **state)
{
	static char many[1000];
	struct arena *arena = arena_new(2000);
	struct url_query query = {.count = 7};
	struct err err = {0};

	(void)state;
	memset(many, '&', sizeof(many));
	assert_false(url_parse_query((struct str){many, sizeof(many)}, arena, &query, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	memset(many, 'a', sizeof(many));
	err = (struct err){0};
	arena_free(arena);
	arena = arena_new(500);
	assert_false(url_parse_query((struct str){many, sizeof(many)}, arena, &query, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(query.count, 7);
	arena_free(arena);
}

/* ---- whole URLs; what is accepted means the same to Go's url.Parse */

static struct url_case {
	const char *name;
	struct str text;
	struct url want;
} urls[] = {
#define PLAIN(scheme_, host_, port_, path_, query_)                                                                    \
	{                                                                                                              \
		.scheme = STR_INIT(scheme_), .host = STR_INIT(host_), .port = (port_), .path = STR_INIT(path_),        \
		.query = STR_INIT(query_)                                                                              \
	}
#define WITH_USER(user_, password_)                                                                                    \
	{                                                                                                              \
		.scheme = STR_INIT("http"), .user = STR_INIT(user_), .password = STR_INIT(password_),                  \
		.has_user = true, .host = STR_INIT("h"), .port = 80, .path = STR_INIT("/")                             \
	}
	{"url http", STR_INIT("http://h"), PLAIN("http", "h", 80, "", "")},
	{"url https", STR_INIT("https://h/"), PLAIN("https", "h", 443, "/", "")},
	{"url upper case", STR_INIT("HTTPs://H/X"), PLAIN("https", "H", 443, "/X", "")},
	{"url port", STR_INIT("http://h:9090"), PLAIN("http", "h", 9090, "", "")},
	{"url greatest port", STR_INIT("http://h:65535/"), PLAIN("http", "h", 65535, "/", "")},
	{"url port with zeros", STR_INIT("http://h:00080/"), PLAIN("http", "h", 80, "/", "")},
	{"url empty port", STR_INIT("https://h:/x"), PLAIN("https", "h", 443, "/x", "")},
	{"url path and query", STR_INIT("http://h:1/prometheus/?tenant=a&x=%20#frag"),
	 PLAIN("http", "h", 1, "/prometheus/", "tenant=a&x=%20")},
	{"url query without path", STR_INIT("http://h?q=1"), PLAIN("http", "h", 80, "", "q=1")},
	{"url question marks", STR_INIT("http://h?a=b?c#d?e"), PLAIN("http", "h", 80, "", "a=b?c")},
	{"url fragment only", STR_INIT("http://h#x"), PLAIN("http", "h", 80, "", "")},
	{"url @ and : in the path", STR_INIT("http://h/a@b:c"), PLAIN("http", "h", 80, "/a@b:c", "")},
	{"url path stays as written", STR_INIT("http://h/a%2Fb/../c"), PLAIN("http", "h", 80, "/a%2Fb/../c", "")},
	{"url UTF-8 in the path", STR_INIT("http://h/\xc3\xbc"), PLAIN("http", "h", 80, "/\xc3\xbc", "")},
	{"url IPv4", STR_INIT("http://1.2.3.4:5/"), PLAIN("http", "1.2.3.4", 5, "/", "")},
	{"url IPv6", STR_INIT("http://[::1]:9090/x"), PLAIN("http", "[::1]", 9090, "/x", "")},
	{"url IPv6 without port", STR_INIT("http://[2001:db8::1]"), PLAIN("http", "[2001:db8::1]", 80, "", "")},
	{"url IPv6 zone", STR_INIT("http://[fe80::1%25eth0]:80/"), PLAIN("http", "[fe80::1%25eth0]", 80, "/", "")},
	{"url service name", STR_INIT("http://prometheus-server.monitoring.svc:80"),
	 PLAIN("http", "prometheus-server.monitoring.svc", 80, "", "")},
	{"url name with _ and ~", STR_INIT("http://h_x.y-z~/"), PLAIN("http", "h_x.y-z~", 80, "/", "")},
	{"url user", STR_INIT("http://user@h/"), WITH_USER("user", "")},
	{"url user and password", STR_INIT("http://user:pa%40ss@h/"), WITH_USER("user", "pa@ss")},
	{"url : in the password", STR_INIT("http://u:p:q@h/"), WITH_USER("u", "p:q")},
	{"url @ in the user", STR_INIT("http://u@v:p@h/"), WITH_USER("u@v", "p")},
	{"url plus in the password", STR_INIT("http://u:a+b@h/"), WITH_USER("u", "a+b")},
	{"url password alone", STR_INIT("http://:p@h/"), WITH_USER("", "p")},
	{"url empty user", STR_INIT("http://@h/"), WITH_USER("", "")},
};

static void test_url(void **state)
{
	const struct url_case *c = *state;
	struct arena *arena = arena_new(0);
	struct url url = {0};
	struct err err = {0};

	assert_true(url_parse(c->text, arena, &url, &err));
	assert_text(url.scheme, c->want.scheme);
	assert_text(url.user, c->want.user);
	assert_text(url.password, c->want.password);
	assert_int_equal(url.has_user, c->want.has_user);
	assert_text(url.host, c->want.host);
	assert_int_equal(url.port, c->want.port);
	assert_text(url.path, c->want.path);
	assert_text(url.query, c->want.query);
	arena_free(arena);
}

static struct refusal_case {
	const char *name;
	struct str text;
	const char *part; /* of the message */
} refusals[] = {
	{"refuse empty", STR_INIT(""), "must begin with http:// or https://"},
	{"refuse no scheme", STR_INIT("h:9090"), "must begin with http:// or https://"},
	{"refuse another scheme", STR_INIT("ftp://h"), "must begin with http:// or https://"},
	{"refuse one slash", STR_INIT("http:/h"), "must begin with http:// or https://"},
	{"refuse opaque", STR_INIT("http:h"), "must begin with http:// or https://"},
	{"refuse no host", STR_INIT("http:///x"), "has no host"},
	{"refuse nothing behind the scheme", STR_INIT("http://"), "has no host"},
	{"refuse port without host", STR_INIT("http://:80/"), "has no host"},
	{"refuse user without host", STR_INIT("http://u:secret@/"), "has no host"},
	{"refuse leading space", STR_INIT(" http://h"), "has a space"},
	{"refuse space in the host", STR_INIT("http://a b/"), "has a space"},
	{"refuse space in the path", STR_INIT("http://h/a b"), "has a space"},
	{"refuse line end", STR_INIT("http://h/\n"), "control character"},
	{"refuse DEL", STR_INIT("http://h\x7f/"), "control character"},
	{"refuse NUL", STR_INIT("http://h\0/"), "control character"},
	{"refuse port 0", STR_INIT("http://h:0/"), "port must be a number from 1 to 65535"},
	{"refuse port 65536", STR_INIT("http://h:65536/"), "port must be a number from 1 to 65535"},
	{"refuse endless port", STR_INIT("http://h:99999999999999999999/"), "port must be a number from 1 to 65535"},
	{"refuse negative port", STR_INIT("http://h:-1/"), "port must be a number from 1 to 65535"},
	{"refuse letters in the port", STR_INIT("http://h:9x/"), "port must be a number from 1 to 65535"},
	{"refuse two colons", STR_INIT("http://h:1:2/"), "more than one ':'"},
	{"refuse IPv6 without brackets", STR_INIT("http://::1/"), "more than one ':'"},
	{"refuse open bracket", STR_INIT("http://[::1"), "']' behind the IPv6 address is missing"},
	{"refuse no IPv6", STR_INIT("http://[::g]/"), "no IPv6 address"},
	{"refuse empty brackets", STR_INIT("http://[]/"), "no IPv6 address"},
	{"refuse IPv4 in brackets", STR_INIT("http://[1.2.3.4]/"), "no IPv6 address"},
	{"refuse long IPv6", STR_INIT("http://[11111111111111111111111111111111111111111111111111111::1]/"),
	 "no IPv6 address"},
	{"refuse raw zone", STR_INIT("http://[fe80::1%eth0]/"), "no IPv6 address"},
	{"refuse empty zone", STR_INIT("http://[fe80::1%25]/"), "no IPv6 address"},
	{"refuse bytes behind ]", STR_INIT("http://[::1]x/"), "nothing, or ':' and a port"},
	{"refuse escape in the host", STR_INIT("http://h%41/"), "host has a character"},
	{"refuse quote in the host", STR_INIT("http://h\"x/"), "host has a character"},
	{"refuse raw international name", STR_INIT("http://\xc3\xbc/"), "xn-- form"},
	{"refuse bad escape in the path", STR_INIT("http://h/%zz"), "path has a '%' without"},
	{"refuse bad escape in the password", STR_INIT("http://u:secret%zz@h/"), "password has a '%' without"},
	{"refuse raw < in the password", STR_INIT("http://u:secret<@h/"), "must be written as %XX"},
	{"refuse / in the password", STR_INIT("http://u:secret/ss@h/"), "'/', '?' and '#' are written as %2F"},
	{"refuse # in the password", STR_INIT("http://u:secret#w@h/"), "'/', '?' and '#' are written as %2F"},
};

static void test_refusal(void **state)
{
	const struct refusal_case *c = *state;
	struct arena *arena = arena_new(0);
	struct url url = {.port = 7};
	struct err err = {0};

	assert_false(url_parse(c->text, arena, &url, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.msg, c->part));
	assert_null(strstr(err.msg, "secret"));
	assert_int_equal(url.port, 7);
	arena_free(arena);
}

static void test_url_arena_full(void **state)
{
	struct arena *arena = arena_new(16);
	struct url url = {.port = 7};
	struct err err = {0};

	(void)state;
	assert_false(url_parse(STR("http://user:password@a-rather-long-name/and/a/long/path"), arena, &url, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(url.port, 7);
	arena_free(arena);
}

#define ADD(table, function)                                                                                           \
	for (size_t i = 0; i < COUNT_OF(table); i++)                                                                   \
		tests[count++] = (struct CMUnitTest)                                                                   \
		{                                                                                                      \
			(table)[i].name, function, NULL, NULL, &(table)[i]                                             \
		}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(decodes) + COUNT_OF(encodes) + COUNT_OF(queries) + COUNT_OF(urls) +
				       COUNT_OF(refusals) + 4];
	size_t count = 0;

	ADD(decodes, test_decode);
	ADD(encodes, test_encode);
	ADD(queries, test_query);
	ADD(urls, test_url);
	ADD(refusals, test_refusal);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_decode_maximum);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_query_get);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_query_arena_full);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_url_arena_full);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
