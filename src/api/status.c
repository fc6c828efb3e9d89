/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

#include "text/json_writer.h"

static const struct {
	unsigned code;
	const char *reason;
	bool has_details;
} kinds[] = {
	[STATUS_BAD_REQUEST] = {400, "BadRequest", false},   [STATUS_NOT_FOUND] = {404, "NotFound", false},
	[STATUS_NO_ROUTE] = {404, "NotFound", true},	     [STATUS_METHOD] = {405, "MethodNotAllowed", true},
	[STATUS_NO_WATCH] = {405, "MethodNotAllowed", true}, [STATUS_NOT_ACCEPTABLE] = {406, "NotAcceptable", true},
	[STATUS_INVALID] = {422, "Invalid", true},	     [STATUS_INTERNAL] = {500, "InternalError", true},
	[STATUS_TIMEOUT] = {504, "Timeout", true},
};

unsigned status_code(enum status_kind kind)
{
	return kinds[kind].code;
}

static void write_details(struct json_writer *writer, enum status_kind kind, struct str cause)
{
	json_key(writer, "details");
	json_object(writer);
	if (kind == STATUS_NO_WATCH) {
		json_member(writer, "group", STR("external.metrics.k8s.io"));
		json_member(writer, "kind", STR("*"));
	}
	if (kind == STATUS_INTERNAL && cause.len) {
		json_key(writer, "causes");
		json_array(writer);
		json_object(writer);
		json_member(writer, "message", cause);
		json_object_end(writer);
		json_array_end(writer);
	}
	json_object_end(writer);
}

static struct str cut(struct str message)
{
	struct str front = str_slice(message, 0, STATUS_MESSAGE_BYTES);

	return front.len < message.len ? str_slice(front, 0, str_whole_characters(front)) : message;
}

void status_write(struct buf *out, enum status_kind kind, struct str message, struct str cause, bool pretty)
{
	struct json_writer writer;

	json_writer_init(&writer, out, pretty);
	json_object(&writer);
	json_member(&writer, "kind", STR("Status"));
	json_member(&writer, "apiVersion", STR("v1"));
	json_key(&writer, "metadata");
	json_object(&writer);
	json_object_end(&writer);
	json_member(&writer, "status", STR("Failure"));
	json_member(&writer, "message", cut(message));
	json_member(&writer, "reason", str_of(kinds[kind].reason));
	if (kinds[kind].has_details)
		write_details(&writer, kind, cause);
	json_key(&writer, "code");
	json_i64(&writer, kinds[kind].code);
	json_object_end(&writer);
	if (!pretty)
		buf_putc(out, '\n');
}
