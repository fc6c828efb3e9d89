/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_document.h"

/* Where a value ends and another one follows, or where one begins that holds others. */
static bool count_values(char c, size_t *depth, size_t *values, struct err *err)
{
	bool opens = c == '{' || c == '[';

	*values += opens || c == ',';
	*depth += opens;
	if ((c == '}' || c == ']') && *depth > 0)
		--*depth;
	if (*depth > JSON_DOCUMENT_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "JSON nests deeper than %d levels", JSON_DOCUMENT_DEPTH_MAX);
	if (*values > JSON_DOCUMENT_VALUES_MAX)
		return err_set(err, ERR_LIMIT, "JSON has more than %d values", JSON_DOCUMENT_VALUES_MAX);
	return true;
}

/* jansson has no bound for memory, and one of 2,048 levels for its recursion. */
static bool check_bounds(struct str text, struct err *err)
{
	size_t depth = 0, values = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\0') /* jansson takes it for the end */
			return err_set(err, ERR_INVALID, "no JSON: a NUL at byte %zu", i);
		if (c == '"')
			in_string = !in_string;
		else if (in_string && c == '\\')
			i++;
		else if (!in_string && !count_values(c, &depth, &values, err))
			return false;
	}
	return true;
}

/* Without what stands there: "... near 'TEXT'". */
static struct str words_of(const json_error_t *error)
{
	struct str words = str_of(error->text);
	const char *near = strstr(error->text, " near '");

	return near ? str_slice(words, 0, (size_t)(near - words.ptr)) : words;
}

bool json_document_parse(struct str text, json_t **ret_root, struct err *err)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t error;
	json_t *root;

	if (!check_bounds(text, err))
		return false;
	root = json_loadb(text.len > 0 ? text.ptr : "", text.len, flags, &error);
	if (root == NULL)
		return err_set(err, ERR_INVALID, "no JSON: line %d, column %d: %.*s", error.line, error.column,
			       STR_ARG(words_of(&error)));
	*ret_root = root;
	return true;
}

json_t *json_document_get(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

struct str json_document_str(const json_t *value)
{
	return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR("");
}

struct str json_document_text(const json_t *object, const char *key)
{
	return json_document_str(json_object_get(object, key));
}
