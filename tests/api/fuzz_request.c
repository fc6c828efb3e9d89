/* SPDX-License-Identifier: Apache-2.0 */
/* A request: method, target, Accept and User-Agent, a line each. A metric request has a metric, and parameters or words that say what
   is wrong with them. */
#include "api/request.h"

#include "api/reason.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parameters(const struct api_request *request, struct arena *arena)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct api_parameters parameters;
	enum status_kind kind;
	struct err words = {0};

	CHECK(api_timeout_ms(request) >= 0);
	if (api_parameters_parse(request, arena, &parameters, &kind, &reason, &words)) {
		(void)api_fields_fit(request, STR("default"), STR("a"));
		return;
	}
	CHECK(reason.code != REASON_NONE);
	reason_write(&text, str_of(words.msg), &reason, 1024);
	CHECK(text.len && str_is_utf8(buf_str(&text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	const struct api_groups groups = {.custom = true, .external = true, .resource = true};
	struct str rest = {(const char *)data, size};
	struct str method = {0}, target = {0};
	struct api_headers headers = {0};
	struct api_request request;
	struct err err = {0};

	(void)(str_split(&rest, '\n', &method) && str_split(&rest, '\n', &target) &&
	       str_split(&rest, '\n', &headers.accept) && str_split(&rest, '\n', &headers.user_agent));
	CHECK(api_request_parse(method, target, &headers, groups, arena, &request, &err));
	if (request.route == ROUTE_CUSTOM || request.route == ROUTE_EXTERNAL || request.route == ROUTE_RESOURCE_METRICS)
		check_parameters(&request, arena);
	return 0;
}
