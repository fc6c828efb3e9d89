/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../../src/daemon/options_table.h"

static size_t flags_with_effect(void)
{
	size_t count = 0;

	for (size_t i = 0; i < options_table_count; i++)
		count += !option_is_unused(&options_table[i]);
	return count;
}

/* Every flag that has an effect is shown, taken by the parser as it is shown, and its lines have an end. */
static void test_help_names_flags(void **state)
{
	struct buf help = {0};
	struct str rest;
	struct str line;
	size_t flags = 0;

	(void)state;
	options_help(&help);
	rest = buf_str(&help);
	while (str_split(&rest, '\n', &line)) {
		char *argv[] = {strdup("gaugelet"), NULL};
		struct options options = {0};
		struct err err = {0};
		size_t end;

		assert_true(line.len <= 120);
		if (str_starts(line, STR("  --"))) {
			end = 2 + str_index(str_slice(line, 2, line.len), ' ');
			assert_true(asprintf(&argv[1], "%.*s", (int)end - 2, line.ptr + 2) > 0);
			if (argv[1][strlen(argv[1]) - 1] == ',')
				argv[1][strlen(argv[1]) - 1] = '\0';
			if (options_parse(2, argv, &options, &err))
				options_clear(&options);
			assert_null(strstr(err.msg, "unknown flag"));
			flags++;
		}
		free(argv[0]);
		free(argv[1]);
	}
	assert_int_equal(flags, flags_with_effect());
	buf_clear(&help);
}

static struct help_case {
	const char *name;
	const char *part;
} helps[] = {
	{"help: required", "  --config FILE\n        The rules file"},
	{"help: default", "\n        Default: https://localhost\n"},
	{"help: choices", "  --prometheus-verb GET|POST\n"},
	{"help: choices without the empty one", "VersionTLS13\n"},
	{"help: switch", "  --prometheus-insecure\n"},
	{"help: letter", "  --v LEVEL, -v LEVEL\n"},
	{"help: heading", "\nServing:\n"},
	{"help: port 0", "0: any free one.\n        Default: 443\n"},
	{"help: unused yet", "  No effect yet:\n        --tls-curve-preferences"},
	{"help: unused ever", "  No effect at all:\n        --disable-http2"},
	{"help: audit", "--audit-webhook-mode"},
};

static void test_help(void **state)
{
	const struct help_case *c = *state;
	struct buf help = {0};

	options_help(&help);
	assert_non_null(strstr(buf_cstr(&help), c->part));
	buf_clear(&help);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(helps) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(helps); i++)
		tests[count++] = (struct CMUnitTest){helps[i].name, test_help, NULL, NULL, &helps[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_help_names_flags);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
