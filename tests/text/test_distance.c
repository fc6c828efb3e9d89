/* SPDX-License-Identifier: Apache-2.0 */
#include "../rows.h"
#include "text/distance.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char dashes(char c)
{
	return c == '_' ? '-' : c;
}

static struct distance_case {
	const char *name;
	struct str a, b;
	size_t most, want; /* SIZE_MAX: more than `most` */
} cases[] = {
	{"nothing", STR_INIT(""), STR_INIT(""), 9, 0},
	{"equal", STR_INIT("window"), STR_INIT("window"), 9, 0},
	{"folded", STR_INIT("a_b"), STR_INIT("a-b"), 9, 0},
	{"folded the other way", STR_INIT("a-b"), STR_INIT("a_b"), 9, 0},
	{"one changed", STR_INIT("windaw"), STR_INIT("window"), 9, 1},
	{"one too many", STR_INIT("winndow"), STR_INIT("window"), 9, 1},
	{"one missing", STR_INIT("wndow"), STR_INIT("window"), 9, 1},
	{"exchanged", STR_INIT("widnow"), STR_INIT("window"), 9, 2},
	{"all of it", STR_INIT(""), STR_INIT("window"), 9, 6},
	{"all of the other", STR_INIT("window"), STR_INIT(""), 9, 6},
	{"kitten", STR_INIT("kitten"), STR_INIT("sitting"), 9, 3},
	{"lengths differ by the most", STR_INIT("abcd"), STR_INIT("a"), 3, 3},
	{"lengths differ by more", STR_INIT("abcd"), STR_INIT("a"), 2, SIZE_MAX},
	{"the other is longer by more", STR_INIT("a"), STR_INIT("abcd"), 2, SIZE_MAX},
	{"the most there is", STR_INIT("abcd"), STR_INIT("a"), SIZE_MAX, 3},
	{"as long as may be", STR_INIT(A64 A64), STR_INIT(A64 "b"), 99, 64},
	{"too long", STR_INIT(A64 A64 "a"), STR_INIT(A64 A64), 99, SIZE_MAX},
	{"the other too long", STR_INIT(A64 A64), STR_INIT(A64 A64 "a"), 99, SIZE_MAX},
};

static void test_distance(void **state)
{
	const struct distance_case *c = *state;
	size_t got = distance_between(c->a, c->b, dashes, c->most);

	if (c->want == SIZE_MAX)
		assert_true(got > c->most);
	else
		assert_int_equal(got, c->want);
}

int main(void)
{
	return RUN_ROWS(cases, test_distance);
}
