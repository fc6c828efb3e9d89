/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "text/template.h"

/* ---- the fields that rows run with ---- */

enum fields { PODS, SERVICE, SELECTOR, EXTERNAL, TWO_GROUPS, LABEL, LABEL_CORE };

#define STRING(field, text)                                                                                            \
	{                                                                                                              \
		.name = STR_INIT(field), .kind = TEMPLATE_STRING, .string = STR_INIT(text)                             \
	}
#define LIST(field, array)                                                                                             \
	{                                                                                                              \
		.name = STR_INIT(field), .kind = TEMPLATE_LIST, .items = array, .count = COUNT_OF(array)               \
	}
#define NO_LIST(field)                                                                                                 \
	{                                                                                                              \
		.name = STR_INIT(field), .kind = TEMPLATE_LIST                                                         \
	}
#define NO_MAP(field)                                                                                                  \
	{                                                                                                              \
		.name = STR_INIT(field), .kind = TEMPLATE_MAP                                                          \
	}
#define MAP(field, names, values)                                                                                      \
	{                                                                                                              \
		.name = STR_INIT(field), .kind = TEMPLATE_MAP, .keys = names, .items = values,                         \
		.count = COUNT_OF(names)                                                                               \
	}

static const struct str pod[] = {STR_INIT("pod")};
static const struct str service[] = {STR_INIT("service")};
static const struct str pod_and_container[] = {STR_INIT("pod"), STR_INIT("container")};
static const struct str pod_keys[] = {STR_INIT("namespace"), STR_INIT("pod")};
static const struct str pod_values[] = {STR_INIT("ns"), STR_INIT("p1|p2")};
static const struct str service_keys[] = {STR_INIT("namespace"), STR_INIT("service")};
static const struct str service_values[] = {STR_INIT("ns"), STR_INIT("web")};
static const struct str selector_keys[] = {STR_INIT("code"), STR_INIT("namespace"), STR_INIT("pod"), STR_INIT("verb")};
static const struct str selector_values[] = {STR_INIT(""), STR_INIT("ns"), STR_INIT("p1"), STR_INIT("GET|POST")};

static const struct template_field field_sets[][5] = {
	[PODS] = {STRING("Series", "m"), STRING("LabelMatchers", "namespace=\"ns\",pod=~\"p1|p2\""),
		  MAP("LabelValuesByName", pod_keys, pod_values), STRING("GroupBy", "pod"), LIST("GroupBySlice", pod)},
	[SERVICE] = {STRING("Series", "m"), STRING("LabelMatchers", "namespace=\"ns\",service=\"web\""),
		     MAP("LabelValuesByName", service_keys, service_values), STRING("GroupBy", "service"),
		     LIST("GroupBySlice", service)},
	[SELECTOR] = {STRING("Series", "m"),
		      STRING("LabelMatchers", "code!=\"\",verb=~\"GET|POST\",namespace=\"ns\",pod=\"p1\""),
		      MAP("LabelValuesByName", selector_keys, selector_values), STRING("GroupBy", "pod"),
		      LIST("GroupBySlice", pod)},
	[EXTERNAL] = {STRING("Series", "queue_lag"), STRING("LabelMatchers", ""), NO_MAP("LabelValuesByName"),
		      STRING("GroupBy", ""), NO_LIST("GroupBySlice")},
	[TWO_GROUPS] = {STRING("Series", "m"), STRING("LabelMatchers", "namespace=\"ns\",pod=~\"p1|p2\""),
			MAP("LabelValuesByName", pod_keys, pod_values), STRING("GroupBy", "pod"),
			LIST("GroupBySlice", pod_and_container)},
	[LABEL] = {STRING("Group", "apps"), STRING("Resource", "deployment")},
	[LABEL_CORE] = {STRING("Group", ""), STRING("Resource", "pod")},
};

enum { SCRATCH_MAX = 8 << 20, OUT_MAX = 2 << 20 };

static bool run_with(struct str text, enum fields fields, const char *name, struct buf *out, struct err *err)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_MAX);
	struct place at = {0, 0};

	if (!template_parse(text, name, &tree, &at, err)) {
		assert_true(at.line > 0 && at.column > 0);
		return false;
	}
	assert_int_equal(at.line, 0);
	return template_run(tree, field_sets[fields], fields >= LABEL ? 2 : 5, scratch, out, err);
}

static void expect_result(const char *text, enum fields fields, const char *want)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	struct err err = {0};

	buf_puts(&out, "before:");
	if (!run_with(str_of(text), fields, "metrics-query", &out, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(strncmp(buf_cstr(&out), "before:", 7), 0);
	assert_string_equal(buf_cstr(&out) + 7, want);
	assert_int_equal(err.code, ERR_NONE);
}

static void expect_error(struct str text, enum fields fields, enum err_code code, const char *message)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	struct err err = {0};

	buf_puts(&out, "before:");
	assert_false(run_with(text, fields, "metrics-query", &out, &err));
	assert_int_equal(err.code, code);
	if (message)
		assert_string_equal(err.msg, message);
	assert_string_equal(buf_cstr(&out), "before:"); /* nothing of a failed run */
	assert_false(out.failed);
}

/* ---- what Go gives ---- */

static struct result_case {
	const char *text, *want;
} results[] = {
#include "template_results.h"
};

static void test_result(void **state)
{
	const struct result_case *c = *state;

	expect_result(c->text, TWO_GROUPS, c->want);
}

enum moment { AT_PARSE, AT_RUN };

static struct error_case {
	enum moment moment;
	const char *text, *message;
} errors[] = {
#include "template_errors.h"
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	struct template_tree *tree = NULL;
	struct place at = {0, 0};
	struct err err = {0};

	assert_int_equal(template_parse(str_of(c->text), "metrics-query", &tree, &at, &err), c->moment == AT_RUN);
	assert_int_equal(tree != NULL, c->moment == AT_RUN);
	template_tree_free(tree);
	expect_error(str_of(c->text), TWO_GROUPS, ERR_INVALID, c->message);
}

/* ---- prometheus-adapter's vectors, and its other fields ---- */

static struct vector_case {
	const char *name;
	enum fields fields;
	const char *text, *want;
} vectors[] = {
	{"T01 Series", PODS, "series <<.Series>>", "series m"},
	{"T02 LabelValuesByName by index", PODS, "<<index .LabelValuesByName \"pod\">>", "p1|p2"},
	{"T04 namespace and name", PODS,
	 "<<index .LabelValuesByName \"namespace\">> <<index .LabelValuesByName \"pod\">>", "ns p1|p2"},
	{"T05 GroupBySlice printed as a Go slice", PODS, "<<.GroupBySlice>>", "[pod]"},
	{"T06 LabelValuesByName printed as a Go map (keys sorted)", PODS, "<<.LabelValuesByName>>",
	 "map[namespace:ns pod:p1|p2]"},
	{"T07 map key as a field", PODS, "<<.LabelValuesByName.pod>>", "p1|p2"},
	{"T08 range over the map with if ne (skip namespace)", PODS,
	 "kafka_lag{<< range $key, $value :=.LabelValuesByName >><< if ne $key \"namespace\" >><< $key >>=~"
	 "\"<< $value >>\",<<end >><< end >>}",
	 "kafka_lag{pod=~\"p1|p2\",}"},
	{"T10 trim markers", PODS, "a   <<- .Series ->>   b", "amb"},
	{"T11 comment", PODS, "a<</* note */>>b", "ab"},
	{"T12 comment with trim", PODS, "a <<- /* note */ ->> b", "ab"},
	{"T13 with/else", PODS,
	 "<<with index .LabelValuesByName \"cluster\">>cluster=\"<<.>>\"<<else>>cluster=\"\"<<end>>", "cluster=\"\""},
	{"T15 and/or/not", PODS, "<<if and .GroupBy (not (eq .Series \"z\"))>>yes<<else>>no<<end>>", "yes"},
	{"T17 pipeline into printf", PODS, "<<.Series | printf \"%s{%s}\" \"x\">>", "x{m}"},
	{"T18 len and index on a slice", PODS, "<<len .GroupBySlice>> <<index .GroupBySlice 0>>", "1 pod"},
	{"T20 variable assignment", PODS, "<<$s := .Series>><<$s>>:<<$s>>", "m:m"},
	{"T22 range else on an empty slice", PODS, "<<range $k, $v := .LabelValuesByName>><<$k>>;<<else>>none<<end>>",
	 "namespace;pod;"},
	{"T24 single < is literal", PODS, "sum(m{<<.LabelMatchers>>} < 5) by (<<.GroupBy>>)",
	 "sum(m{namespace=\"ns\",pod=~\"p1|p2\"} < 5) by (pod)"},
	{"T31 break and continue (Go >= 1.18)", PODS,
	 "<<range $i, $v := .GroupBySlice>><<if $i>><<break>><<end>><<$v>><<end>>", "pod"},
	{"T33 compare numbers: lt/gt/ge/le", PODS, "<<if gt (len .GroupBySlice) 0>>many<<end>>", "many"},
	{"T34 label concatenation namespace/service", SERVICE,
	 "sum(x{tag=\"<<index .LabelValuesByName \"namespace\">>/<<index .LabelValuesByName \"service\">>\"}"
	 ")",
	 "sum(x{tag=\"ns/web\"})"},
	{"T35 suffix on a label value", SERVICE,
	 "kube_deployment_spec_replicas{deployment='<<index .LabelValuesByName \"service\">>-base',namespace"
	 "='<<index .LabelValuesByName \"namespace\">>'}",
	 "kube_deployment_spec_replicas{deployment='web-base',namespace='ns'}"},
	{"T36 the | in joined values breaks = matchers built by hand", PODS,
	 "m{pod=\"<<index .LabelValuesByName \"pod\">>\"}", "m{pod=\"p1|p2\"}"},
	{"T37 selector labels are in LabelValuesByName too", SELECTOR, "<<.LabelValuesByName>>|<<.LabelMatchers>>",
	 "map[code: namespace:ns pod:p1 verb:GET|POST]|code!=\"\",verb=~\"GET|POST\",namespace=\"ns\",pod=\""
	 "p1\""},
	{"T38 absent map key as a field prints <no value>", PODS, "x<<.LabelValuesByName.zzz>>y", "x<no value>y"},
	{"T39 absent map key as a field is false in if", PODS, "<<if .LabelValuesByName.zzz>>a<<else>>b<<end>>", "b"},
	{"T40 eq with several candidates", PODS, "<<if eq .Series \"a\" \"b\" \"m\">>hit<<end>>", "hit"},
	{"T41 print joins operands", PODS, "<<print .Series \"-\" 3>>", "m-3"},
	{"T42 nested index in a pipeline", PODS, "<<index .LabelValuesByName \"namespace\" | printf \"%q\">>",
	 "\"ns\""},
	{"T03 absent label by index", PODS, "[<<index .LabelValuesByName \"zzz\">>]", "[]"},
	{"T09 range over the groups", TWO_GROUPS, "<<range $i, $v := .GroupBySlice>><<if $i>>, <<end>><<$v>><<end>>",
	 "pod, container"},
	{"external query without matchers", EXTERNAL, "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
	 "sum(queue_lag{}) by ()"},
	{"external empty list and map", EXTERNAL, "<<.GroupBySlice>><<.LabelValuesByName>><<len .GroupBySlice>>",
	 "[]map[]0"},
	{"external empty list is false", EXTERNAL, "<<if .GroupBySlice>>a<<else>>b<<end>>", "b"},
	{"external range else", EXTERNAL, "<<range .GroupBySlice>>a<<else>>b<<end>>", "b"},
	{"external range over no map", EXTERNAL, "<<range $k, $v := .LabelValuesByName>>a<<end>>", ""},
	{"external slice of nothing", EXTERNAL, "<<slice .GroupBySlice>>", "[]"},
	{"label", LABEL, "kube_<<.Group>>_<<.Resource>>", "kube_apps_deployment"},
	{"A17 label with group", LABEL, "kube_<<if .Group>><<.Group>>_<<end>><<.Resource>>", "kube_apps_deployment"},
	{"A17 label without group", LABEL_CORE, "kube_<<if .Group>><<.Group>>_<<end>><<.Resource>>", "kube_pod"},
};

static void test_vector(void **state)
{
	const struct vector_case *c = *state;

	expect_result(c->text, c->fields, c->want);
}

static void test_label_field(void **state)
{
	(void)state;
	expect_error(STR("<<.Namespace>>"), LABEL, ERR_INVALID,
		     "template: metrics-query:1:2: executing \"metrics-query\" at <.Namespace>: "
		     "can't evaluate field Namespace in type schema.GroupResource");
}

/* What later versions of Go take and 1.22 does not; what we do not take; and where the words are our own. */
static struct error_case later[] = {
	{AT_PARSE, "<<with .Series>>a<<else with 1>>b<<end>>", "template: metrics-query:1: unexpected <with> in else"},
	{AT_RUN, "<<range 3>>a<<end>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <3>: range can't iterate over 3"},
	{AT_PARSE, "<<1i>>", "template: metrics-query:1: imaginary numbers are not supported: \"1i\""},
	{AT_PARSE, "<<1+2i>>", "template: metrics-query:1: imaginary numbers are not supported: \"1+2i\""},
	{AT_RUN, "<<printf \"%*d\" 1001 4>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <printf \"%*d\" 1001 4>: error calling printf: "
	 "a directive that is not supported in the format '%*d'"},
	{AT_RUN, "<<printf \"%99999s\" \"\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <printf \"%99999s\" \"\">: error calling printf: "
	 "a directive that is not supported in the format '%99999s'"},
	{AT_RUN, "<<eq . .>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq . .>: error calling eq: "
	 "non-comparable type naming.queryTemplateArgs"},
	{AT_RUN, "<<eq .GroupBySlice .LabelValuesByName>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq .GroupBySlice .LabelValuesByName>: "
	 "error calling eq: non-comparable types []string, map[string]string"},
	{AT_RUN, "<<printf `%p` .GroupBySlice>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <printf `%p` .GroupBySlice>: error calling "
	 "printf: "
	 "a directive that is not supported in the format '%p'"},
	{AT_RUN, "<<printf `%+q` .Series>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <printf `%+q` .Series>: error calling printf: "
	 "a directive that is not supported in the format '%+q'"},
	{AT_RUN, "<<len nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len nil>: error calling len: len of nil "
	 "pointer"},
};

/* ---- places ---- */

static struct place_case {
	const char *name, *text;
	struct place at;
} places[] = {
	{"bad character", "sum(<<.Series>)", {1, 14}},
	{"unknown function", "a\nbc<<join 1>>", {2, 5}},
	{"line of the field, not of the action", "<<if 1>>\n<<print\n 1 | nope>>\n<<end>>", {3, 6}},
	{"end of the text", "<<if .Series>>\nx", {2, 2}},
	{"unclosed action", "x\n<<.Series", {2, 10}},
	{"quote", "\n<<print \"abc>>", {2, 9}},
	{"typographic quote", "<<index .LabelValuesByName \xe2\x80\x9cpod\xe2\x80\x9d>>", {1, 28}},
};

static void test_place(void **state)
{
	const struct place_case *c = *state;
	struct template_tree *tree = NULL;
	struct place at = {0, 0};
	struct err err = {0};

	assert_false(template_parse(str_of(c->text), "n", &tree, &at, &err));
	assert_null(tree);
	assert_int_equal(at.line, c->at.line);
	assert_int_equal(at.column, c->at.column);
	assert_int_equal(err.code, ERR_INVALID);
}

/* ---- template_uses ---- */

static struct uses_case {
	const char *name, *text;
	bool want;
} uses[] = {
	{"field", "sum(<<.GroupBy>>)", true},
	{"argument", "<<print 1 .GroupBy>>", true},
	{"of the root variable", "<<range .GroupBySlice>><<$.GroupBy>><<end>>", true},
	{"in a branch", "<<if .Series>><<else>><<.GroupBy>><<end>>", true},
	{"in a definition", "<<define \"a\">><<.GroupBy>><<end>>", true},
	{"in parentheses", "<<len (print .GroupBy)>>", true},
	{"of a chain", "<<(print 1).GroupBy>>", true},
	{"in text only", ".GroupBy", false},
	{"in a comment", "<</* .GroupBy */>>", false},
	{"in a constant", "<<\".GroupBy\">>", false},
	{"longer name", "<<.GroupBySlice>>", false},
	{"key of a map", "<<.LabelValuesByName.GroupBy>>", false},
	{"a variable", "<<$GroupBy := 1>><<$GroupBy>>", false},
};

static void test_uses(void **state)
{
	const struct uses_case *c = *state;
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	struct place at;
	struct err err = {0};

	assert_true(template_parse(str_of(c->text), "n", &tree, &at, &err));
	assert_int_equal(template_uses(tree, STR("GroupBy")), c->want);
}

/* ---- limits ---- */

static void repeat(struct buf *out, const char *text, size_t times)
{
	while (times--)
		buf_puts(out, text);
}

static struct depth_case {
	const char *name, *open, *middle, *close;
	size_t levels;
	bool good;
} depths[] = {
	{"parentheses as deep as may be", "(", "print 1", ")", TEMPLATE_DEPTH_MAX, true},
	{"parentheses deeper", "(", "print 1", ")", TEMPLATE_DEPTH_MAX + 1, false},
	{"parentheses a thousand times deeper", "(", "print 1", ")", 30000, false},
	{"conditions as deep as may be", "<<if 1>>", "x", "<<end>>", TEMPLATE_DEPTH_MAX, true},
	{"conditions deeper", "<<if 1>>", "x", "<<end>>", TEMPLATE_DEPTH_MAX + 1, false},
	{"blocks deeper", "<<block \"b\" 1>>", "x", "<<end>>", TEMPLATE_DEPTH_MAX + 1, false},
	{"else if is not deeper", "<<if 0>>a<<else if 0>>", "b<<else if 0>>", "<<end>>", 1, true},
};

static void test_depth(void **state)
{
	const struct depth_case *c = *state;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};

	repeat(&text, c->open[0] == '(' ? "<<" : "", 1);
	repeat(&text, c->open, c->levels);
	repeat(&text, c->middle, c->levels == 1 ? 1000 : 1);
	repeat(&text, c->close, c->levels);
	repeat(&text, c->open[0] == '(' ? ">>" : "", 1);
	assert_int_equal(run_with(buf_str(&text), PODS, "n", &out, &err), c->good);
	assert_int_equal(err.code, c->good ? ERR_NONE : ERR_INVALID);
}

/* Templates that would run very long, very deep or give very much. */
static struct limit_case {
	const char *name, *text;
	enum err_code code;
	const char *message;
} limits[] = {
	{"a template that calls itself", "<<define \"a\">>x<<template \"a\" .>><<end>><<template \"a\" .>>",
	 ERR_INVALID,
	 "template: metrics-query:1:26: executing \"a\" at <{{template \"a\" .}}>: "
	 "exceeded maximum template depth (100)"},
	{"doubling a text",
	 "<<$x := \"0123456789\">><<define \"a\">><<end>>"
	 "<<range .GroupBySlice>><<$x = print $x $x $x $x $x $x $x $x $x $x>>"
	 "<<$x = print $x $x $x $x $x $x $x $x $x $x>><<$x = print $x $x $x $x $x $x $x $x $x $x>>"
	 "<<$x = print $x $x $x $x $x $x $x $x $x $x>><<$x = print $x $x $x $x $x $x $x $x $x $x>>"
	 "<<$x = print $x $x $x $x $x $x $x $x $x $x>><<end>>",
	 ERR_LIMIT, "template: metrics-query: the result is too long"},
	{"doubling calls",
	 "<<define \"a\">><<template \"b\">><<template \"b\">><<template \"b\">><<template \"b\">><<end>>"
	 "<<define \"b\">><<template \"c\">><<template \"c\">><<template \"c\">><<template \"c\">><<end>>"
	 "<<define \"c\">><<template \"d\">><<template \"d\">><<template \"d\">><<template \"d\">><<end>>"
	 "<<define \"d\">><<template \"e\">><<template \"e\">><<template \"e\">><<template \"e\">><<end>>"
	 "<<define \"e\">><<template \"f\">><<template \"f\">><<template \"f\">><<template \"f\">><<end>>"
	 "<<define \"f\">><<template \"g\">><<template \"g\">><<template \"g\">><<template \"g\">><<end>>"
	 "<<define \"g\">><<template \"h\">><<template \"h\">><<template \"h\">><<template \"h\">><<end>>"
	 "<<define \"h\">><<template \"i\">><<template \"i\">><<template \"i\">><<template \"i\">><<end>>"
	 "<<define \"i\">><<template \"j\">><<template \"j\">><<template \"j\">><<template \"j\">><<end>>"
	 "<<define \"j\">><<template \"k\">><<template \"k\">><<template \"k\">><<template \"k\">><<end>>"
	 "<<define \"k\">><<template \"l\">><<template \"l\">><<template \"l\">><<template \"l\">><<end>>"
	 "<<define \"l\">><<end>><<template \"a\">>",
	 ERR_LIMIT, "template: metrics-query: takes too many steps"},
};

static void test_limit(void **state)
{
	const struct limit_case *c = *state;

	expect_error(str_of(c->text), PODS, c->code, c->message);
}

static void test_too_long(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	repeat(&text, "x", TEMPLATE_BYTES_MAX);
	assert_true(run_with(buf_str(&text), PODS, "n", &out, &err));
	assert_int_equal(out.len, TEMPLATE_BYTES_MAX);
	buf_putc(&text, 'x');
	expect_error(buf_str(&text), PODS, ERR_LIMIT, "template: metrics-query: longer than 65536 bytes");
}

static void test_out_is_full(void **state)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_MAX);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(4);
	struct place at;
	struct err err = {0};

	(void)state;
	assert_true(template_parse(STR("<<.Series>>2345"), "n", &tree, &at, &err));
	assert_false(template_run(tree, field_sets[PODS], 5, scratch, &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(out.len, 0);
	assert_int_equal(out.max, 4);
}

static void test_scratch_is_full(void **state)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(16);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	struct place at;
	struct err err = {0};

	(void)state;
	assert_true(template_parse(STR("<<$x := 1>><<print `01234567890123456789` 1 2 3 4 5 6 7>>"), "n", &tree, &at,
				   &err));
	assert_false(template_run(tree, field_sets[PODS], 5, scratch, &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(out.len, 0);
}

/* A tree is not used up by a run, even a failed one. */
static void test_run_again(void **state)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	struct str text =
		STR("<<range $k, $v := .LabelValuesByName>><<$k>>=<<print $v>>,<<end>><<slice .GroupBySlice 1>>");
	struct place at;
	struct err err = {0};
	static const char *const wants[] = {"namespace=ns,service=web,[]", NULL, "namespace=ns,pod=p1|p2,[container]"};
	static const enum fields fields[] = {SERVICE, EXTERNAL, TWO_GROUPS};

	(void)state;
	assert_true(template_parse(text, "n", &tree, &at, &err));
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_MAX);
		CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);

		assert_int_equal(template_run(tree, field_sets[fields[i]], 5, scratch, &out, &err), wants[i] != NULL);
		assert_string_equal(buf_cstr(&out), wants[i] ? wants[i] : "");
	}
}

/* Plain templates must not touch the arena: they run for every request. */
static void test_plain_needs_no_memory(void **state)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_MAX);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	struct place at;
	struct err err = {0};

	(void)state;
	assert_true(
		template_parse(STR("sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"), "n", &tree, &at, &err));
	assert_true(template_run(tree, field_sets[PODS], 5, scratch, &out, &err));
	assert_string_equal(buf_cstr(&out), "sum(m{namespace=\"ns\",pod=~\"p1|p2\"}) by (pod)");
	assert_int_equal(arena_bytes(scratch), 0);
}

/* The tree must not look at the text it was made from. */
static void test_text_is_copied(void **state)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_MAX);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	char text[] = "a<<.Series>>b";
	char name[] = "n";
	struct place at;
	struct err err = {0};

	(void)state;
	assert_true(template_parse(str_of(text), name, &tree, &at, &err));
	memset(text, '<', sizeof(text));
	memset(name, '<', sizeof(name));
	assert_true(template_run(tree, field_sets[PODS], 5, scratch, &out, &err));
	assert_string_equal(buf_cstr(&out), "amb");
}

static void test_nul_bytes(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(OUT_MAX);
	struct err err = {0};

	(void)state;
	assert_true(run_with(STR("a\0b<<print `c\0d`>>"), PODS, "n", &out, &err));
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.ptr, "a\0bc\0d", 6);
	expect_error(STR("<<\0>>"), PODS, ERR_INVALID,
		     "template: metrics-query:1: unrecognized character in action: U+0000");
}

/* A message must stay UTF-8 and say what is wrong, however long the template is. */
static void test_long_context(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};

	(void)state;
	buf_puts(&text, "<<print `");
	repeat(&text, "\xe6\x97\xa5", 500);
	buf_puts(&text, "` (index .GroupBySlice 9)>>\n<<index `");
	assert_false(run_with(buf_str(&text), PODS, "n", &out, &err));
	text.len -= strlen("\n<<index `");
	assert_false(run_with(buf_str(&text), PODS, "n", &out, &err));
	assert_true(str_is_utf8(str_of(err.msg)));
	assert_non_null(strstr(err.msg, "index out of range: 9"));
	buf_reset(&text);
	buf_puts(&text, "<<index (print `");
	repeat(&text, "\xe6\x97\xa5", 500);
	buf_puts(&text, "`) 5000>>");
	assert_false(run_with(buf_str(&text), PODS, "n", &out, &err));
	assert_true(str_is_utf8(str_of(err.msg)));
	assert_non_null(strstr(err.msg, "...>: error calling index: index out of range: 5000"));
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(test_label_field),    cmocka_unit_test(test_too_long),
	cmocka_unit_test(test_out_is_full),    cmocka_unit_test(test_scratch_is_full),
	cmocka_unit_test(test_run_again),      cmocka_unit_test(test_plain_needs_no_memory),
	cmocka_unit_test(test_text_is_copied), cmocka_unit_test(test_nul_bytes),
	cmocka_unit_test(test_long_context),
};

static struct CMUnitTest tests[COUNT_OF(results) + COUNT_OF(errors) + COUNT_OF(vectors) + COUNT_OF(later) +
			       COUNT_OF(places) + COUNT_OF(uses) + COUNT_OF(depths) + COUNT_OF(limits) +
			       COUNT_OF(others)];
static size_t test_count;

static void add(const char *name, CMUnitTestFunction function, void *row)
{
	tests[test_count++] = (struct CMUnitTest){name, function, NULL, NULL, row};
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(results); i++)
		add(results[i].text, test_result, &results[i]);
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		add(errors[i].text, test_error, &errors[i]);
	for (size_t i = 0; i < COUNT_OF(later); i++)
		add(later[i].text, test_error, &later[i]);
	for (size_t i = 0; i < COUNT_OF(vectors); i++)
		add(vectors[i].name, test_vector, &vectors[i]);
	for (size_t i = 0; i < COUNT_OF(places); i++)
		add(places[i].name, test_place, &places[i]);
	for (size_t i = 0; i < COUNT_OF(uses); i++)
		add(uses[i].name, test_uses, &uses[i]);
	for (size_t i = 0; i < COUNT_OF(depths); i++)
		add(depths[i].name, test_depth, &depths[i]);
	for (size_t i = 0; i < COUNT_OF(limits); i++)
		add(limits[i].name, test_limit, &limits[i]);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		tests[test_count++] = others[i];
	assert_int_equal(test_count, COUNT_OF(tests));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
