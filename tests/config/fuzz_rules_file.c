/* SPDX-License-Identifier: Apache-2.0 */
/* A whole rules file, as --check-config takes it: read, compiled, linted. What is refused has a reason, and each problem a place
   within the text. */
#include "config/rules_file.h"
#include "model/rule.h"
#include "model/rule_exact.h"
#include "model/rule_lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problems(const struct problems *problems, struct str text)
{
	unsigned lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n' || text.ptr[i] == '\r' ||
			 (unsigned char)text.ptr[i] >= 0x80; /* NEL, LS, PS */
	for (size_t i = 0; i < problems->count; i++) {
		CHECK(str_is_utf8(str_of(problems->items[i].text)));
		CHECK(problems->items[i].at.line <= lines + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct problems problems = {0};
	struct rules *rules = NULL;

	if (rules_compile(rules_file_parse(text, STR("rules.yaml"), &problems), &problems, &rules)) {
		rules_lint(rules, &problems);
		(void)!rules_check_exact(rules, &problems);
		rules_add_twins(rules);
		CHECK(rules->custom_count <= rules->count);
	} else {
		CHECK(rules == NULL && problems.errors > 0);
	}
	check_problems(&problems, text);
	rules_unref(rules);
	problems_clear(&problems);
	return 0;
}
