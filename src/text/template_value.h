/* SPDX-License-Identifier: Apache-2.0 */
/* template_value.h - values of a run. */
#ifndef GAUGELET_TEXT_TEMPLATE_VALUE_H
#define GAUGELET_TEXT_TEMPLATE_VALUE_H

#include "text/template.h"

enum value_kind {
	VALUE_NONE, /* nil, or a map key that is not there */
	VALUE_BOOL,
	VALUE_INT,
	VALUE_BYTE, /* of a string by index */
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
	VALUE_ROOT,
};

struct value_items {
	const struct str *items;
	const struct str *keys; /* of a map */
	size_t count;
};

struct value {
	enum value_kind kind;
	union {
		bool truth;
		int64_t integer; /* INT and BYTE */
		double real;
		struct str string;
		struct value_items all; /* LIST and MAP */
	};
};

static inline struct value value_bool(bool truth)
{
	return (struct value){.kind = VALUE_BOOL, .truth = truth};
}

static inline struct value value_int(int64_t integer)
{
	return (struct value){.kind = VALUE_INT, .integer = integer};
}

static inline struct value value_string(struct str string)
{
	return (struct value){.kind = VALUE_STRING, .string = string};
}

bool template_value_truth(const struct value *value);
struct value template_value_of_field(const struct template_field *field);

/* Of a map; false when the key is not there. */
bool template_value_of_key(const struct value *map, struct str key, struct value *ret_value);

#endif
