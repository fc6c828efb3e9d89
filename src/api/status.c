/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

#include "api/reason.h"
#include "text/json_writer.h"

static const struct {
	unsigned code;
	const char *reason;
	bool has_details;
} kinds[] = {
	[STATUS_BAD_REQUEST] = {400, "BadRequest", false},
	[STATUS_UNAUTHORIZED] = {401, "Unauthorized", false},
	[STATUS_FORBIDDEN] = {403, "Forbidden", true},
	[STATUS_NOT_FOUND] = {404, "NotFound", false},
	[STATUS_NO_ROUTE] = {404, "NotFound", true},
	[STATUS_METHOD] = {405, "MethodNotAllowed", true},
	[STATUS_NO_WATCH] = {405, "MethodNotAllowed", true},
	[STATUS_NO_RESOURCE_WATCH] = {405, "MethodNotAllowed", true},
	[STATUS_NOT_ACCEPTABLE] = {406, "NotAcceptable", true},
	[STATUS_INVALID] = {422, "Invalid", true},
	[STATUS_INTERNAL] = {500, "InternalError", true},
	[STATUS_UNAVAILABLE] = {503, "ServiceUnavailable", false},
	[STATUS_TIMEOUT] = {504, "Timeout", true},
};

unsigned status_code(enum status_kind kind)
{
	return kinds[kind].code;
}

static void member_unless_empty(struct json_writer *writer, const char *key, struct str value)
{
	if (value.len)
		json_writer_member(writer, key, value);
}

static void write_details(struct json_writer *writer, const struct status_details *details)
{
	json_writer_key(writer, "details");
	json_writer_object(writer);
	member_unless_empty(writer, "name", details->name);
	member_unless_empty(writer, "group", details->group);
	member_unless_empty(writer, "kind", details->kind);
	if (details->cause.len) {
		json_writer_key(writer, "causes");
		json_writer_array(writer);
		json_writer_object(writer);
		json_writer_member(writer, "message", details->cause);
		json_writer_object_end(writer);
		json_writer_array_end(writer);
	}
	json_writer_object_end(writer);
}

/* Upstream's cause: its own words, between its prefix and our reason. */
static struct str cause_of(struct str message)
{
	const struct str prefix = STR_INIT("Internal error occurred: ");

	if (!str_starts(message, prefix))
		return (struct str){0};
	message = str_slice(message, prefix.len, message.len);
	return str_slice(message, 0, str_index(message, ':'));
}

static struct status_details details_of(enum status_kind kind, struct str message)
{
	if (kind == STATUS_NO_WATCH)
		return (struct status_details){.group = STR("external.metrics.k8s.io"), .kind = STR("*")};
	return (struct status_details){.cause = kind == STATUS_INTERNAL ? cause_of(message) : (struct str){0}};
}

static void write_document(struct buf *out, enum status_kind kind, struct str message,
			   const struct status_details *details, bool pretty)
{
	struct json_writer writer;

	json_writer_init(&writer, out, pretty);
	json_writer_object(&writer);
	json_writer_member(&writer, "kind", STR("Status"));
	json_writer_member(&writer, "apiVersion", STR("v1"));
	json_writer_key(&writer, "metadata");
	json_writer_object(&writer);
	json_writer_object_end(&writer);
	json_writer_member(&writer, "status", STR("Failure"));
	json_writer_member(&writer, "message", message);
	json_writer_member(&writer, "reason", str_of(kinds[kind].reason));
	if (details)
		write_details(&writer, details);
	json_writer_key(&writer, "code");
	json_writer_i64(&writer, kinds[kind].code);
	json_writer_object_end(&writer);
	if (!pretty)
		buf_putc(out, '\n');
}

/* Who may not do something is told of it whole, as by the kube-apiserver. */
void status_write(struct buf *out, struct buf *ret_message, enum status_kind kind, struct str words,
		  const struct reason *reason, const struct status_details *details, bool pretty)
{
	CLEANUP(buf_clear) struct buf message = {0};
	struct status_details own;

	reason_write(&message, words, reason, kind == STATUS_FORBIDDEN ? SIZE_MAX : STATUS_MESSAGE_BYTES);
	own = details_of(kind, buf_str(&message));
	if (details == NULL && kinds[kind].has_details)
		details = &own;
	write_document(out, kind, buf_str(&message), details, pretty);
	if (ret_message)
		buf_put(ret_message, buf_str(&message));
}
