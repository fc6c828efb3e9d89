/* SPDX-License-Identifier: Apache-2.0 */
#include "text/regexp.h"

#include <stdlib.h>

#include "regexp_in.h"
#include "regexp_linear.h"

/* A metric name takes some hundred steps. A pattern that needs thousands goes back and forth; what PCRE2 has not found in
   some 30 us the linear search finds. */
enum { STEPS_MAX = 2000, HEAP_KIB_MAX = 4096, NESTING_MAX = 1000 };

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

/* Go takes an empty iteration of a loop only as its first one, PCRE2 as the last one too; then groups that it holds would
   be empty. The callout's text is the number of a group that stands where the iteration before this one ended; 0: none. */
int regexp_refuse_iteration(pcre2_callout_block *block, void *nothing)
{
	size_t group = 0;

	(void)nothing;
	for (size_t i = 0; i < block->callout_string_length; i++)
		group = group * 10 + (size_t)(block->callout_string[i] - '0');
	return group && group < block->capture_top && block->offset_vector[2 * group] == block->current_position;
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
	copy_pattern(regexp, text);
	if (!regexp_translate(regexp->pattern, &regexp->translated, &regexp->groups, err))
		return false;
	if (!compile(regexp, translated(regexp), err))
		return false;
	regexp->limits = pcre2_match_context_create(NULL);
	CHECK(regexp->limits != NULL);
	pcre2_set_match_limit(regexp->limits, STEPS_MAX);
	pcre2_set_depth_limit(regexp->limits, STEPS_MAX);
	pcre2_set_heap_limit(regexp->limits, HEAP_KIB_MAX);
	pcre2_set_callout(regexp->limits, regexp_refuse_iteration, NULL);
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
	free(regexp);
}

size_t regexp_groups(const struct regexp *regexp)
{
	return regexp->groups.count;
}

void regexp_force_linear(struct regexp *regexp)
{
	regexp->linear = true;
}

/* The program is made anew each time, since hardly a pattern ever needs it. The result is where PCRE2 puts its own. */
static bool run_linear(const struct regexp *regexp, struct str text, struct regexp_match *match, struct err *err)
{
	CLEANUP(regexp_program_clear) struct regexp_program program = {0};
	size_t groups = pcre2_get_ovector_count(match->data) - 1;
	bool found;

	if (!regexp_program_build(&program, translated(regexp)) ||
	    !regexp_program_run(&program, text, groups, pcre2_get_ovector_pointer(match->data), &found)) {
		regexp_match_clear(match);
		return err_set(err, ERR_LIMIT,
			       "pattern `%.*s` is too large for a text of %zu bytes: avoid counted repetitions inside "
			       "repetitions",
			       STR_ARG(regexp->pattern), text.len);
	}
	if (!found)
		regexp_match_clear(match);
	return true;
}

static bool needs_linear(int code)
{
	return code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_HEAPLIMIT;
}

static bool find(const struct regexp *regexp, struct str text, struct regexp_match *match, struct err *err)
{
	int code = PCRE2_ERROR_MATCHLIMIT;

	if (!regexp->linear)
		code = pcre2_match(regexp->code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, match->data,
				   regexp->limits);
	if (needs_linear(code))
		return run_linear(regexp, text, match, err);
	CHECK(code >= 0 || code == PCRE2_ERROR_NOMATCH);
	if (code < 0)
		regexp_match_clear(match);
	return true;
}

bool regexp_run(const struct regexp *regexp, struct str text, struct regexp_match *ret_match, struct err *err)
{
	/* Freed after each match, since it keeps the memory that PCRE2 went back and forth in. */
	struct regexp_match match = {.text = text, .dirty = !str_is_utf8(text)};
	CLEANUP(buf_clear) struct buf clean = {0};
	struct str subject = text.ptr ? text : STR("");

	if (match.dirty) {
		characters_clean(&clean, text);
		subject = buf_str(&clean);
	}
	match.data = pcre2_match_data_create_from_pattern(regexp->code, NULL);
	CHECK(match.data != NULL);
	if (!find(regexp, subject, &match, err))
		return false;
	*ret_match = match;
	return true;
}

void regexp_match_clear(struct regexp_match *match)
{
	pcre2_match_data_free(match->data);
	match->data = NULL;
}

struct str regexp_match_group(const struct regexp *regexp, const struct regexp_match *match, size_t number)
{
	const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(match->data);
	size_t from;
	size_t to;

	if (number > regexp->groups.count)
		return (struct str){NULL, 0};
	if (number)
		offsets += 2 * (size_t)regexp->groups.items[number - 1].number;
	if (offsets[0] == PCRE2_UNSET)
		return (struct str){NULL, 0};
	from = offsets[0];
	to = offsets[1];
	if (match->dirty) {
		from = characters_dirty_offset(match->text, from);
		to = characters_dirty_offset(match->text, to);
	}
	return match->text.ptr ? str_slice(match->text, from, to) : STR("");
}

struct str regexp_match_named(const struct regexp *regexp, const struct regexp_match *match, struct str name)
{
	for (size_t i = 0; i < regexp->groups.count; i++) {
		struct str group = {NULL, 0};

		if (name.len && str_eq(regexp->groups.items[i].name, name))
			group = regexp_match_group(regexp, match, i + 1);
		if (group.ptr)
			return group;
	}
	return (struct str){NULL, 0};
}

bool regexp_search(const struct regexp *regexp, struct str text, bool *ret_found, struct err *err)
{
	struct regexp_match match;

	if (!regexp_run(regexp, text, &match, err))
		return false;
	*ret_found = match.data != NULL;
	regexp_match_clear(&match);
	return true;
}

bool regexp_group(const struct regexp *regexp, struct str text, const char *name, bool *ret_found,
		  struct str *ret_group, struct err *err)
{
	struct regexp_match match;

	if (!regexp_run(regexp, text, &match, err))
		return false;
	*ret_found = match.data != NULL;
	*ret_group = match.data ? regexp_match_named(regexp, &match, str_of(name)) : (struct str){NULL, 0};
	regexp_match_clear(&match);
	return true;
}
