/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h - Kubernetes label selectors. */
#ifndef GAUGELET_TEXT_SELECTOR_H
#define GAUGELET_TEXT_SELECTOR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum selector_op {
	SELECTOR_EQUALS,
	SELECTOR_DOUBLE_EQUALS,
	SELECTOR_NOT_EQUALS,
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_NOT_EXISTS,
	SELECTOR_GREATER,
	SELECTOR_LESS,
};

struct selector_requirement {
	struct str key;
	enum selector_op op;
	const struct str *values; /* of In and NotIn sorted, without duplicates; one for = == != > <; none for exists */
	size_t value_count;
};

struct selector {
	const struct selector_requirement *requirements; /* sorted by key, file order among equals */
	size_t count;					 /* 0 selects everything */
};

/* Everything lives in `arena`; the text is copied. The message is the words of apimachinery's parser. */
MUST_USE bool selector_parse(struct str text, struct arena *arena, struct selector *ret_selector, struct err *err);

/* The value of a label, or a str whose ptr is NULL when the object does not have it. */
typedef struct str selector_lookup(const void *object, struct str key);
bool selector_matches(const struct selector *selector, selector_lookup *lookup, const void *object);

#endif
