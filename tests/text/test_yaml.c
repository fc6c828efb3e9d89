/* SPDX-License-Identifier: Apache-2.0 */
#include "text/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A tree on one line: plain scalars bare, quoted ones and blocks in quotes with \n and \t, null as ~. */
static void render(struct buf *out, const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_NULL:
		buf_putc(out, '~');
		break;
	case YAML_SCALAR:
		assert_int_equal(node->text.ptr[node->text.len], '\0');
		buf_puts(out, node->quoted ? "\"" : "");
		for (size_t i = 0; i < node->text.len; i++)
			if (node->text.ptr[i] == '\n')
				buf_puts(out, "\\n");
			else if (node->text.ptr[i] == '\t')
				buf_puts(out, "\\t");
			else
				buf_putc(out, node->text.ptr[i]);
		buf_puts(out, node->quoted ? "\"" : "");
		break;
	case YAML_LIST:
		for (size_t i = 0; i < node->count; i++) {
			buf_puts(out, i ? "," : "[");
			render(out, node->items[i]);
		}
		buf_puts(out, node->count ? "]" : "[]");
		break;
	case YAML_MAP:
		for (size_t i = 0; i < node->count; i++) {
			buf_puts(out, i ? "," : "{");
			render(out, node->pairs[i].key);
			buf_putc(out, ':');
			render(out, node->pairs[i].value);
		}
		buf_puts(out, node->count ? "}" : "{}");
		break;
	}
}

#define NEEDLESS "warning: a tag, which a rules file does not need; leave out the word that begins with !\n"
#define UNFIT	 "the text is not what its tag says; leave out the word that begins with !\n"
#define INDENT(line, column, indent, first, its)                                                                       \
#line ":" #column ": no YAML: this item is indented by " indent                                                \
	      ", and the first one of its list, in line " first ", by " its "; indent them alike\n"

/* `want`: the tree, or the problems as `line:column: text` lines without the file's name. */
static struct tree_case {
	const char *name;
	struct str in;
	bool ok;
	const char *want;
} tree_cases[] = {
	{"empty", STR_INIT(""), true, "~"},
	{"only a comment", STR_INIT("# nothing\n"), true, "~"},
	{"only a document mark", STR_INIT("---\n"), true, "~"},
	{"leading document mark", STR_INIT("---\na: b\n"), true, "{a:b}"},
	{"no line end", STR_INIT("a: b"), true, "{a:b}"},
	{"comment without line end", STR_INIT("[a] # b"), true, "[a]"},
	{"nulls", STR_INIT("[null, Null, NULL, ~, nULL]"), true, "[~,~,~,~,nULL]"},
	{"null of an absent value", STR_INIT("a:\nb: # c\n"), true, "{a:~,b:~}"},
	{"quoted null is a text", STR_INIT("['null', \"~\", '']"), true, "[\"null\",\"~\",\"\"]"},
	{"numbers and dates stay texts", STR_INIT("[42, 0x1F, 1_000, 2001-01-01, -1.5e3]"), true,
	 "[42,0x1F,1_000,2001-01-01,-1.5e3]"},

	/* comments and tabs, as users write them */
	{"tabs before a comment, plain", STR_INIT("default: false  \t\t\t# why\nb: c\n"), true, "{default:false,b:c}"},
	{"tab before a comment, quoted", STR_INIT("a: 'x'\t# why\nb: \"y\"\t\t# why\n"), true, "{a:\"x\",b:\"y\"}"},
	{"tab before a comment, flow", STR_INIT("a: {b: c}\t# why\nd: [e]\t# why\n"), true, "{a:{b:c},d:[e]}"},
	{"tab before a comment, no value", STR_INIT("a:\t# why\n  b: c\n"), true, "{a:{b:c}}"},
	{"tab before a comment, block", STR_INIT("a: |\t# why\n  b\n"), true, "{a:\"b\\n\"}"},
	{"tab before a comment, list item", STR_INIT("- a\t# why\n- b\n"), true, "[a,b]"},
	{"tab before the value", STR_INIT("a:\tb\n"), true, "{a:b}"},
	{"tab behind the value", STR_INIT("a: b\t\nc: d\n"), true, "{a:b,c:d}"},
	{"tab in quotes stays", STR_INIT("a: 'x\t# y'\n"), true, "{a:\"x\\t# y\"}"},
	{"tab in a block stays", STR_INIT("a: |\n  x\t# y\n"), true, "{a:\"x\\t# y\\n\"}"},
	{"tab in flow", STR_INIT("{\ta:\tb\t,\tc: d\t}\n"), true, "{a:b,c:d}"},
	{"comment at column 0 in a nested map", STR_INIT("a:\n  b:\n#    c: d\n#    - e\n\n    f: g\n"), true,
	 "{a:{b:{f:g}}}"},
	{"comments between a key and its list", STR_INIT("custom:\n\n# one\n  # two\n- a: b\n  c: d\n"), true,
	 "{custom:[{a:b,c:d}]}"},
	{"comment deeper than what follows", STR_INIT("- a: b\n    # deep\n    # deep\n- c: d\n"), true,
	 "[{a:b},{c:d}]"},
	{"comment in Chinese and Japanese", STR_INIT("a: b # 默认指标\n# これはコメントです\nc: d\n"), true,
	 "{a:b,c:d}"},
	{"a # within a word is no comment", STR_INIT("a: b#c\n"), true, "{a:b#c}"},

	/* lists and maps */
	{"list at its key's indentation", STR_INIT("a:\n- b\n- c\nd: e\n"), true, "{a:[b,c],d:e}"},
	{"list deeper than its key", STR_INIT("a:\n    - b\n    - c\nd: e\n"), true, "{a:[b,c],d:e}"},
	{"flow map", STR_INIT("namespace: { resource: \"namespace\" }\n"), true,
	 "{namespace:{resource:\"namespace\"}}"},
	{"flow over lines", STR_INIT("{a: b,\n # why\n c: [d,\n e], }\n"), true, "{a:b,c:[d,e]}"},
	{"flow without spaces after quoted keys", STR_INIT("{\"a\":b,\"c\":{\"d\":[1,2]}}"), true,
	 "{\"a\":b,\"c\":{\"d\":[1,2]}}"},
	{"flow set", STR_INIT("{a, b: c}"), true, "{a:~,b:c}"},
	{"empty list and map", STR_INIT("seriesFilters: []\nb: {}\n"), true, "{seriesFilters:[],b:{}}"},
	{"quoted keys", STR_INIT("\"resourceRules\":\n  'cpu': x\n"), true, "{\"resourceRules\":{\"cpu\":x}}"},
	{"duplicate keys stay", STR_INIT("a: 1\na: 2\n"), true, "{a:1,a:2}"},
	{"explicit key", STR_INIT("? a\n: b\n"), true, "{a:b}"},
	{"list of lists", STR_INIT("- - a\n  - b\n- []\n"), true, "[[a,b],[]]"},

	/* scalars */
	{"template as a plain value is no merge", STR_INIT("template: <<.Resource>>\n"), true,
	 "{template:<<.Resource>>}"},
	{"template in flow", STR_INIT("{template: <<.Resource>>}\n"), true, "{template:<<.Resource>>}"},
	{"<< as a value", STR_INIT("- <<\n- a: <<\n"), true, "[<<,{a:<<}]"},
	{"query as a plain value", STR_INIT("q: sum(<<.Series>>{<<.LabelMatchers>>,c!=\"POD\"}) by (<<.GroupBy>>)\n"),
	 true, "{q:sum(<<.Series>>{<<.LabelMatchers>>,c!=\"POD\"}) by (<<.GroupBy>>)}"},
	{"pipes and colons", STR_INIT("as: prometheus.googleapis.com|vllm:x|gauge\n"), true,
	 "{as:prometheus.googleapis.com|vllm:x|gauge}"},
	{"URL", STR_INIT("url: http://a.b:9090/api\n"), true, "{url:http://a.b:9090/api}"},
	{"regexp", STR_INIT("[^(.*)_total$, ${1}_x]\n"), false, NULL},
	{"regexp in block", STR_INIT("a: ^(.*)_total$\nb: ${1}_x\n"), true, "{a:^(.*)_total$,b:${1}_x}"},
	{"plain over lines folds", STR_INIT("a: sum(x)\n  by (y)\n\n  z\nb: c\n"), true, "{a:sum(x) by (y)\\nz,b:c}"},
	{"single quotes", STR_INIT("a: 'x{b!=\"\",c!=\"it''s\"}'\n"), true, "{a:\"x{b!=\"\",c!=\"it's\"}\"}"},
	{"double quotes", STR_INIT("a: \"\\\"b\\\"\\tc\\u00e9\"\n"), true, "{a:\"\"b\"\\tc\xc3\xa9\"}"},
	{"quotes over lines fold", STR_INIT("a: 'b\n  c\n\n  d'\n"), true, "{a:\"b c\\nd\"}"},
	{"literal", STR_INIT("a: |\n  sum(\n    x\n  )\n\nb: c\n"), true, "{a:\"sum(\\n  x\\n)\\n\",b:c}"},
	{"literal, stripped", STR_INIT("a: |-\n  x\n  y\n\nb: c\n"), true, "{a:\"x\\ny\",b:c}"},
	{"folded", STR_INIT("a: >\n  x\n  y\n\n  z\nb: c\n"), true, "{a:\"x y\\nz\\n\",b:c}"},
	{"folded, stripped", STR_INIT("a: >-\n  x\n  y\nb: c\n"), true, "{a:\"x y\",b:c}"},
	{"literal of null is a text", STR_INIT("a: |-\n  null\n"), true, "{a:\"null\"}"},
	{"NUL inside quotes", STR_INIT("a: \"b\\0c\"\n"), true, NULL},

	/* bytes */
	{"byte order mark",
	 STR_INIT("\xef\xbb\xbf"
		  "a: b\n"),
	 true, "{a:b}"},
	{"CR LF", STR_INIT("---\r\na: |\r\n  b\r\n  c\r\n# d\r\ne: f\t# g\r\n"), true, "{a:\"b\\nc\\n\",e:f}"},
	{"CR alone", STR_INIT("a: b\rc: d\r"), true, "{a:b,c:d}"},
	{"UTF-16",
	 STR_INIT("\xff\xfe"
		  "a\0:\0 \0b\0"),
	 false, "1:1: the file is in UTF-16, and a rules file is in UTF-8; save it as UTF-8\n"},
	{"UTF-16 without a mark", STR_INIT("a\0:\0 \0b\0"), false,
	 "1:1: the file is in UTF-16, and a rules file is in UTF-8; save it as UTF-8\n"},
	{"UTF-16, the other way round", STR_INIT("\0a\0:\0 \0b"), false,
	 "1:1: the file is in UTF-16, and a rules file is in UTF-8; save it as UTF-8\n"},
	{"no UTF-8", STR_INIT("a: b\nc: d\xff\n"), false, "2:5: no YAML: invalid leading UTF-8 octet\n"},
	{"no UTF-8 behind a long character", STR_INIT("a: \xe6\x97\xa5\xff\n"), false,
	 "1:5: no YAML: invalid leading UTF-8 octet\n"},
	{"control character", STR_INIT("a: b\x01\n"), false, "1:5: no YAML: control characters are not allowed\n"},
	{"NUL", STR_INIT("a: b\0c\n"), false, "1:5: no YAML: control characters are not allowed\n"},

	/* documents */
	{"second document", STR_INIT("a: b\n---\n[[[ {{ 'garbage"), true,
	 "{a:b} 2:1: warning: from here on the file is not read: its first document ends before\n"},
	{"document end", STR_INIT("a: b\n...\n\n# c\n"), true, "{a:b}"},
	{"text behind the document's end", STR_INIT("a: b\n...\n# c\nd: e\n"), true,
	 "{a:b} 4:1: warning: from here on the file is not read: its first document ends before\n"},
	{"less indented rest", STR_INIT("  a: b\n  c: d\ne: f\n"), true,
	 "{a:b,c:d} 3:1: warning: from here on the file is not read: its first document ends before\n"},
	{"rest in the same line", STR_INIT("{a: b} c\n"), true,
	 "{a:b} 1:1: warning: from here on the file is not read: its first document ends before\n"},
	{"YAML 1.1 directive", STR_INIT("%YAML 1.1\n---\na: b\n"), true, "{a:b}"},

	/* aliases, merges, tags */
	{"alias", STR_INIT("a: &r {x: y}\nb: *r\nc: *r\n"), true, "{a:{x:y},b:{x:y},c:{x:y}}"},
	{"alias of a scalar, also as a key", STR_INIT("- &k a\n- {*k : *k}\n"), true, "[a,{a:a}]"},
	{"anchor given again", STR_INIT("[&x 1, *x, &x 2, *x]\n"), true, "[1,1,2,2]"},
	{"anchor of nothing", STR_INIT("a: &x\nb: *x\n"), true, "{a:~,b:~}"},
	{"merge", STR_INIT("a: &m {x: 1, y: 2}\nb:\n  <<: *m\n  x: 3\n  z: 4\n"), true,
	 "{a:{x:1,y:2},b:{x:3,y:2,z:4}}"},
	{"merge of a list, the first wins", STR_INIT("<<: [{a: 1}, {a: 2, b: 3}]\n"), true, "{a:1,b:3}"},
	{"merge of a merge", STR_INIT("- &p {a: 1}\n- &q {<<: *p, b: 2}\n- {<<: *q}\n"), true,
	 "[{a:1},{a:1,b:2},{a:1,b:2}]"},
	{"merge behind other keys", STR_INIT("{a: 1, <<: {b: 2}}\n"), true, "{a:1,b:2}"},
	{"merge behind keys that it has, too", STR_INIT("a: 1\nb: 1\n<<: {a: 2, b: 2}\n"), true,
	 "{a:2,b:2} 3:1: warning: a key that comes with this << stands before it, too, and the one that comes with it "
	 "counts, as in prometheus-adapter; put << first\n"},
	{"merge of maps into maps", STR_INIT("- &r {n: {m: 1, as: a}, l: [1]}\n- {<<: *r, n: {as: b}, l: [2]}\n"), true,
	 "[{n:{m:1,as:a},l:[1]},{n:{m:1,as:b},l:[2]}]"},
	{"merge of a map in the place of a text", STR_INIT("{<<: {n: x}, n: {as: b}}\n"), true, "{n:{as:b}}"},
	{"merge, then nothing", STR_INIT("{<<: {n: x}, n: ~}\n"), true, "{n:~}"},
	{"merges one after the other", STR_INIT("{<<: {a: 1, b: 1}, <<: {a: 2}}\n"), true, "{a:2,b:1}"},
	{"doubled keys beside a merge", STR_INIT("{<<: {a: 1}, a: 2, a: 3}\n"), true, "{a:2,a:3}"},
	{"merge of a text", STR_INIT("<<: x\n"), false, "1:1: << wants a map, or a list of maps\n"},
	{"merge of a list of texts", STR_INIT("<<: [{}, x]\n"), false, "1:1: << wants a map, or a list of maps\n"},
	{"quoted << is a key", STR_INIT("'<<': x\n"), true, "{\"<<\":x}"},
	{"unknown alias", STR_INIT("a: *r\n"), false, "1:4: the alias *r has no anchor &r before it\n"},
	{"alias inside itself", STR_INIT("a: &r [b, *r]\n"), false,
	 "1:11: the alias *r stands inside what it stands for\n"},
	{"alias of a list as a key", STR_INIT("- &l [a]\n- {*l : b}\n"), false,
	 "2:4: the alias *l is no text, so it cannot be a key\n"},
	{"tags of the plain kinds", STR_INIT("!!map {a: !!seq [!!str 5, !!str null, ! x]}\n"), true,
	 "{a:[\"5\",\"null\",\"x\"]}"},
	{"binary", STR_INIT("!!binary aGk=\n"), true, "\"hi\" 1:1: " NEEDLESS},
	{"no binary", STR_INIT("!!binary a\n"), false, NULL},
	{"integer", STR_INIT("!!int 1\n"), true, "1 1:1: " NEEDLESS},
	{"integer in quotes", STR_INIT("!!int '0x1F'\n"), true, "0x1F 1:1: " NEEDLESS},
	{"no integer", STR_INIT("!!int 1.5\n"), false, "1:1: " UNFIT},
	{"number", STR_INIT("!!float -1.5e3\n"), true, "-1.5e3 1:1: " NEEDLESS},
	{"no number", STR_INIT("!!float x\n"), false, "1:1: " UNFIT},
	{"boolean", STR_INIT("!!bool yes\n"), true, "yes 1:1: " NEEDLESS},
	{"no boolean", STR_INIT("!!bool yEs\n"), false, "1:1: " UNFIT},
	{"null by a tag", STR_INIT("!!null ''\n"), true, "~ 1:1: " NEEDLESS},
	{"no null", STR_INIT("!!null x\n"), false, "1:1: " UNFIT},
	{"own tag", STR_INIT("!x null\n"), true, "\"null\" 1:1: " NEEDLESS},
	{"own tag of a list", STR_INIT("a: !mine [b]\n"), true,
	 "{a:[b]} 1:4: warning: a tag that has no effect; leave out the word that begins with !\n"},

	/* what upstream refuses */
	{"another version", STR_INIT("%YAML 1.2\n---\na: b\n"), true,
	 "{a:b} 1:1: warning: %YAML 1.2, which prometheus-adapter refuses; leave the line out\n"},
	{"its version", STR_INIT("%YAML 1.1\n---\na: b\n"), true, "{a:b}"},
	{"escaped slash", STR_INIT("- \"a\\\\/b\"\n- c: \"d\\\"\\/e\"\n- \"f/\" # \\/\n- 'g\\/'\n"), true,
	 "[\"a\\/b\",{c:\"d\"/e\"},\"f/\",\"g\\/\"] 2:6: warning: \\/ in a text, which prometheus-adapter refuses; "
	 "write / "
	 "without the backslash\n"},
	{"byte order mark inside",
	 STR_INIT("\xef\xbb\xbf# c\n"
		  "\xef\xbb\xbf"
		  "a: b\nc: d"),
	 true,
	 "{a:b,c:d} 2:1: warning: a byte order mark inside the file, which prometheus-adapter takes for a part of the "
	 "key "
	 "behind it; remove it\n"},

	/* refused, as upstream refuses it */
	{"tab as indentation", STR_INIT("a:\n\tb: c\n"), false,
	 "2:1: no YAML: the line begins with a tab; indent with spaces\n"},
	{"tab in the indentation", STR_INIT("a:\n  b: c\n  \td: e\n"), false,
	 "3:3: no YAML: the line begins with a tab; indent with spaces\n"},
	{"missing bracket", STR_INIT("a: [b\nc: d\n"), false, NULL},
	{"open quotes", STR_INIT("a: 'b\nc: d\n"), false,
	 "3:1: no YAML: found unexpected end of stream, while scanning a quoted scalar that begins in line 1\n"},
	{"two colons", STR_INIT("a: b: c\n"), false, "1:5: no YAML: mapping values are not allowed in this context\n"},
	{"text behind quotes", STR_INIT("a: 'b' c\n"), false,
	 "1:8: no YAML: did not find expected key, while parsing a block mapping that begins in line 1\n"},
	{"list as a key", STR_INIT("[a]: b\n"), false,
	 "1:1: a key that is a list or map; a key is a text (quote it if it begins with { or [)\n"},
	{"unquoted Helm template", STR_INIT("a: {{ .Values.x }}\n"), false,
	 "1:5: a key that is a list or map; a key is a text (quote it if it begins with { or [)\n"},
	{"empty key", STR_INIT("a: 1\n: b\n"), false, NULL},
	{"null key", STR_INIT("~: b\n"), true, "{~:b}"},

	/* items of one list, indented in two ways */
	{"deeper", STR_INIT("l:\n- a: b\n  # c\n   - a: b\n"), false, INDENT(4, 4, "3", "2", "0")},
	{"deeper by one", STR_INIT("- a: b\n - a: b\n"), false, NULL},
	{"deeper behind quotes", STR_INIT("l:\n- a: 'b'\n - a: b\n"), false, INDENT(3, 2, "1", "2", "0")},
	{"less deep", STR_INIT("l:\n  - a: 'b'\n - a: b\n"), false, INDENT(3, 2, "1", "2", "2")},
	{"behind an inner list", STR_INIT("l:\n- a:\n  - b\n - a: b\n"), false, INDENT(4, 2, "1", "2", "0")},
	{"as a text that goes on", STR_INIT("l:\n- a: b\n  c: d\n    - a: b\n"), false, INDENT(4, 5, "4", "2", "0")},
	{"another error at an item", STR_INIT("l:\n- a: 'b'\n- a: 'b' c\n"), false,
	 "3:10: no YAML: did not find expected key, while parsing a block mapping that begins in line 3\n"},
};

static void expect_tree(struct str in, bool ok, const char *want)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf lines = {0};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	char *exact = malloc(in.len); /* so that a sanitizer sees its edges */
	const struct yaml_node *root = NULL;
	struct str rest, line;

	assert_true(exact || in.len == 0);
	if (in.len)
		memcpy(exact, in.ptr, in.len);
	assert_int_equal(yaml_parse((struct str){exact, in.len}, arena, &problems, &root), ok);
	free(exact);
	assert_int_equal(problems.errors == 0, ok);
	assert_int_equal(root != NULL, ok);
	if (root)
		render(&out, root);
	if (root && problems.count)
		buf_putc(&out, ' ');
	problems_write(&problems, "", &lines);
	rest = buf_str(&lines);
	while (str_split(&rest, '\n', &line) && line.len)
		buf_printf(&out, "%.*s\n", str_printf_length(line) - 1, line.ptr + 1);
	if (want)
		assert_string_equal(buf_cstr(&out), want);
}

static void test_tree(void **state)
{
	const struct tree_case *c = *state;

	expect_tree(c->in, c->ok, c->want);
}

static void test_places(void **state)
{
	struct str text = STR("# 默认\nrules:\n- a: 'b'\n  c: {d: 日本, e: f}\n  g: |\n    h\n");
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	const struct yaml_node *root, *rule, *flow;

	(void)state;
	assert_true(yaml_parse(text, arena, &problems, &root));
	assert_int_equal(root->at.line, 2);
	assert_int_equal(root->at.column, 1);
	rule = yaml_get(root, STR("rules"))->items[0];
	assert_int_equal(rule->at.line, 3);
	assert_int_equal(rule->at.column, 3);
	assert_int_equal(rule->pairs[1].key->at.line, 4);
	assert_int_equal(rule->pairs[1].key->at.column, 3);
	flow = yaml_get(rule, STR("c"));
	assert_int_equal(flow->pairs[1].value->at.line, 4);
	assert_int_equal(flow->pairs[1].value->at.column, 17); /* characters, not bytes */
	assert_int_equal(yaml_get(rule, STR("g"))->at.line, 5);
	assert_null(yaml_get(rule, STR("x")));
	assert_null(yaml_get(yaml_get(rule, STR("a")), STR("x")));
}

static void put_times(struct buf *out, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_puts(out, text);
}

static void test_depth(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	put_times(&in, "[", YAML_DEPTH_MAX);
	put_times(&in, "]", YAML_DEPTH_MAX);
	expect_tree(buf_str(&in), true, NULL);
	buf_reset(&in);
	put_times(&in, "[", YAML_DEPTH_MAX + 1);
	put_times(&in, "]", YAML_DEPTH_MAX + 1);
	expect_tree(buf_str(&in), false, "1:33: nested deeper than 32 levels\n");
	buf_reset(&in);
	put_times(&in, "{a: ", 200000);
	expect_tree(buf_str(&in), false, "1:129: nested deeper than 32 levels\n");
}

static void test_depth_by_aliases(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_puts(&in, "- &a0 x\n");
	for (int i = 1; i <= YAML_DEPTH_MAX; i++)
		buf_printf(&in, "- &a%d [*a%d]\n", i, i - 1);
	expect_tree(buf_str(&in), false, "33:9: nested deeper than 32 levels\n");
}

/* "billion laughs": ten aliases of ten aliases of ... */
static void test_alias_bomb(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_puts(&in, "a0: &a0 lol\n");
	for (int i = 1; i <= 12; i++) {
		buf_printf(&in, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&in, "*a%d,", i - 1);
		buf_puts(&in, "]\n");
	}
	expect_tree(buf_str(&in), false,
		    "7:42: more than 1048576 values, each use of an alias counted; make the file smaller\n");
}

/* The same by merges, which grow a map instead of a list. */
static void test_merge_bomb(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_puts(&in, "- &a {");
	for (int i = 0; i < 10000; i++)
		buf_printf(&in, "k%d: v,", i);
	buf_puts(&in, "}\n");
	put_times(&in, "- {<<: *a}\n", 200);
	expect_tree(buf_str(&in), false, NULL);
}

static void test_nodes(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_putc(&in, '[');
	put_times(&in, "a,", YAML_NODES_MAX - 1);
	buf_puts(&in, "]\n");
	expect_tree(buf_str(&in), true, NULL);
	in.len -= 2;
	buf_puts(&in, "a]\n");
	expect_tree(buf_str(&in), false, NULL);
}

static void test_bytes(void **state)
{
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_putc(&in, '#');
	put_times(&in, "#", YAML_BYTES_MAX - 1);
	expect_tree(buf_str(&in), true, "~");
	buf_putc(&in, '#');
	expect_tree(buf_str(&in), false, " larger than 8388608 bytes\n");
}

static void test_small_arena(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};

	(void)state;
	for (size_t max = 1; max < 700; max += 3) {
		CLEANUP(arena_free_at) struct arena *arena = arena_new(max);
		const struct yaml_node *root = NULL;

		if (yaml_parse(STR("a: &x [b, {c: d}]\nb: {<<: {e: f}, g: *x}\n"), arena, &problems, &root))
			assert_non_null(root);
		else
			assert_null(root);
	}
	assert_true(problems.errors > 0);
	assert_non_null(strstr(problems.items[0].text, "too much memory"));
}

static struct bool_case {
	const char *name;
	struct str words; /* with spaces between */
	bool ok, want;
} bool_cases[] = {
	{"true words", STR_INIT("y Y yes Yes YES true True TRUE on On ON"), true, true},
	{"false words", STR_INIT("n N no No NO false False FALSE off Off OFF"), true, false},
	{"no booleans", STR_INIT("tRUE yEs oN oFF t f 1 0 yess 'true' \"no\" null [] {}"), false, false},
};

static void test_bool(void **state)
{
	const struct bool_case *c = *state;
	struct str rest = c->words;
	struct str word;

	while (str_split(&rest, ' ', &word)) {
		CLEANUP(problems_clear) struct problems problems = {0};
		CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
		const struct yaml_node *root;
		bool value = !c->want;

		assert_true(yaml_parse(word, arena, &problems, &root));
		assert_int_equal(yaml_bool(root, &value), c->ok);
		assert_int_equal(value, c->ok ? c->want : !c->want);
	}
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(tree_cases) + COUNT_OF(bool_cases) + 8];
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_by_aliases),
		cmocka_unit_test(test_alias_bomb),
		cmocka_unit_test(test_merge_bomb),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_small_arena),
	};
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(tree_cases); i++)
		tests[count++] = (struct CMUnitTest){tree_cases[i].name, test_tree, NULL, NULL, &tree_cases[i]};
	for (size_t i = 0; i < COUNT_OF(bool_cases); i++)
		tests[count++] = (struct CMUnitTest){bool_cases[i].name, test_bool, NULL, NULL, &bool_cases[i]};
	for (size_t i = 0; i < COUNT_OF(others); i++)
		tests[count++] = others[i];
	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
