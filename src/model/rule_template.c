/* SPDX-License-Identifier: Apache-2.0 */
#include "rule_template.h"

#include "text/regexp.h"

/* Names are of letters and digits in Go, whatever the script; here they may have other characters, too. */
static void warn_of_name(const struct spelled *spelled, const char *key, struct str name, struct problems *problems)
{
	CLEANUP(regexp_free_at) struct regexp *usual = NULL;
	bool found = false;
	struct err err;

	CHECK(regexp_parse(STR("^[$]?[\\p{L}\\p{Nd}_]*$"), &usual, &err));
	if (regexp_search(usual, name, &found, &err) && !found)
		problem_warn(problems, spelled->at,
			     "%s: the name %.*s has a character that prometheus-adapter refuses; use letters", key,
			     STR_ARG(str_slice(name, 0, 60)));
}

bool rule_template_parse(const struct spelled *spelled, const char *key, const char *name, struct problems *problems,
			 struct template_tree **ret_tree)
{
	struct place in_text;
	struct str foreign;
	struct err err = {0};

	if (!template_parse(spelled->text, name, ret_tree, &in_text, &err))
		return problem_add(problems, spelled->at, "%s: %s", key, err.msg);
	foreign = template_foreign_name(*ret_tree);
	if (foreign.ptr)
		warn_of_name(spelled, key, foreign, problems);
	return true;
}
