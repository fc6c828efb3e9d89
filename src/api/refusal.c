/* SPDX-License-Identifier: Apache-2.0 */
#include "refusal.h"

enum { NAMESPACE_SHOWN = 63 };

void refusal_make(struct api_plan *plan, enum status_kind kind, const char *words, const struct reason *reason)
{
	struct api_reply *reply = &plan->reply;

	buf_reset(&reply->body);
	buf_reset(&reply->reason);
	status_write(&reply->body, &reply->reason, kind, str_of(words), reason, NULL, plan->request->pretty);
	reply->status = status_code(kind);
	reply->code = reason->code;
	plan->step = API_ANSWERED;
}

static void write_words(struct buf *out, const struct api_plan *plan, bool with_name)
{
	const struct api_request *request = plan->request;

	buf_puts(out, "the server could not find the metric ");
	buf_put(out, request->metric);
	buf_puts(out, " for ");
	if (request->route == ROUTE_EXTERNAL) {
		/* Upstream has "namespaces" in the namespace default, and nothing in others. */
		if (str_eq(request->namespace, STR("default")))
			buf_puts(out, "namespaces");
		else
			buf_printf(out, "namespace %.*s", STR_ARG(str_front(request->namespace, NAMESPACE_SHOWN)));
		return;
	}
	buf_put(out, request->resource);
	if (with_name && !request->all) {
		buf_putc(out, ' ');
		buf_put(out, request->name);
	}
}

void refusal_make_not_found(struct api_plan *plan, bool with_name, const struct reason *reason)
{
	CLEANUP(buf_clear) struct buf words = {0};

	write_words(&words, plan, with_name);
	refusal_make(plan, STATUS_NOT_FOUND, buf_cstr(&words), reason);
}

void refusal_make_of_rule(struct api_plan *plan, const struct reason *reason)
{
	if (plan->request->route == ROUTE_EXTERNAL)
		refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_FETCH, reason);
	else
		refusal_make_not_found(plan, false, reason);
}

enum status_kind refusal_kind(const struct reason *reason)
{
	return reason->code == REASON_OVERLOADED_READING ? STATUS_UNAVAILABLE : STATUS_INTERNAL;
}

bool refusal_is_made(const struct api_plan *plan)
{
	return plan->reply.status != 0;
}
