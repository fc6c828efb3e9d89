/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_scalar.h"

#include <stdlib.h>

#include "text/yaml.h"

bool yaml_scalar_null(struct str text)
{
	return text.len == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")) || str_eq(text, STR("Null")) ||
	       str_eq(text, STR("NULL"));
}

/* true, True and TRUE, but not tRUE: the first letter in any case, the others all alike and no larger than it. */
static bool usual_case(struct str text)
{
	bool large = false;
	bool small = false;

	for (size_t i = 1; i < text.len; i++)
		*(text.ptr[i] >= 'a' ? &small : &large) = true;
	return !(large && small) && !(large && text.ptr[0] >= 'a');
}

static bool read_bool(struct str text, bool *ret_value)
{
	static const struct {
		struct str word;
		bool value;
	} words[] = {
		{STR_INIT("true"), true},   {STR_INIT("yes"), true}, {STR_INIT("on"), true},   {STR_INIT("y"), true},
		{STR_INIT("false"), false}, {STR_INIT("no"), false}, {STR_INIT("off"), false}, {STR_INIT("n"), false},
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_nocase(text, words[i].word) && usual_case(text)) {
			*ret_value = words[i].value;
			return true;
		}
	return false;
}

bool yaml_bool(const struct yaml_node *node, bool *ret_value)
{
	return node->kind == YAML_SCALAR && !node->quoted && read_bool(node->text, ret_value);
}

static bool has_only(struct str text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(characters, text.ptr[i]) == NULL)
			return false;
	return text.len > 0;
}

static struct str unsigned_part(struct str text)
{
	return str_slice(text, text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'), text.len);
}

/* Decimal, 0x, 0o, 0b, or octal with a 0 in front; with underscores. */
static bool is_integer(struct str text)
{
	static const struct {
		struct str prefix;
		const char *digits;
	} bases[] = {
		{STR_INIT("0x"), "0123456789abcdefABCDEF_"},
		{STR_INIT("0X"), "0123456789abcdefABCDEF_"},
		{STR_INIT("0o"), "01234567_"},
		{STR_INIT("0b"), "01_"},
		{STR_INIT("0"), "01234567_"},
		{STR_INIT(""), "0123456789_"},
	};

	text = unsigned_part(text);
	if (str_eq(text, STR("0")))
		return true;
	for (size_t i = 0; i < COUNT_OF(bases); i++)
		if (str_starts(text, bases[i].prefix))
			return has_only(str_slice(text, bases[i].prefix.len, text.len), bases[i].digits);
	return false;
}

static bool is_real(struct str text)
{
	struct str rest = unsigned_part(text);

	return is_integer(text) || str_eq_nocase(rest, STR(".inf")) || str_eq_nocase(text, STR(".nan")) ||
	       (has_only(rest, "0123456789.eE+-_") && rest.ptr[0] != 'e' && rest.ptr[0] != 'E');
}

enum yaml_tagged yaml_scalar_tagged(struct str tag, struct str text)
{
	static const struct str standard = STR_INIT("tag:yaml.org,2002:");
	struct str kind = str_starts(tag, standard) ? str_slice(tag, standard.len, tag.len) : STR("");
	bool ignored;

	if (str_eq(kind, STR("null")))
		return yaml_scalar_null(text) ? YAML_TAGGED_NULL : YAML_TAGGED_WRONG;
	if (str_eq(kind, STR("bool")))
		return read_bool(text, &ignored) ? YAML_TAGGED_PLAIN : YAML_TAGGED_WRONG;
	if (str_eq(kind, STR("int")))
		return is_integer(text) ? YAML_TAGGED_PLAIN : YAML_TAGGED_WRONG;
	if (str_eq(kind, STR("float")))
		return is_real(text) ? YAML_TAGGED_PLAIN : YAML_TAGGED_WRONG;
	if (str_eq(kind, STR("timestamp")))
		return has_only(text, "0123456789-:.tTzZ +") ? YAML_TAGGED_PLAIN : YAML_TAGGED_WRONG;
	return str_eq(kind, STR("binary")) ? YAML_TAGGED_BINARY : YAML_TAGGED_TEXT;
}
