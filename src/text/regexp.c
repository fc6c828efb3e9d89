/* SPDX-License-Identifier: Apache-2.0 */
#include "text/regexp.h"

#include <stdlib.h>

#include "regexp_match.h"

enum { NESTING_MAX = 1000 };

static void put_message(int code, struct buf *out)
{
	PCRE2_UCHAR message[128];

	if (pcre2_get_error_message(code, message, sizeof(message)) > 0)
		buf_printf(out, "%s", (const char *)message);
}

static struct str translated(const struct regexp *regexp)
{
	return regexp->translated.len ? buf_str(&regexp->translated) : STR("");
}

/* The gate has let it through, so what PCRE2 minds now is size. */
static bool compile(struct regexp *regexp, struct str pattern, struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	CLEANUP(buf_clear) struct buf message = {0};
	PCRE2_SIZE offset;
	int code = 0;

	CHECK(context != NULL);
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, NESTING_MAX);
	regexp->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code,
				     &offset, context);
	pcre2_compile_context_free(context);
	if (regexp->code != NULL)
		return true;
	put_message(code, &message);
	return err_set(err, ERR_LIMIT, "error parsing regexp: expression too large or not known here (%s): `%.*s`",
		       buf_cstr(&message), STR_ARG(regexp->pattern));
}

static void copy_pattern(struct regexp *regexp, struct str text)
{
	char *copy = xcalloc(text.len + 1, 1);

	if (text.len)
		memcpy(copy, text.ptr, text.len);
	regexp->pattern = (struct str){copy, text.len};
}

bool regexp_parse(struct str text, struct regexp **ret_regexp, struct err *err)
{
	CLEANUP(regexp_free_at) struct regexp *regexp = NULL;

	if (text.len > REGEXP_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "error parsing regexp: expression too large: %zu bytes, at most %d are taken", text.len,
			       REGEXP_BYTES_MAX);
	regexp = xnew(struct regexp);
	regexp->exhausted = xnew(bool);
	copy_pattern(regexp, text);
	if (!regexp_syntax_translate(regexp->pattern, &regexp->translated, &regexp->groups, err))
		return false;
	if (!compile(regexp, translated(regexp), err))
		return false;
	regexp->limits = regexp_match_limits();
	*ret_regexp = STEAL(regexp);
	return true;
}

void regexp_free(struct regexp *regexp)
{
	char *pattern;

	if (regexp == NULL)
		return;
	pcre2_code_free(regexp->code);
	pcre2_match_context_free(regexp->limits);
	vec_clear(&regexp->groups);
	buf_clear(&regexp->translated);
	memcpy(&pattern, &regexp->pattern.ptr, sizeof(pattern)); /* a str only lends, but these bytes are ours */
	free(pattern);
	free(regexp->exhausted);
	free(regexp);
}

size_t regexp_groups(const struct regexp *regexp)
{
	return regexp->groups.count;
}

bool regexp_search(const struct regexp *regexp, struct str text, bool *ret_found, struct err *err)
{
	struct regexp_match match;

	if (!regexp_match_run(regexp, text, &match, err))
		return false;
	*ret_found = match.data != NULL;
	regexp_match_clear(&match);
	return true;
}

bool regexp_group(const struct regexp *regexp, struct str text, const char *name, bool *ret_found,
		  struct str *ret_group, struct err *err)
{
	struct regexp_match match;

	if (!regexp_match_run(regexp, text, &match, err))
		return false;
	*ret_found = match.data != NULL;
	*ret_group = (struct str){NULL, 0};
	for (size_t i = regexp->groups.count; match.data && i-- > 0;)
		if (*name && str_eq(regexp->groups.items[i].name, str_of(name))) {
			*ret_group = regexp_match_group(regexp, &match, i + 1);
			break;
		}
	regexp_match_clear(&match);
	return true;
}
