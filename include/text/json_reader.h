/* SPDX-License-Identifier: Apache-2.0 */
/* json_reader.h - JSON (RFC 8259) in pieces of any size: each value becomes an event. Keeps no document, only the
   token that is cut by the end of a piece. Strict: one document, valid UTF-8 in strings, no duplicates checked. */
#ifndef GAUGELET_TEXT_JSON_READER_H
#define GAUGELET_TEXT_JSON_READER_H

#include "base/err.h"
#include "base/str.h"

enum json_event {
	JSON_EVENT_OBJECT,
	JSON_EVENT_OBJECT_END,
	JSON_EVENT_ARRAY,
	JSON_EVENT_ARRAY_END,
	JSON_EVENT_KEY,	   /* text: unescaped */
	JSON_EVENT_STRING, /* text: unescaped, may hold NUL */
	JSON_EVENT_NUMBER, /* text: as written */
	JSON_EVENT_TRUE,
	JSON_EVENT_FALSE,
	JSON_EVENT_NULL,
};

/* `text` is lent for the duration of the call. False stops the reader for good; the handler has set *err. */
typedef bool json_handler(void *context, enum json_event event, struct str text, struct err *err);

struct json_reader;

enum { JSON_DEPTH_MAX = 64, JSON_TOKEN_MAX = 1 << 20 }; /* a longer string or number is ERR_LIMIT */

struct json_reader *json_reader_new(json_handler *handler, void *context) MUST_USE;
void json_reader_free(struct json_reader *reader);
DEFINE_FREE_AT(json_reader)

/* False after a syntax error (ERR_INVALID, with the byte offset and what was found), a limit, or when the handler said
   so; every later call is false with the same error. */
MUST_USE bool json_reader_feed(struct json_reader *reader, struct str piece, struct err *err);

/* The input has ended: false when the document has not (ERR_INVALID, "ends early"). */
MUST_USE bool json_reader_finish(struct json_reader *reader, struct err *err);

#endif
