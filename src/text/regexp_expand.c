/* SPDX-License-Identifier: Apache-2.0 */
#include "text/regexp.h"
#include "characters.h"
#include "regexp_match.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ascii_name(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How many bytes of letters, digits and _ stand at the front, of all of Unicode: PCRE2 knows which those are. */
static size_t unicode_name_length(struct str text)
{
	static const char PATTERN[] = "\\A[\\p{L}\\p{Nd}_]+";
	CLEANUP(buf_clear) struct buf clean = {0};
	PCRE2_SIZE offset;
	int code;
	pcre2_code *name = pcre2_compile((PCRE2_SPTR)PATTERN, sizeof(PATTERN) - 1, PCRE2_UTF, &code, &offset, NULL);
	pcre2_match_data *data;
	size_t length = 0;

	CHECK(name != NULL);
	data = pcre2_match_data_create_from_pattern(name, NULL);
	CHECK(data != NULL);
	characters_clean(&clean, text); /* what it changes is no name, so the offset holds */
	if (pcre2_match(name, (PCRE2_SPTR)clean.ptr, clean.len, 0, PCRE2_NO_UTF_CHECK, data, NULL) > 0)
		length = pcre2_get_ovector_pointer(data)[1];
	pcre2_match_data_free(data);
	pcre2_code_free(name);
	return length;
}

static size_t name_length(struct str text)
{
	size_t length = 0;

	while (length < text.len && is_ascii_name(text.ptr[length]))
		length++;
	if (length < text.len && (unsigned char)text.ptr[length] >= 0x80)
		length = unicode_name_length(text);
	return length;
}

/* Behind a `$`: takes `name` or `{name}` off the front of *rest. */
static bool take_name(struct str *rest, struct str *ret_name)
{
	size_t brace = rest->len && rest->ptr[0] == '{';
	struct str text = str_slice(*rest, brace, rest->len);
	size_t length = name_length(text);

	if (length == 0 || (brace && (length == text.len || text.ptr[length] != '}')))
		return false;
	*ret_name = str_slice(text, 0, length);
	*rest = str_slice(text, length + brace, text.len);
	return true;
}

/* Digits alone are a group's number, but not with a leading zero: then they are a name, as in Go. */
static bool is_number(struct str name, size_t *ret_number)
{
	size_t number = 0;

	if (name.len > 9 || (name.len > 1 && name.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_digit(name.ptr[i]))
			return false;
		number = number * 10 + (size_t)(name.ptr[i] - '0');
	}
	*ret_number = number;
	return true;
}

static struct str group_of(const struct regexp *regexp, const struct regexp_match *match, struct str name)
{
	size_t number;

	if (is_number(name, &number))
		return regexp_match_group(regexp, match, number);
	return regexp_match_named(regexp, match, name);
}

/* Takes the next piece off the front of *as: plain text (name.ptr NULL), or the name of a group. False at the end. */
static bool next_piece(struct str *as, struct str *ret_plain, struct str *ret_name)
{
	struct str rest = str_slice(*as, 1, as->len);

	*ret_plain = *ret_name = (struct str){NULL, 0};
	if (as->len == 0)
		return false;
	if (as->ptr[0] == '$' && take_name(&rest, ret_name)) {
		*as = rest;
		return true;
	}
	if (as->ptr[0] == '$')
		*ret_plain = str_slice(*as, 0, 1); /* $$ is one, and a malformed one stays */
	else
		*ret_plain = str_slice(*as, 0, str_index(*as, '$'));
	*as = str_slice(*as, str_starts(*as, STR("$$")) ? 2 : ret_plain->len, as->len);
	return true;
}

static void expand(const struct regexp *regexp, const struct regexp_match *match, struct str as, struct buf *out)
{
	struct str plain;
	struct str name;

	while (next_piece(&as, &plain, &name))
		buf_put(out, name.ptr ? group_of(regexp, match, name) : plain);
}

static bool has_group(const struct regexp *regexp, struct str name)
{
	size_t number;

	if (is_number(name, &number))
		return number <= regexp->groups.count;
	for (size_t i = 0; i < regexp->groups.count; i++)
		if (str_eq(regexp->groups.items[i].name, name))
			return true;
	return false;
}

void regexp_missing_group(const struct regexp *regexp, struct str as, struct str *ret_name, struct str *ret_part)
{
	struct str plain;

	*ret_part = (struct str){NULL, 0};
	while (next_piece(&as, &plain, ret_name)) {
		if (ret_name->ptr == NULL || has_group(regexp, *ret_name))
			continue;
		for (size_t length = ret_name->len; length > 0 && ret_part->ptr == NULL; length--)
			if (has_group(regexp, str_slice(*ret_name, 0, length)))
				*ret_part = str_slice(*ret_name, 0, length);
		return;
	}
	*ret_name = (struct str){NULL, 0};
}

bool regexp_expands_to_nothing(const struct regexp *regexp, struct str as)
{
	struct str plain;
	struct str name;

	while (next_piece(&as, &plain, &name))
		if (name.ptr == NULL || has_group(regexp, name))
			return false;
	return true;
}

bool regexp_expand(const struct regexp *regexp, struct str text, struct str as, bool *ret_found, struct buf *out,
		   struct err *err)
{
	struct regexp_match match;

	if (!regexp_match_run(regexp, text, &match, err))
		return false;
	*ret_found = match.data != NULL;
	if (match.data)
		expand(regexp, &match, as, out);
	regexp_match_clear(&match);
	return true;
}
