/* SPDX-License-Identifier: Apache-2.0 */
#include "api/request.h"

#include "base/buf.h"

enum { SEGMENTS_MAX = 16, PATH_BYTES_MAX = 1 << 20 };

static bool no_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the request is too large");
}

/* ---- the path */

static bool decode_path(struct str raw, struct arena *arena, struct api_request *request, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_MAX(PATH_BYTES_MAX);

	if (!url_decode_path(raw, &path, err))
		request->route = ROUTE_MALFORMED;
	return arena_copy(arena, buf_str(&path), &request->path) || no_room(err);
}

/* The whole path is decoded once and split then, as Go does it: %2F separates. Nothing stands behind a slash at the end. */
static bool split_path(struct arena *arena, struct api_request *request, struct err *err)
{
	struct str *segments = arena_calloc(arena, SEGMENTS_MAX, sizeof(*segments));
	struct str rest = str_slice(request->path, 1, request->path.len);

	if (segments == NULL)
		return no_room(err);
	while (rest.len && request->segment_count < SEGMENTS_MAX &&
	       str_split(&rest, '/', &segments[request->segment_count]))
		request->segment_count++;
	request->segments = segments;
	return true;
}

static bool segment_is(const struct api_request *request, size_t at, const char *text)
{
	return at < request->segment_count && str_eq(request->segments[at], str_of(text));
}

static bool has_empty_segment(const struct api_request *request)
{
	for (size_t i = 0; i < request->segment_count; i++)
		if (request->segments[i].len == 0)
			return true;
	return false;
}

static enum route object_route(struct api_request *request, const struct str *name_and_metric)
{
	request->name = name_and_metric[0];
	request->metric = name_and_metric[1];
	request->all = str_eq(request->name, STR("*"));
	return ROUTE_CUSTOM;
}

/* The Namespace object itself; it is in no namespace. */
static enum route namespace_route(struct api_request *request, struct str name, struct str metric)
{
	request->resource = STR("namespaces");
	return object_route(request, (struct str[]){name, metric});
}

/* By the number of segments behind the version. */
static enum route custom_route(struct api_request *request, const struct str *part, size_t count)
{
	bool in_namespace = count && str_eq(part[0], STR("namespaces"));

	if (count == 3 && str_eq(part[0], STR("watch")))
		return ROUTE_BAD_PATH;
	if (count == 3 && in_namespace) {
		if (str_eq(part[2], STR("status")) || str_eq(part[2], STR("finalize")))
			return namespace_route(request, part[1], part[2]);
		return ROUTE_BAD_PATH;
	}
	if (count == 3) {
		request->resource = part[0];
		return object_route(request, &part[1]);
	}
	if ((count == 4 || count == 5) && in_namespace && str_eq(part[2], STR("metrics")))
		return namespace_route(request, part[1], part[3]);
	if (count == 5 && in_namespace) {
		request->namespaced = true;
		request->namespace = part[1];
		request->resource = part[2];
		return object_route(request, &part[3]);
	}
	return ROUTE_NO_METRIC;
}

static enum route external_route(struct api_request *request, const struct str *part, size_t count)
{
	if (count != 3 || !str_eq(part[0], STR("namespaces")))
		return ROUTE_NO_METRIC;
	request->namespaced = true;
	request->namespace = part[1];
	request->metric = part[2];
	return ROUTE_EXTERNAL;
}

static enum route resource_metrics_route(struct api_request *request, const struct str *part, size_t count)
{
	request->namespaced = count > 2 && str_eq(part[0], STR("namespaces"));
	if (request->namespaced) {
		request->namespace = part[1];
		part += 2;
		count -= 2;
	}
	request->resource = part[0];
	request->all = count == 1;
	if (count == 2)
		request->name = part[1];
	if (str_eq(part[0], STR("nodes")))
		return count <= 2 && !request->namespaced ? ROUTE_RESOURCE_METRICS : ROUTE_NO_METRIC;
	if (str_eq(part[0], STR("pods")))
		return count == 1 || (count == 2 && request->namespaced) ? ROUTE_RESOURCE_METRICS : ROUTE_NO_METRIC;
	return ROUTE_NO_METRIC;
}

static bool is_served(struct str group, struct api_groups groups)
{
	return (groups.custom && str_eq(group, STR(API_CUSTOM_GROUP))) ||
	       (groups.external && str_eq(group, STR(API_EXTERNAL_GROUP))) ||
	       (groups.resource && str_eq(group, STR(API_RESOURCE_GROUP)));
}

static enum route apis_route(struct api_request *request, struct api_groups groups)
{
	const struct str *segments = request->segments;
	size_t count = request->segment_count;
	bool custom;

	if (count == 1)
		return ROUTE_GROUPS;
	request->group = segments[1];
	custom = segment_is(request, 1, API_CUSTOM_GROUP);
	if (!is_served(segments[1], groups))
		return ROUTE_UNKNOWN;
	if (count == 2)
		return ROUTE_GROUP;
	request->version = segments[2];
	if (!segment_is(request, 2, "v1beta1") && !(custom && segment_is(request, 2, "v1beta2")))
		return ROUTE_NO_METRIC;
	if (count == 3)
		return ROUTE_RESOURCES;
	if (segment_is(request, 1, API_RESOURCE_GROUP))
		return resource_metrics_route(request, &segments[3], count - 3);
	return (custom ? custom_route : external_route)(request, &segments[3], count - 3);
}

static enum route openapi_route(struct api_request *request)
{
	if (request->segment_count == 2 && segment_is(request, 1, "v2"))
		return ROUTE_OPENAPI_V2;
	if (request->segment_count == 2 && segment_is(request, 1, "v3"))
		return ROUTE_OPENAPI_V3;
	if (request->segment_count != 5 || !segment_is(request, 1, "v3") || !segment_is(request, 2, "apis"))
		return ROUTE_UNKNOWN;
	request->group = request->segments[3];
	request->version = request->segments[4];
	return ROUTE_OPENAPI_V3_GROUP;
}

static enum route route_of(struct api_request *request, struct api_groups groups)
{
	bool alone = request->segment_count == 1;

	if (request->route == ROUTE_MALFORMED)
		return ROUTE_MALFORMED;
	if (request->segment_count == 0 || (alone && segment_is(request, 0, "index.html")))
		return request->path.len <= 1 || alone ? ROUTE_INDEX : ROUTE_UNKNOWN;
	if (request->segment_count == SEGMENTS_MAX || has_empty_segment(request))
		return segment_is(request, 0, "apis") && segment_is(request, 1, API_CUSTOM_GROUP) ? ROUTE_NO_METRIC
												  : ROUTE_UNKNOWN;
	if (segment_is(request, 0, "apis"))
		return apis_route(request, groups);
	if (segment_is(request, 0, "healthz") || segment_is(request, 0, "livez") || segment_is(request, 0, "readyz"))
		return request->segment_count <= 2 ? ROUTE_HEALTH : ROUTE_UNKNOWN;
	if (segment_is(request, 0, "openapi"))
		return openapi_route(request);
	if (alone && segment_is(request, 0, "version"))
		return ROUTE_VERSION;
	return alone && segment_is(request, 0, "metrics") ? ROUTE_METRICS : ROUTE_UNKNOWN;
}

/* ---- how to answer */

/* Is the parameter `name=value` among those behind the first ';' of a media range? */
static bool has_parameter(struct str range, struct str parameter)
{
	struct str part;

	while (str_split(&range, ';', &part))
		if (str_eq_nocase(str_trim(part), parameter))
			return true;
	return false;
}

static bool takes_json(struct str range)
{
	struct str type = str_trim(str_slice(range, 0, str_index(range, ';')));

	if (!str_eq_nocase(type, STR("application/json")) && !str_eq(type, STR("*/*")))
		return false;
	return !has_parameter(range, STR("as=Table")) && !has_parameter(range, STR("q=0"));
}

/* The newer of the two forms that kubectl asks for. */
static bool takes_table(struct str range)
{
	struct str type = str_trim(str_slice(range, 0, str_index(range, ';')));

	return str_eq_nocase(type, STR("application/json")) && has_parameter(range, STR("as=Table")) &&
	       has_parameter(range, STR("v=v1")) && has_parameter(range, STR("g=meta.k8s.io")) &&
	       !has_parameter(range, STR("q=0"));
}

/* Aggregated discovery. The beta of it differs in a detail; who knows only that gets the plain list. */
static bool takes_aggregated(struct str range)
{
	return takes_json(range) && has_parameter(range, STR("as=APIGroupDiscoveryList")) &&
	       has_parameter(range, STR("v=v2")) && has_parameter(range, STR("g=apidiscovery.k8s.io"));
}

static void negotiate(struct api_request *request, const struct api_headers *headers)
{
	struct str rest = headers->accept;
	struct str range;

	request->acceptable = str_trim(rest).len == 0;
	while (str_split(&rest, ',', &range)) {
		request->table |=
			request->route == ROUTE_RESOURCE_METRICS && !request->acceptable && takes_table(range);
		request->aggregated |=
			request->route == ROUTE_GROUPS && !request->acceptable && takes_aggregated(range);
		request->acceptable |= request->table || takes_json(range);
		if (takes_json(range) && has_parameter(range, STR("pretty=1")))
			request->pretty = true;
	}
}

static bool is_true(struct str text)
{
	static const char *const words[] = {"1", "t", "T", "true", "TRUE", "True"};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq(text, str_of(words[i])))
			return true;
	return false;
}

static bool is_for_a_person(struct str user_agent)
{
	return str_starts(user_agent, STR("curl")) || str_starts(user_agent, STR("Wget")) ||
	       str_starts(user_agent, STR("Mozilla/5.0"));
}

static void choose_layout(struct api_request *request, const struct api_headers *headers)
{
	struct str pretty = {0};

	if (url_query_get(&request->query, STR("pretty"), &pretty) && pretty.len)
		request->pretty = is_true(pretty);
	else if (is_for_a_person(headers->user_agent))
		request->pretty = true;
}

bool api_request_parse(struct str method, struct str target, const struct api_headers *headers,
		       struct api_groups groups, struct arena *arena, struct api_request *ret_request, struct err *err)
{
	struct api_request request = {.method = method, .route = ROUTE_UNKNOWN};
	size_t question = str_index(target, '?');

	if (!decode_path(str_slice(target, 0, question), arena, &request, err) || !split_path(arena, &request, err) ||
	    !url_parse_query(str_slice(target, question + 1, target.len), arena, &request.query, err))
		return false;
	request.route = route_of(&request, groups);
	negotiate(&request, headers);
	choose_layout(&request, headers);
	*ret_request = request;
	return true;
}
