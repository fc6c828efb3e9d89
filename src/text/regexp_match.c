/* SPDX-License-Identifier: Apache-2.0 */
#include "regexp_match.h"

#include "characters.h"

/* A metric name takes some hundred steps; so many take less than a millisecond. */
enum { STEPS_MAX = 50000, HEAP_KIB_MAX = 4096 };

/* Go takes an empty iteration of a loop only as its first one, PCRE2 as the last one too; then groups that it holds would
   be empty. The callout's text is the number of a group that stands where the iteration before this one ended; 0: none. */
static int refuse_iteration(pcre2_callout_block *block, void *nothing)
{
	size_t group = 0;

	(void)nothing;
	for (size_t i = 0; i < block->callout_string_length; i++)
		group = group * 10 + (size_t)(block->callout_string[i] - '0');
	return group && group < block->capture_top && block->offset_vector[2 * group] == block->current_position;
}

pcre2_match_context *regexp_match_limits(void)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);

	CHECK(limits != NULL);
	pcre2_set_match_limit(limits, STEPS_MAX);
	pcre2_set_depth_limit(limits, STEPS_MAX);
	pcre2_set_heap_limit(limits, HEAP_KIB_MAX);
	pcre2_set_callout(limits, refuse_iteration, NULL);
	return limits;
}

static bool refuse_exhausted(const struct regexp *regexp, struct err *err)
{
	return err_set(err, ERR_LIMIT,
		       "pattern `%.*s` took more than %d steps on one text and is not used again until the rules are "
		       "read anew: write it without repetitions inside repetitions",
		       STR_ARG(regexp->pattern), STEPS_MAX);
}

static bool find(const struct regexp *regexp, struct str text, struct regexp_match *match, struct err *err)
{
	int code = pcre2_match(regexp->code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, match->data,
			       regexp->limits);

	if (code < 0)
		regexp_match_clear(match);
	if (code >= 0 || code == PCRE2_ERROR_NOMATCH)
		return true;
	CHECK(code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_HEAPLIMIT);
	*regexp->exhausted = true;
	return refuse_exhausted(regexp, err);
}

bool regexp_match_run(const struct regexp *regexp, struct str text, struct regexp_match *ret_match, struct err *err)
{
	/* Freed after each match, since it keeps the memory that PCRE2 went back and forth in. */
	struct regexp_match match = {.text = text, .dirty = !str_is_utf8(text)};
	CLEANUP(buf_clear) struct buf clean = {0};
	struct str subject = text.ptr ? text : STR("");

	if (*regexp->exhausted)
		return refuse_exhausted(regexp, err);
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
