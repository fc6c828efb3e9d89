/* SPDX-License-Identifier: Apache-2.0 */
#include "health.h"

#include "api/request.h"

struct check {
	const char *name;
	bool of_readiness; /* of readyz alone */
	bool while_stopping;
};

static const struct check checks[] = {
	{"ping", false, true},
	{"log", false, true},
	{"shutdown", true, false},
};

static bool is_in(const struct check *check, struct str endpoint)
{
	return !check->of_readiness || str_eq(endpoint, STR("readyz"));
}

static bool is_excluded(const struct api_request *request, struct str name)
{
	for (size_t i = 0; i < request->query.count; i++)
		if (str_eq(request->query.pairs[i].key, STR("exclude")) && str_eq(request->query.pairs[i].value, name))
			return true;
	return false;
}

static bool is_known(struct str endpoint, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (is_in(&checks[i], endpoint) && str_eq(str_of(checks[i].name), name))
			return true;
	return false;
}

static void warn_of_unknown(const struct api_request *request, struct str endpoint, struct buf *out)
{
	for (size_t i = 0; i < request->query.count; i++) {
		struct str name = request->query.pairs[i].value;

		if (str_eq(request->query.pairs[i].key, STR("exclude")) && !is_known(endpoint, name))
			buf_printf(out, "warn: some health checks cannot be excluded: no matches for \"%.*s\"\n",
				   STR_ARG(name));
	}
}

static unsigned write_one(struct str endpoint, struct str name, bool stopping, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		if (!is_in(&checks[i], endpoint) || !str_eq(str_of(checks[i].name), name))
			continue;
		if (stopping && !checks[i].while_stopping) {
			buf_puts(out, "internal server error: the server is stopping\n");
			return 500;
		}
		buf_puts(out, "ok");
		return 200;
	}
	buf_puts(out, "404 page not found\n");
	return 404;
}

unsigned health_write(const struct api_request *request, bool stopping, struct buf *out)
{
	struct str endpoint = request->segments[0];
	struct str verbose;
	bool failed = false;

	if (request->segment_count == 2)
		return write_one(endpoint, request->segments[1], stopping, out);
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct str name = str_of(checks[i].name);

		if (!is_in(&checks[i], endpoint))
			continue;
		if (is_excluded(request, name)) {
			buf_printf(out, "[+]%s excluded: ok\n", checks[i].name);
		} else if (stopping && !checks[i].while_stopping) {
			buf_printf(out, "[-]%s failed: reason withheld\n", checks[i].name);
			failed = true;
		} else {
			buf_printf(out, "[+]%s ok\n", checks[i].name);
		}
	}
	warn_of_unknown(request, endpoint, out);
	if (!failed && !url_query_get(&request->query, STR("verbose"), &verbose)) {
		buf_reset(out);
		buf_puts(out, "ok");
		return 200;
	}
	buf_printf(out, "%.*s check %s\n", STR_ARG(endpoint), failed ? "failed" : "passed");
	return failed ? 500 : 200;
}
