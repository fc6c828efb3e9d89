/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - Go's text/template with the delimiters << and >>. Parsed once into a tree, run many times
   with other values. */
#ifndef GAUGELET_TEXT_TEMPLATE_H
#define GAUGELET_TEXT_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "text/problem.h"

enum template_kind { TEMPLATE_STRING, TEMPLATE_LIST, TEMPLATE_MAP, TEMPLATE_BOOL };

/* A field of the root value, as `.NAME`. All texts are lent for the duration of the run. */
struct template_field {
	struct str name;
	enum template_kind kind;
	struct str string;	 /* of a string */
	bool truth;		 /* of a boolean */
	bool method;		 /* no part of the value as it is printed; `String`, if it is one, is all of it */
	const struct str *items; /* of a list of strings; of a map the values */
	const struct str *keys;	 /* of a map, sorted bytewise, without duplicates */
	size_t count;		 /* of a list or map */
};

struct template_tree;

enum {
	TEMPLATE_BYTES_MAX = 64 << 10, /* of the text */
	TEMPLATE_DEPTH_MAX = 100,      /* of nested actions, parentheses and {{template}} calls */
	TEMPLATE_OUTPUT_MAX = 1 << 20,
	TEMPLATE_STEPS_MAX = 1 << 20, /* nodes visited in one run */
};

/* `name` is what Go's messages begin with: `template: NAME:1: unexpected ...`. The tree copies all it needs. On failure
   the message is Go's where users will search for it (unknown function, unclosed action, bad character), and *ret_at is
   the line and column within `text`. */
MUST_USE bool template_parse(struct str text, const char *name, struct template_tree **ret_tree, struct place *ret_at,
			     struct err *err);
void template_tree_free(struct template_tree *tree);
DEFINE_FREE_AT(template_tree)

/* Appends the result to `out` (whose maximum is the caller's). `scratch` takes what a run needs meanwhile. Unknown fields,
   bad indexes and incomparable values are ERR_INVALID with Go's text. */
MUST_USE bool template_run(const struct template_tree *tree, const struct template_field *fields, size_t field_count,
			   struct arena *scratch, struct buf *out, struct err *err);

/* Does the text of the template use the field `name` anywhere? For lint. */
bool template_uses(const struct template_tree *tree, struct str name);

/* A name of a field or variable that is not of ASCII; ptr NULL: none is. */
struct str template_foreign_name(const struct template_tree *tree);

#endif
