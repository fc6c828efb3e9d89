/* SPDX-License-Identifier: Apache-2.0 */
#include "api/attributes.h"

#include "api/reason.h"
#include "api/status.h"
#include "text/quote.h"

enum { TARGET_SHOWN = 160 };

/* ---- the question */

static struct str verb_of(struct str method)
{
	static const struct {
		struct str method, verb;
	} verbs[] = {
		{STR_INIT("GET"), STR_INIT("get")},	{STR_INIT("HEAD"), STR_INIT("get")},
		{STR_INIT("POST"), STR_INIT("create")}, {STR_INIT("PUT"), STR_INIT("update")},
		{STR_INIT("PATCH"), STR_INIT("patch")}, {STR_INIT("DELETE"), STR_INIT("delete")},
	};

	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (str_eq(verbs[i].method, method))
			return verbs[i].verb;
	return STR("");
}

static bool path_attributes(const struct api_request *request, struct arena *arena,
			    struct access_attributes *attributes)
{
	char *verb = arena_alloc(arena, request->method.len + 1);

	if (!verb)
		return false;
	for (size_t i = 0; i < request->method.len; i++) {
		char c = request->method.ptr[i];

		verb[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	*attributes = (struct access_attributes){.verb = {verb, request->method.len},
						 .path = request->path.len ? request->path : STR("/")};
	return true;
}

/* The kube-apiserver trims all slashes at both ends. */
static size_t segments_of(const struct api_request *request, const struct str **ret_segments)
{
	size_t first = 0, end = request->segment_count;

	while (first < end && request->segments[first].len == 0)
		first++;
	while (end > first && request->segments[end - 1].len == 0)
		end--;
	*ret_segments = request->segments + first;
	return end - first;
}

/* Could it be a segment of a path? */
static bool is_plain_name(struct str name)
{
	return !str_eq(name, STR(".")) && !str_eq(name, STR("..")) && str_index(name, '/') == name.len &&
	       str_index(name, '%') == name.len;
}

/* The name that `metadata.name=NAME` asks for; empty when there is none, or when it cannot be read: then the question is the
   broader one. */
static struct str selected_name(const struct api_request *request)
{
	struct str rest = STR(""), term, name = STR("");

	(void)url_query_get(&request->query, STR("fieldSelector"), &rest);
	if (str_contains(rest, STR("\\")))
		return STR("");
	while (str_split(&rest, ',', &term)) {
		size_t equals = str_index(term, '=');
		struct str value = str_slice(term, equals + 1, term.len);

		if (term.len && equals == term.len)
			return STR("");
		if (name.len || !str_eq(str_slice(term, 0, equals), STR("metadata.name")))
			continue;
		name = str_starts(value, STR("=")) ? str_slice(value, 1, value.len) : value;
	}
	return is_plain_name(name) ? name : STR("");
}

static bool asks_to_watch(const struct api_request *request)
{
	struct str value;

	return url_query_get(&request->query, STR("watch"), &value) && !str_eq_nocase(value, STR("false")) &&
	       !str_eq(value, STR("0"));
}

/* Without a name it is about all of them. */
static void nameless_adjust(const struct api_request *request, struct access_attributes *attributes)
{
	if (attributes->name.len)
		return;
	if (str_eq(attributes->verb, STR("get"))) {
		attributes->verb = asks_to_watch(request) ? STR("watch") : STR("list");
		attributes->name = selected_name(request);
	}
	if (str_eq(attributes->verb, STR("delete")) && attributes->name.len == 0)
		attributes->verb = STR("deletecollection");
}

/* `part`: what stands behind the version; at least one. */
static void resource_attributes(const struct str *part, size_t count, struct access_attributes *attributes)
{
	bool special = count > 1 && (str_eq(part[0], STR("watch")) || str_eq(part[0], STR("proxy")));

	if (special) {
		attributes->verb = part[0];
		part++;
		count--;
	}
	if (count > 1 && str_eq(part[0], STR("namespaces"))) {
		attributes->namespace = part[1];
		if (count > 2 && !str_eq(part[2], STR("status")) && !str_eq(part[2], STR("finalize"))) {
			part += 2;
			count -= 2;
		}
	}
	attributes->resource = part[0];
	if (count > 1)
		attributes->name = part[1];
	if (count > 2 && !str_eq(attributes->verb, STR("proxy")))
		attributes->subresource = part[2];
}

bool api_attributes(const struct api_request *request, struct arena *arena, struct access_attributes *ret_attributes)
{
	const struct str *segments;
	size_t count = segments_of(request, &segments);
	bool legacy = count && str_eq(segments[0], STR("api")); /* its group has no name */
	size_t before = legacy ? 2 : 3;				/* the resource */
	struct access_attributes attributes = {0};

	if (count <= before || !(legacy || str_eq(segments[0], STR("apis"))))
		return path_attributes(request, arena, ret_attributes);
	attributes.verb = verb_of(request->method);
	if (!legacy)
		attributes.group = segments[1];
	attributes.version = segments[before - 1];
	resource_attributes(segments + before, count - before, &attributes);
	nameless_adjust(request, &attributes);
	*ret_attributes = attributes;
	return true;
}

/* ---- the refusal */

static void escape_html(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else
			buf_putc(out, c);
	}
}

static void write_resource(struct buf *out, const struct access_attributes *attributes)
{
	CLEANUP(buf_clear) struct buf resource = {0};

	buf_put(&resource, attributes->resource);
	if (attributes->subresource.len) {
		buf_putc(&resource, '/');
		buf_put(&resource, attributes->subresource);
	}
	buf_puts(out, " resource ");
	quote_go(out, buf_str(&resource));
	buf_puts(out, " in API group ");
	quote_go(out, attributes->group);
	if (attributes->namespace.len == 0) {
		buf_puts(out, " at the cluster scope");
		return;
	}
	buf_puts(out, " in the namespace ");
	quote_go(out, attributes->namespace);
}

/* `User "u" cannot ...` */
static void write_deed(struct buf *out, struct str user, const struct access_attributes *attributes)
{
	buf_puts(out, "User ");
	quote_go(out, user);
	buf_puts(out, " cannot ");
	buf_put(out, attributes->verb);
	if (attributes->path.len) {
		buf_puts(out, " path ");
		quote_go(out, attributes->path);
	} else {
		write_resource(out, attributes);
	}
}

/* What stands before the deed; not HTML-escaped, as upstream does not. */
static void write_target(struct buf *out, const struct access_attributes *attributes)
{
	if (attributes->path.len) {
		buf_puts(out, "forbidden: ");
		return;
	}
	buf_put(out, attributes->resource);
	if (attributes->group.len)
		buf_putc(out, '.');
	buf_put(out, attributes->group);
	if (attributes->name.len) {
		buf_putc(out, ' ');
		quote_go(out, attributes->name);
	}
	buf_puts(out, " is forbidden: ");
}

static enum reason_code write_forbidden(struct buf *out, struct str message, const struct access_attributes *attributes,
					bool pretty)
{
	const struct reason reason = {.code = REASON_FORBIDDEN};
	const struct status_details details = {
		.name = attributes->name, .group = attributes->group, .kind = attributes->resource};

	status_write(out, NULL, STATUS_FORBIDDEN, message, &reason, &details, pretty);
	return reason.code;
}

enum reason_code api_forbidden_write(struct buf *out, struct str user, const struct access_attributes *attributes,
				     struct str reason, bool pretty)
{
	CLEANUP(buf_clear) struct buf deed = {0};
	CLEANUP(buf_clear) struct buf message = {0};

	write_deed(&deed, user, attributes);
	write_target(&message, attributes);
	escape_html(&message, buf_str(&deed));
	if (reason.len) {
		buf_puts(&message, ": ");
		buf_put(&message, reason);
	}
	return write_forbidden(out, buf_str(&message), attributes, pretty);
}

enum reason_code api_forbidden_text_write(struct buf *out, struct str user, struct str message, bool pretty)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf escaped = {0};

	buf_puts(&text, "forbidden: User ");
	quote_go(&text, user);
	buf_putc(&text, ' ');
	buf_put(&text, message);
	escape_html(&escaped, buf_str(&text));
	return write_forbidden(out, buf_str(&escaped), &(struct access_attributes){0}, pretty);
}

enum reason_code api_unauthorized_write(struct buf *out, bool pretty)
{
	const struct reason reason = {.code = REASON_UNAUTHORIZED};

	status_write(out, NULL, STATUS_UNAUTHORIZED, STR("Unauthorized"), &reason, NULL, pretty);
	return reason.code;
}

/* Upstream says it in plain text. In a Status the HPA shows it, too. What may be done about it is known where the review failed. */
enum reason_code api_authorizer_error_write(struct buf *out, struct str target, struct str problem, bool pretty)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf words = {0};

	buf_puts(&words, "Internal Server Error: ");
	quote_go(&words, str_slice(target, 0, TARGET_SHOWN));
	reason_begin(&reason, REASON_MAY_NOT_REVIEW);
	if (!reason_split(&reason, problem))
		reason.code = REASON_CANNOT_REVIEW;
	status_write(out, NULL, STATUS_INTERNAL, buf_str(&words), &reason, NULL, pretty);
	return reason.code;
}
