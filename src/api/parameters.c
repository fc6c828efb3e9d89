/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"
#include "api/request.h"
#include "text/duration.h"
#include "text/number.h"

static struct str parameter(const struct api_request *request, const char *key)
{
	struct str value = {0};

	url_query_get(&request->query, str_of(key), &value);
	return value;
}

static bool check_numbers(const struct api_request *request, struct err *err)
{
	static const char *const keys[] = {"limit", "timeoutSeconds"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct str value = parameter(request, keys[i]);
		int64_t number;

		if (value.len && !number_parse_i64(value, &number, err))
			return false;
	}
	return true;
}

/* One term of a field selector: metadata.name=x, ==, != */
struct field_term {
	struct str field, value;
	bool differs;
};

static bool read_field(struct str term, struct field_term *ret_term, struct err *err)
{
	size_t equals = str_index(term, '=');
	bool differs = equals > 0 && equals < term.len && term.ptr[equals - 1] == '!';
	struct str field = str_slice(term, 0, equals - differs);
	struct str value = str_slice(term, equals + 1, term.len);

	if (equals == term.len)
		return err_set(err, ERR_INVALID, "invalid selector: '%.*s'; can't understand '%.*s'", STR_ARG(term),
			       STR_ARG(term));
	if (str_starts(value, STR("=")))
		value = str_slice(value, 1, value.len);
	if (!str_eq(field, STR("metadata.name")) && !str_eq(field, STR("metadata.namespace")))
		return err_set(err, ERR_INVALID,
			       "\"%.*s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
			       STR_ARG(field));
	*ret_term = (struct field_term){field, value, differs};
	return true;
}

bool api_fields_fit(const struct api_request *request, struct str namespace, struct str name)
{
	struct str rest = parameter(request, "fieldSelector");
	struct field_term read;
	struct err ignored;
	struct str term;

	while (rest.len && str_split(&rest, ',', &term)) {
		if (term.len == 0 || !read_field(term, &read, &ignored))
			continue;
		if (str_eq(read.value, str_eq(read.field, STR("metadata.name")) ? name : namespace) == read.differs)
			return false;
	}
	return true;
}

static bool check_field(const struct api_request *request, struct str term, struct err *err)
{
	struct field_term read;

	if (!read_field(term, &read, err))
		return false;
	if (request->route == ROUTE_CUSTOM && str_eq(read.field, STR("metadata.name")) &&
	    (read.differs || !str_eq(read.value, request->name)))
		return err_set(err, ERR_INVALID, "fieldSelector metadata.name doesn't match requested name");
	return true;
}

static bool check_fields(const struct api_request *request, struct err *err)
{
	struct str rest = parameter(request, "fieldSelector");
	struct str term;

	while (rest.len && str_split(&rest, ',', &term))
		if (term.len && !check_field(request, term, err))
			return false;
	return true;
}

static bool parse_timeout(const struct api_request *request, int64_t *ret_ms, struct err *err)
{
	struct str text = parameter(request, "timeout");
	int64_t ns = 0;

	*ret_ms = API_TIMEOUT_MS;
	if (text.len == 0)
		return true;
	if (!duration_parse_go(text, &ns, err))
		return err_set(err, ERR_INVALID, "invalid timeout specified in the request URL - %s", err->msg);
	if (ns < 0)
		return err_set(err, ERR_INVALID,
			       "invalid timeout specified in the request URL - time: negative duration \"%.*s\"",
			       STR_ARG(text));
	if (ns > 0 && ns / 1000000 < API_TIMEOUT_MS)
		*ret_ms = ns / 1000000 ? ns / 1000000 : 1;
	return true;
}

int64_t api_timeout_ms(const struct api_request *request)
{
	int64_t timeout_ms;
	struct err ignored;

	return parse_timeout(request, &timeout_ms, &ignored) ? timeout_ms : API_TIMEOUT_MS;
}

static bool check_timeout(const struct api_request *request, struct err *err)
{
	int64_t ignored;

	return parse_timeout(request, &ignored, err);
}

static bool refuse_watch(const struct api_request *request, enum status_kind *ret_kind, struct err *err)
{
	bool resource = request->route == ROUTE_RESOURCE_METRICS;

	*ret_kind = resource ? STATUS_NO_RESOURCE_WATCH : STATUS_NO_WATCH;
	return err_set(err, ERR_INVALID, "watch is not supported on resources of kind \"%.*s.%.*s\"",
		       STR_ARG(resource ? request->resource : STR("*")), STR_ARG(request->group));
}

/* What the generic list handler checks, which serves all but custom metrics. */
static bool check_list_options(const struct api_request *request, enum status_kind *ret_kind, struct err *err)
{
	struct str watch = parameter(request, "watch");

	if (watch.len && !str_eq(watch, STR("false")) && !str_eq(watch, STR("0")))
		return refuse_watch(request, ret_kind, err);
	*ret_kind = STATUS_INVALID;
	if (parameter(request, "resourceVersionMatch").len && parameter(request, "resourceVersion").len == 0)
		return err_set(err, ERR_INVALID,
			       "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: "
			       "resourceVersionMatch is forbidden unless resourceVersion is provided");
	if (parameter(request, "sendInitialEvents").len)
		return err_set(err, ERR_INVALID,
			       "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: "
			       "sendInitialEvents is forbidden for list");
	return true;
}

/* The parser's words, which of the two selectors they are about, and what may stand in one. Upstream's list handler, which
   serves all but custom metrics, puts its own words in front of the parser's; so do we there. */
static bool parse_selector(const struct api_request *request, const char *key, struct arena *arena,
			   struct str *ret_text, struct selector *ret_selector, struct reason *reason,
			   struct err *words)
{
	CLEANUP(buf_clear) struct buf fix = {0};

	*ret_text = parameter(request, key);
	if (selector_parse(*ret_text, arena, ret_selector, words))
		return true;
	reason_begin(reason, REASON_BAD_SELECTOR);
	reason_set(reason, "parameter", str_of(key), SIZE_MAX);
	if (request->route == ROUTE_CUSTOM)
		return false;
	reason_write_fix(&fix, reason);
	reason->code = REASON_BAD_LIST_SELECTOR;
	return err_set(words, words->code, "the parameter %s cannot be parsed [%s] (fix: %s): %.360s", key,
		       reason_name(reason->code), buf_cstr(&fix), words->msg);
}

bool api_parameters_parse(const struct api_request *request, struct arena *arena, struct api_parameters *ret_parameters,
			  enum status_kind *ret_kind, struct reason *reason, struct err *words)
{
	struct api_parameters parameters = {0};

	*ret_kind = STATUS_BAD_REQUEST;
	reason_begin(reason, REASON_PARAMETER);
	if (request->route == ROUTE_RESOURCE_METRICS && !request->all) { /* who names one object lists nothing */
		if (!check_timeout(request, words))
			return false;
		*ret_parameters = parameters;
		return true;
	}
	if (!check_numbers(request, words) || !check_timeout(request, words) || !check_fields(request, words) ||
	    !parse_selector(request, "labelSelector", arena, &parameters.label_selector_text,
			    &parameters.label_selector, reason, words))
		return false;
	if (request->route == ROUTE_CUSTOM) {
		if (!parse_selector(request, "metricLabelSelector", arena, &parameters.metric_selector_text,
				    &parameters.metric_selector, reason, words))
			return false;
	} else if (!check_list_options(request, ret_kind, words)) {
		return false;
	}
	*ret_parameters = parameters;
	return true;
}
