/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "selector_text.h"

#define X63	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define A63	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define UNABLE	"unable to parse requirement: "
#define INTEGER "for 'Gt', 'Lt' operators, the value must be an integer"
#define NAME                                                                                                           \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "       \
	"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "                        \
	"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define PREFIX                                                                                                         \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "     \
	"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "              \
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define VALUE                                                                                                          \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "      \
	"start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "   \
	"validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/* What labels.Parse of apimachinery v0.31.9 says: the canonical text, or the error. */
static struct parse_case {
	struct str in;
	bool ok;
	const char *want;
} parse_cases[] = {
	/* clang-format off */
	{STR_INIT(""), true, ""},
	{STR_INIT("a"), true, "a"},
	{STR_INIT(" a "), true, "a"},
	{STR_INIT("!a"), true, "!a"},
	{STR_INIT("! a"), true, "!a"},
	{STR_INIT("a=b"), true, "a=b"},
	{STR_INIT("a==b"), true, "a==b"},
	{STR_INIT("a = b"), true, "a=b"},
	{STR_INIT("a!=b"), true, "a!=b"},
	{STR_INIT("a="), true, "a="},
	{STR_INIT("a=="), true, "a=="},
	{STR_INIT("a!="), true, "a!="},
	{STR_INIT("a=,b="), true, "a=,b="},
	{STR_INIT("a>5"), true, "a>5"},
	{STR_INIT("a<5"), true, "a<5"},
	{STR_INIT("a > 0"), true, "a>0"},
	{STR_INIT("a>9223372036854775807"), true, "a>9223372036854775807"},
	{STR_INIT("a>9223372036854775808"), false, UNABLE "values[0]: Invalid value: \"9223372036854775808\": " INTEGER},
	{STR_INIT("a>-1"), false, UNABLE "values[0][a]: Invalid value: \"-1\": " VALUE},
	{STR_INIT("a>+1"), false, UNABLE "values[0][a]: Invalid value: \"+1\": " VALUE},
	{STR_INIT("a>"), false, UNABLE "values[0]: Invalid value: \"\": " INTEGER},
	{STR_INIT("a>5x"), false, UNABLE "values[0]: Invalid value: \"5x\": " INTEGER},
	{STR_INIT("a>1_0"), false, UNABLE "values[0]: Invalid value: \"1_0\": " INTEGER},
	{STR_INIT("a>x/y"), false, UNABLE "[values[0]: Invalid value: \"x/y\": " INTEGER ", values[0][a]: Invalid value: \"x/y\": " VALUE "]"},
	{STR_INIT("a>=5"), false, UNABLE "found '=', expected: identifier"},
	{STR_INIT("a<>5"), false, UNABLE "found '>', expected: identifier"},
	{STR_INIT("a in (b)"), true, "a in (b)"},
	{STR_INIT("a in (c,b,c)"), true, "a in (b,c)"},
	{STR_INIT("a in ()"), true, "a in ()"},
	{STR_INIT("a in (,)"), true, "a in ()"},
	{STR_INIT("a in (,b)"), true, "a in (,b)"},
	{STR_INIT("a in (b,)"), true, "a in (,b)"},
	{STR_INIT("a in (b,,c)"), true, "a in (,b,c)"},
	{STR_INIT("a in (,,)"), false, UNABLE "found ')', expected: ',', or identifier"},
	{STR_INIT("a notin ()"), true, "a notin ()"},
	{STR_INIT("a notin (x,y)"), true, "a notin (x,y)"},
	{STR_INIT("a in(b)"), true, "a in (b)"},
	{STR_INIT("a in\011(\015\012b )"), true, "a in (b)"},
	{STR_INIT("in=in"), true, "in=in"},
	{STR_INIT("notin in (in,notin)"), true, "notin in (in,notin)"},
	{STR_INIT("!in"), true, "!in"},
	{STR_INIT("in"), true, "in"},
	{STR_INIT("in in (in)"), true, "in in (in)"},
	{STR_INIT("app=vllm,!canary,role in (decode,prefill)"), true, "app=vllm,!canary,role in (decode,prefill)"},
	{STR_INIT("role in (prefill,decode),!canary,app=vllm"), true, "app=vllm,!canary,role in (decode,prefill)"},
	{STR_INIT("z=1,a=2,m!=3"), true, "a=2,m!=3,z=1"},
	{STR_INIT("a=1,b=2,a=0"), true, "a=1,a=0,b=2"},
	{STR_INIT("a=b,a=b"), true, "a=b,a=b"},
	{STR_INIT("foo.bar/baz-qux=1"), true, "foo.bar/baz-qux=1"},
	{STR_INIT("kit.example.com/role=x"), true, "kit.example.com/role=x"},
	{STR_INIT("a=b=c"), false, "found '=', expected: ',' or 'end of string'"},
	{STR_INIT("a=b,"), false, "found '', expected: identifier after ','"},
	{STR_INIT("=b"), false, "found '=', expected: !, identifier, or 'end of string'"},
	{STR_INIT(",a"), false, "found ',', expected: !, identifier, or 'end of string'"},
	{STR_INIT("("), false, "found '(', expected: !, identifier, or 'end of string'"},
	{STR_INIT(")"), false, "found ')', expected: !, identifier, or 'end of string'"},
	{STR_INIT("!"), false, UNABLE "found '', expected: identifier"},
	{STR_INIT("!a=b"), false, "found '=', expected: ',' or 'end of string'"},
	{STR_INIT("a b"), false, UNABLE "found 'b', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("a gt 1"), false, UNABLE "found 'gt', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("a!b"), false, UNABLE "found '!', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("a in b"), false, UNABLE "found 'b' expected: '('"},
	{STR_INIT("a in"), false, UNABLE "found '' expected: '('"},
	{STR_INIT("a in ("), false, UNABLE "found '', expected: ',', ')' or identifier"},
	{STR_INIT("a in (b"), false, UNABLE "found '', expected: ',' or ')'"},
	{STR_INIT("a in (b c)"), false, UNABLE "found 'c', expected: ',' or ')'"},
	{STR_INIT("a in (b("), false, UNABLE "found '(', expected: ',' or ')'"},
	{STR_INIT("a in (b,=)"), false, UNABLE "found '=', expected: ',', or identifier"},
	{STR_INIT("a in (=)"), false, UNABLE "found '=', expected: ',', ')' or identifier"},
	{STR_INIT("a in (!b)"), false, UNABLE "found '!', expected: ',', ')' or identifier"},
	{STR_INIT("a in (("), false, UNABLE "found '(', expected: ',', ')' or identifier"},
	{STR_INIT("a>x"), false, UNABLE "values[0]: Invalid value: \"x\": " INTEGER},
	{STR_INIT("/a=b"), false, UNABLE "<nil>: Invalid value: \"/a\": prefix part must be non-empty"},
	{STR_INIT("a/=b"), false, UNABLE "<nil>: Invalid value: \"a/\": name part must be non-empty; name part " NAME},
	{STR_INIT("/"), false, UNABLE "<nil>: Invalid value: \"/\": prefix part must be non-empty; name part must be non-empty; name part " NAME},
	{STR_INIT("a/b/c=d"), false, UNABLE "<nil>: Invalid value: \"a/b/c\": a qualified name " NAME " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"},
	{STR_INIT("a//b=d"), false, UNABLE "<nil>: Invalid value: \"a//b\": a qualified name " NAME " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"},
	{STR_INIT("-a=b"), false, UNABLE "<nil>: Invalid value: \"-a\": name part " NAME},
	{STR_INIT("a-=b"), false, UNABLE "<nil>: Invalid value: \"a-\": name part " NAME},
	{STR_INIT("a_.-b=c"), true, "a_.-b=c"},
	{STR_INIT("_a"), false, UNABLE "<nil>: Invalid value: \"_a\": name part " NAME},
	{STR_INIT("A/b=c"), false, UNABLE "<nil>: Invalid value: \"A/b\": prefix part " PREFIX},
	{STR_INIT("a..b/c=d"), false, UNABLE "<nil>: Invalid value: \"a..b/c\": prefix part " PREFIX},
	{STR_INIT("-x/y"), false, UNABLE "<nil>: Invalid value: \"-x/y\": prefix part " PREFIX},
	{STR_INIT("x-/y"), false, UNABLE "<nil>: Invalid value: \"x-/y\": prefix part " PREFIX},
	{STR_INIT("x.y.z/1"), true, "x.y.z/1"},
	{STR_INIT("a%b=c"), false, UNABLE "<nil>: Invalid value: \"a%b\": name part " NAME},
	{STR_INIT("\303\251=b"), false, UNABLE "<nil>: Invalid value: \"\303\251\": name part " NAME},
	{STR_INIT("a=\303\251"), false, UNABLE "values[0][a]: Invalid value: \"\303\251\": " VALUE},
	{STR_INIT("a=b%c"), false, UNABLE "values[0][a]: Invalid value: \"b%c\": " VALUE},
	{STR_INIT("a=b\"c"), false, UNABLE "values[0][a]: Invalid value: \"b\\\"c\": " VALUE},
	{STR_INIT("a=b\\c"), false, UNABLE "values[0][a]: Invalid value: \"b\\\\c\": " VALUE},
	{STR_INIT("a=-b"), false, UNABLE "values[0][a]: Invalid value: \"-b\": " VALUE},
	{STR_INIT("a=b-"), false, UNABLE "values[0][a]: Invalid value: \"b-\": " VALUE},
	{STR_INIT("a=b:c"), false, UNABLE "values[0][a]: Invalid value: \"b:c\": " VALUE},
	{STR_INIT("a=b/c"), false, UNABLE "values[0][a]: Invalid value: \"b/c\": " VALUE},
	{STR_INIT("a in (x/y,z:w)"), false, UNABLE "[values[0][a]: Invalid value: \"x/y\": " VALUE ", values[1][a]: Invalid value: \"z:w\": " VALUE "]"},
	{STR_INIT("a in (x,z:w)"), false, UNABLE "values[1][a]: Invalid value: \"z:w\": " VALUE},
	{STR_INIT("model_name=meta-llama/Llama-3"), false, UNABLE "values[0][model_name]: Invalid value: \"meta-llama/Llama-3\": " VALUE},
	{STR_INIT("a=b c"), false, "found 'c', expected: ',' or 'end of string'"},
	{STR_INIT("a=b)"), false, "found ')', expected: ',' or 'end of string'"},
	{STR_INIT("a=b("), false, "found '(', expected: ',' or 'end of string'"},
	{STR_INIT("a,"), false, "found '', expected: identifier after ','"},
	{STR_INIT("a,,b"), false, "found ',', expected: identifier after ','"},
	{STR_INIT("a,)"), false, "found ')', expected: identifier after ','"},
	{STR_INIT("!!a"), false, UNABLE "found '!', expected: identifier"},
	{STR_INIT("!,a"), false, UNABLE "found ',', expected: identifier"},
	{STR_INIT("!(a)"), false, UNABLE "found '(', expected: identifier"},
	{STR_INIT("a\000b"), false, UNABLE "found 'b', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("a\000"), true, "a"},
	{STR_INIT("a=\000b"), true, "a=b"},
	{STR_INIT("\000"), true, ""},
	{STR_INIT("a,\000"), false, "found '', expected: identifier after ','"},
	{STR_INIT("a=b\000,c"), true, "a=b,c"},
	{STR_INIT("a==\000b"), true, "a==b"},
	{STR_INIT("a===b"), false, UNABLE "found '=', expected: identifier"},
	{STR_INIT("a=!b"), false, UNABLE "found '!', expected: identifier"},
	{STR_INIT("a!=!b"), false, UNABLE "found '!', expected: identifier"},
	{STR_INIT("a==,b"), true, "a==,b"},
	{STR_INIT("a<b"), false, UNABLE "values[0]: Invalid value: \"b\": " INTEGER},
	{STR_INIT("a<"), false, UNABLE "values[0]: Invalid value: \"\": " INTEGER},
	{STR_INIT("a\012b"), false, UNABLE "found 'b', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("a=\177b"), false, UNABLE "values[0][a]: Invalid value: \"\\x7fb\": " VALUE},
	{STR_INIT("a=\377"), false, UNABLE "values[0][a]: Invalid value: \"\\xff\": " VALUE},
	{STR_INIT("a in (b))"), false, "found ')', expected: ',' or 'end of string'"},
	{STR_INIT("a notin b"), false, UNABLE "found 'b' expected: '('"},
	{STR_INIT("a notin (b"), false, UNABLE "found '', expected: ',' or ')'"},
	{STR_INIT(X63 "=1"), true, X63 "=1"},
	{STR_INIT(X63 "x=1"), false, UNABLE "<nil>: Invalid value: \"" X63 "x\": name part must be no more than 63 characters"},
	{STR_INIT("a=" X63), true, "a=" X63},
	{STR_INIT("a=" X63 "x"), false, UNABLE "values[0][a]: Invalid value: \"" X63 "x\": must be no more than 63 characters"},
	{STR_INIT("a=" X63 "-"), false, UNABLE "values[0][a]: Invalid value: \"" X63 "-\": must be no more than 63 characters; " VALUE},
	{STR_INIT("a>1111111111111111111111111111111111111111111111111111111111111111"), false, UNABLE "[values[0]: Invalid value: \"1111111111111111111111111111111111111111111111111111111111111111\": " INTEGER ", values[0][a]: Invalid value: \"1111111111111111111111111111111111111111111111111111111111111111\": must be no more than 63 characters]"},
	{STR_INIT(A63 "." A63 "." A63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/x=1"), true, A63 "." A63 "." A63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/x=1"},
	{STR_INIT(A63 "." A63 "." A63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/x=1"), false, UNABLE "<nil>: Invalid value: \"" A63 "." A63 "." A63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/x\": prefix part must be no more than 253 characters"},
	{STR_INIT("a \376\377"), false, UNABLE "found '\357\277\275\357\277\275', expected: in, notin, =, ==, !=, gt, lt"},
	{STR_INIT("!a in (b)"), false, "found 'in', expected: ',' or 'end of string'"},
	/* clang-format on */
};

static void test_parse(void **state)
{
	const struct parse_case *c = *state;
	struct arena *arena = arena_new(0);
	struct selector selector = {NULL, 4711};
	CLEANUP(buf_clear) struct buf out = {0};
	char want[sizeof(((struct err *)NULL)->msg)];
	struct err err = {0};

	assert_int_equal(selector_parse(c->in, arena, &selector, &err), c->ok);
	if (c->ok) {
		write_selector(&out, &selector);
		assert_string_equal(buf_cstr(&out), c->want);
	} else {
		snprintf(want, sizeof(want), "%s", c->want); /* what err has room for */
		assert_string_equal(err.msg, want);
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(selector.count, 4711);
	}
	arena_free(arena);
}

/* The labels of the object are a selector's own words: "key=value key=value". */
static struct str find_label(const void *object, struct str key)
{
	struct str rest = str_of(object);
	struct str label;

	while (str_split(&rest, ' ', &label)) {
		size_t equals = str_index(label, '=');

		if (str_eq(str_slice(label, 0, equals), key))
			return str_slice(label, equals + 1, label.len);
	}
	return (struct str){NULL, 0};
}

static struct match_case {
	const char *name, *selector, *labels;
	bool want;
} match_cases[] = {
	{"everything", "", "", true},
	{"equals", "app=web", "app=web", true},
	{"equals: other value", "app=web", "app=webs", false},
	{"equals: absent", "app=web", "tier=web", false},
	{"equals: empty value", "app=", "app=", true},
	{"equals: empty value, absent", "app=", "tier=", false},
	{"double equals", "app==web", "app=web", true},
	{"double equals: other", "app==web", "app=db", false},
	{"not equals", "app!=web", "app=db", true},
	{"not equals: same", "app!=web", "app=web", false},
	{"not equals: absent", "app!=web", "", true},
	{"in", "app in (web,db)", "app=db", true},
	{"in: other", "app in (web,db)", "app=x", false},
	{"in: absent", "app in (web,db)", "", false},
	{"in the empty set", "app in ()", "app=", true},
	{"in the empty set: value", "app in ()", "app=x", false},
	{"notin", "app notin (web,db)", "app=x", true},
	{"notin: one of them", "app notin (web,db)", "app=db", false},
	{"notin: absent", "app notin (web,db)", "", true},
	{"notin the empty set: absent", "tier notin ()", "app=web", true},
	{"notin the empty set: empty", "tier notin ()", "tier=", false},
	{"exists", "tier", "tier=", true},
	{"exists: absent", "tier", "app=tier", false},
	{"not exists", "!tier", "app=web", true},
	{"not exists: there", "!tier", "tier=", false},
	{"prefixed key", "kit.example.com/role=x", "kit.example.com/role=x", true},
	{"greater", "num>7", "num=20", true},
	{"greater: equal", "num>7", "num=7", false},
	{"greater: less", "num>7", "num=6", false},
	{"greater: absent", "num>7", "", false},
	{"greater: no integer", "num>7", "num=8x", false},
	{"greater: empty", "num>7", "num=", false},
	{"greater: as a number, not as text", "num>9", "num=10", true},
	{"greater: largest", "num>9223372036854775806", "num=9223372036854775807", true},
	{"greater: too large for an integer", "num>7", "num=9223372036854775808", false},
	{"less", "num<7", "num=5", true},
	{"less: equal", "num<7", "num=7", false},
	{"less: greater", "num<7", "num=8", false},
	{"less: negative", "num<7", "num=-8", true},
	{"less: no integer", "num<7", "num=x", false},
	{"less: absent", "num<7", "", false},
	{"between", "num>4,num<11", "num=5", true},
	{"between: above", "num>4,num<11", "num=20", false},
	{"all must match", "app=web,tier=front,num=5", "app=web tier=front num=5", true},
	{"one does not match", "app=web,tier=front,num=5", "app=web tier=back num=5", false},
	{"the last does not match", "a,b,!c", "a= b= c=", false},
	{"the same key twice", "app=web,app!=db", "app=web", true},
	{"contradiction", "app=web,app=db", "app=web", false},
};

static void test_match(void **state)
{
	const struct match_case *c = *state;
	struct arena *arena = arena_new(0);
	struct selector selector;
	struct err err;

	assert_true(selector_parse(str_of(c->selector), arena, &selector, &err));
	assert_int_equal(selector_matches(&selector, find_label, c->labels), c->want);
	arena_free(arena);
}

static void test_requirements(void **state)
{
	struct arena *arena = arena_new(0);
	char text[] = "b notin (y,x,y),c>5,a!=1,!d,e,a==2,a=3,f<4,g in ()";
	struct selector selector;
	struct err err;
	static const struct {
		const char *key;
		enum selector_op op;
		size_t values;
		const char *first;
	} WANT[] = {{"a", SELECTOR_NOT_EQUALS, 1, "1"}, {"a", SELECTOR_DOUBLE_EQUALS, 1, "2"},
		    {"a", SELECTOR_EQUALS, 1, "3"},	{"b", SELECTOR_NOT_IN, 2, "x"},
		    {"c", SELECTOR_GREATER, 1, "5"},	{"d", SELECTOR_NOT_EXISTS, 0, NULL},
		    {"e", SELECTOR_EXISTS, 0, NULL},	{"f", SELECTOR_LESS, 1, "4"},
		    {"g", SELECTOR_IN, 1, ""}};

	(void)state;
	assert_true(selector_parse(str_of(text), arena, &selector, &err));
	memset(text, '#', sizeof(text) - 1); /* all is copied */
	assert_int_equal(selector.count, COUNT_OF(WANT));
	for (size_t i = 0; i < selector.count; i++) {
		const struct selector_requirement *requirement = &selector.requirements[i];

		assert_true(str_eq(requirement->key, str_of(WANT[i].key)));
		assert_int_equal(requirement->op, WANT[i].op);
		assert_int_equal(requirement->value_count, WANT[i].values);
		if (WANT[i].first)
			assert_true(str_eq(requirement->values[0], str_of(WANT[i].first)));
	}
	assert_true(str_eq(selector.requirements[3].values[1], STR("y")));
	arena_free(arena);
}

/* A peer chooses the size: an arena that is full is an error, wherever it happens. */
static void test_limit(void **state)
{
	bool parsed = false;

	(void)state;
	for (size_t max = 1; max < 2000 && !parsed; max++) {
		struct arena *arena = arena_new(max);
		struct selector selector = {NULL, 4711};
		struct err err = {0};

		parsed = selector_parse(STR("b in (y,x),a"), arena, &selector, &err);
		assert_int_equal(err.code, parsed ? ERR_NONE : ERR_LIMIT);
		assert_int_equal(selector.count, parsed ? 2 : 4711);
		arena_free(arena);
	}
	assert_true(parsed);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(parse_cases) + COUNT_OF(match_cases) + 2] = {
		cmocka_unit_test(test_requirements), cmocka_unit_test(test_limit)};
	size_t count = 2;

	for (size_t i = 0; i < COUNT_OF(parse_cases); i++)
		tests[count++] = (struct CMUnitTest){parse_cases[i].in.ptr, test_parse, NULL, NULL, &parse_cases[i]};
	for (size_t i = 0; i < COUNT_OF(match_cases); i++)
		tests[count++] = (struct CMUnitTest){match_cases[i].name, test_match, NULL, NULL, &match_cases[i]};
	return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
