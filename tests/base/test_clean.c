/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "base/clean.h"

enum { SMALL = 8 };

static struct clean_case {
	const char *name;
	struct str in;
	const char *want, *small; /* `small`: in SMALL bytes */
} cases[] = {
	{"nothing", {NULL, 0}, "", ""},
	{"a usual text", STR_INIT("pod a-1"), "pod a-1", "pod a-1"},
	{"a byte too many", STR_INIT("pod a-12"), "pod a-12", "pod a-1"},
	{"control characters", STR_INIT("a\n\r\t\0\x1f\x7f\x1b"), "a       ", "a      "},
	{"UTF-8 stays", STR_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	 "\xc3\xa9\xe2\x82\xac"},
	{"a character that would be cut", STR_INIT("aaaaaa\xc3\xa9"), "aaaaaa\xc3\xa9", "aaaaaa"},
	{"other bytes among it", STR_INIT("a\xff\xc3\xa9\xc3 \x80"), "a?\xc3\xa9? ?", "a?\xc3\xa9? ?"},
	{"overlong, surrogate, too high", STR_INIT("\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80"), "?????????", "???????"},
	{"cut off at the end", STR_INIT("a\xe2\x82"), "a??", "a??"},
};

static void test_clean(void **state)
{
	const struct clean_case *c = *state;
	struct buf out = {0};
	char small[SMALL];

	buf_puts(&out, "\xff "); /* what was there stays */
	clean_put(&out, c->in);
	assert_true(str_starts(buf_str(&out), STR("\xff ")));
	assert_str(str_slice(buf_str(&out), 2, out.len), c->want);
	clean_copy(small, sizeof(small), c->in);
	assert_string_equal(small, c->small);
	buf_clear(&out);
}

int main(void)
{
	return RUN_ROWS(cases, test_clean);
}
