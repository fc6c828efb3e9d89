/* SPDX-License-Identifier: Apache-2.0 */
#include "template_value.h"

bool template_value_truth(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NONE:
		return false;
	case VALUE_BOOL:
		return value->truth;
	case VALUE_INT:
	case VALUE_BYTE:
		return value->integer != 0;
	case VALUE_FLOAT:
		return value->real < 0 || value->real > 0;
	case VALUE_STRING:
		return value->string.len > 0;
	case VALUE_LIST:
	case VALUE_MAP:
		return value->all.count > 0;
	case VALUE_ROOT:
		return true;
	}
	return false;
}

struct value template_value_of_field(const struct template_field *field)
{
	struct value value = {.kind = VALUE_LIST, .all = {field->items, NULL, field->count}};

	switch (field->kind) {
	case TEMPLATE_STRING:
		return value_string(field->string);
	case TEMPLATE_BOOL:
		return value_bool(field->truth);
	case TEMPLATE_LIST:
		return value;
	case TEMPLATE_MAP:
		value.kind = VALUE_MAP;
		value.all.keys = field->keys;
		return value;
	}
	return value;
}

bool template_value_of_key(const struct value *map, struct str key, struct value *ret_value)
{
	size_t from = 0;
	size_t to = map->all.count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = str_cmp(key, map->all.keys[middle]);

		if (order == 0) {
			*ret_value = value_string(map->all.items[middle]);
			return true;
		}
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}
