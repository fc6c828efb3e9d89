/* SPDX-License-Identifier: Apache-2.0 */
#include "text/distance.h"

#include "rows.h"

#define LONG "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct distance_case {
	const char *name;
	const char *a, *b;
	size_t want;
} cases[] = {
	{"equal", "port", "port", 0},	     {"nothing", "", "", 0},
	{"from nothing", "", "abc", 3},	     {"to nothing", "abc", "", 3},
	{"one changed", "port", "pork", 1},  {"one more", "port", "ports", 1},
	{"one less", "port", "pot", 1},	     {"one in front", "port", "sport", 1},
	{"swapped", "ab", "ba", 2},	     {"several", "kitten", "sitting", 3},
	{"nothing shared", "abc", "xyz", 3}, {"what is longer is cut", LONG "x", LONG "yz", 0},
};

static void test_distance(void **state)
{
	const struct distance_case *c = *state;

	assert_int_equal(distance(str_of(c->a), str_of(c->b)), c->want);
	assert_int_equal(distance(str_of(c->b), str_of(c->a)), c->want);
}

int main(void)
{
	return RUN_ROWS(cases, test_distance);
}
