/* SPDX-License-Identifier: Apache-2.0 */
/* json_document.h - a small JSON document as jansson's values, for answers that are read seldom. */
#ifndef GAUGELET_TEXT_JSON_DOCUMENT_H
#define GAUGELET_TEXT_JSON_DOCUMENT_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

enum {
	JSON_DOCUMENT_DEPTH_MAX = 64,
	JSON_DOCUMENT_VALUES_MAX = 500 * 1000, /* some 100 bytes each, however short they are */
};

/* *ret_root is given: json_auto_t frees it. A text may hold a NUL. ERR_INVALID: no JSON, or a key twice in one object, which
   two readers could read in two ways; the words repeat nothing of the text, which may be secret. ERR_LIMIT: too deep, or too
   many values. */
MUST_USE bool json_document_parse(struct str text, json_t **ret_root, struct err *err);

/* The member of an object, or NULL: there is none, or `object` is none (or NULL). A null counts as absent. Lent. */
json_t *json_document_get(const json_t *object, const char *key);

/* The text of a value, NUL-ended; empty when it is no text (or NULL). */
struct str json_document_str(const json_t *value);

/* The text of a member; empty when there is none. */
struct str json_document_text(const json_t *object, const char *key);

#endif
