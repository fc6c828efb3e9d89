/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.h - JSON into a buf, compact or indented by two spaces. Commas are the writer's business; keys and values
   are the caller's. Escapes as Go's encoding/json: < > & as \u003c \u003e \u0026, U+2028 and U+2029, control
   characters as \u00XX (\n \r \t by letter; \b and \f as \u0008 and \u000c); invalid UTF-8 becomes U+FFFD. */
#ifndef GAUGELET_TEXT_JSON_WRITER_H
#define GAUGELET_TEXT_JSON_WRITER_H

#include "base/buf.h"
#include "base/str.h"

enum { JSON_WRITER_DEPTH = 32 };

struct json_writer {
	struct buf *out;
	bool pretty;
	unsigned depth;
	bool has_members[JSON_WRITER_DEPTH]; /* is a comma due before the next member at this depth? */
	bool after_key;
};

void json_writer_init(struct json_writer *writer, struct buf *out, bool pretty);
void json_writer_object(struct json_writer *writer);
void json_writer_object_end(struct json_writer *writer);
void json_writer_array(struct json_writer *writer);
void json_writer_array_end(struct json_writer *writer);
void json_writer_key(struct json_writer *writer, const char *key); /* must need no escapes */
void json_writer_key_str(struct json_writer *writer, struct str key);
void json_writer_string(struct json_writer *writer, struct str text);
void json_writer_i64(struct json_writer *writer, int64_t number);
void json_writer_bool(struct json_writer *writer, bool value);
void json_writer_null(struct json_writer *writer);

/* json_writer_key and json_writer_string in one. */
void json_writer_member(struct json_writer *writer, const char *key, struct str text);

#endif
