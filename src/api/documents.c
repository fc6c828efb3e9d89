/* SPDX-License-Identifier: Apache-2.0 */
#include "api/documents.h"

#include <stdio.h>

#include "api/reason.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "text/json_writer.h"

#include "aggregated.h"
#include "openapi.h"

static const char JSON[] = "application/json";
static const char PLAIN[] = "text/plain; charset=utf-8";

static void end(struct json_writer *writer)
{
	json_writer_object_end(writer);
	if (!writer->pretty)
		buf_putc(writer->out, '\n');
}

/* ---- groups */

static void write_version(struct json_writer *writer, const char *group, const char *version)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", group, version);
	json_writer_object(writer);
	json_writer_member(writer, "groupVersion", str_of(name));
	json_writer_member(writer, "version", str_of(version));
	json_writer_object_end(writer);
}

static void write_group_members(struct json_writer *writer, const char *group)
{
	bool custom = str_eq(str_of(group), STR(API_CUSTOM_GROUP));

	json_writer_member(writer, "name", str_of(group));
	json_writer_key(writer, "versions");
	json_writer_array(writer);
	write_version(writer, group, "v1beta1");
	if (custom)
		write_version(writer, group, "v1beta2");
	json_writer_array_end(writer);
	json_writer_key(writer, "preferredVersion");
	write_version(writer, group, "v1beta1");
}

static void write_listed_group(struct json_writer *writer, const char *group)
{
	json_writer_object(writer);
	write_group_members(writer, group);
	json_writer_object_end(writer);
}

static void write_groups(struct json_writer *writer, struct api_groups groups)
{
	json_writer_object(writer);
	json_writer_member(writer, "kind", STR("APIGroupList"));
	json_writer_key(writer, "groups");
	json_writer_array(writer);
	if (groups.custom)
		write_listed_group(writer, API_CUSTOM_GROUP);
	if (groups.external)
		write_listed_group(writer, API_EXTERNAL_GROUP);
	if (groups.resource)
		write_listed_group(writer, API_RESOURCE_GROUP);
	json_writer_array_end(writer);
	end(writer);
}

static const char *group_name(struct str group)
{
	if (str_eq(group, STR(API_CUSTOM_GROUP)))
		return API_CUSTOM_GROUP;
	return str_eq(group, STR(API_EXTERNAL_GROUP)) ? API_EXTERNAL_GROUP : API_RESOURCE_GROUP;
}

static void write_group(struct json_writer *writer, const struct api_request *request)
{
	json_writer_object(writer);
	json_writer_member(writer, "kind", STR("APIGroup"));
	json_writer_member(writer, "apiVersion", STR("v1"));
	write_group_members(writer, group_name(request->group));
	end(writer);
}

/* ---- resources */

static void write_entry_verbs(struct json_writer *writer, struct str name, bool namespaced, const char *kind, bool list)
{
	json_writer_object(writer);
	json_writer_member(writer, "name", name);
	json_writer_member(writer, "singularName", STR(""));
	json_writer_key(writer, "namespaced");
	json_writer_bool(writer, namespaced);
	json_writer_member(writer, "kind", str_of(kind));
	json_writer_key(writer, "verbs");
	json_writer_array(writer);
	json_writer_string(writer, STR("get"));
	if (list)
		json_writer_string(writer, STR("list"));
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}

static void write_entry(struct json_writer *writer, struct str name, bool namespaced, const char *kind)
{
	write_entry_verbs(writer, name, namespaced, kind, false);
}

static void write_metric_entry(struct json_writer *writer, const struct metric *metric)
{
	CLEANUP(buf_clear) struct buf name = {0};

	if (metric->resource == NULL) {
		write_entry(writer, metric->name, true, "ExternalMetricValueList");
		return;
	}
	resource_write(&name, metric->resource);
	buf_putc(&name, '/');
	buf_put(&name, metric->name);
	write_entry(writer, buf_str(&name), metric->resource->namespaced, "MetricValueList");
}

/* An empty list makes kubectl complain about the whole group, so it gets one entry that stands for nothing. The external group is
   served to everybody, and upstream's is not there at all without rules. */
static void write_placeholder(struct json_writer *writer)
{
	write_entry(writer, STR("/custommetrics"), false, "MetricValueList");
}

static void write_metric_entries(struct json_writer *writer, const struct catalog *catalog, bool external)
{
	size_t count = catalog_count(catalog, external);

	for (size_t i = 0; i < count; i++)
		write_metric_entry(writer, catalog_at(catalog, external, i));
	if (count == 0 && !external)
		write_placeholder(writer);
}

static void write_resources(struct json_writer *writer, const struct api_request *request,
			    const struct catalog *catalog)
{
	CLEANUP(buf_clear) struct buf group_version = {0};

	buf_put(&group_version, request->group);
	buf_putc(&group_version, '/');
	buf_put(&group_version, request->version);
	json_writer_object(writer);
	json_writer_member(writer, "kind", STR("APIResourceList"));
	json_writer_member(writer, "apiVersion", STR("v1"));
	json_writer_member(writer, "groupVersion", buf_str(&group_version));
	json_writer_key(writer, "resources");
	json_writer_array(writer);
	if (str_eq(request->group, STR(API_RESOURCE_GROUP))) {
		write_entry_verbs(writer, STR("nodes"), false, "NodeMetrics", true);
		write_entry_verbs(writer, STR("pods"), true, "PodMetrics", true);
	} else {
		write_metric_entries(writer, catalog, str_eq(request->group, STR(API_EXTERNAL_GROUP)));
	}
	json_writer_array_end(writer);
	end(writer);
}

/* ---- the rest */

static void write_version_info(struct json_writer *writer)
{
	json_writer_object(writer);
	json_writer_member(writer, "major", STR("1"));
	json_writer_member(writer, "minor", STR("34"));
	json_writer_member(writer, "gitVersion", STR("v" GAUGELET_VERSION));
	json_writer_member(writer, "gitCommit", STR(""));
	json_writer_member(writer, "gitTreeState", STR(""));
	json_writer_member(writer, "buildDate", STR(""));
	json_writer_member(writer, "goVersion", STR(""));
	json_writer_member(writer, "compiler", STR("gcc"));
	json_writer_member(writer, "platform", STR("linux"));
	json_writer_object_end(writer);
}

static void write_path(struct json_writer *writer, bool served, const char *path)
{
	if (served)
		json_writer_string(writer, str_of(path));
}

static void write_index(struct json_writer *writer, struct api_groups groups)
{
	json_writer_object(writer);
	json_writer_key(writer, "paths");
	json_writer_array(writer);
	write_path(writer, true, "/apis");
	write_path(writer, groups.custom, "/apis/" API_CUSTOM_GROUP);
	write_path(writer, groups.custom, "/apis/" API_CUSTOM_GROUP "/v1beta1");
	write_path(writer, groups.custom, "/apis/" API_CUSTOM_GROUP "/v1beta2");
	write_path(writer, groups.external, "/apis/" API_EXTERNAL_GROUP);
	write_path(writer, groups.external, "/apis/" API_EXTERNAL_GROUP "/v1beta1");
	write_path(writer, groups.resource, "/apis/" API_RESOURCE_GROUP);
	write_path(writer, groups.resource, "/apis/" API_RESOURCE_GROUP "/v1beta1");
	write_path(writer, true, "/healthz");
	write_path(writer, true, "/livez");
	write_path(writer, true, "/openapi/v2");
	write_path(writer, true, "/openapi/v3");
	write_path(writer, true, "/readyz");
	write_path(writer, true, "/version");
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}

static bool is_api(enum route route)
{
	switch (route) {
	case ROUTE_GROUPS:
	case ROUTE_GROUP:
	case ROUTE_RESOURCES:
	case ROUTE_CUSTOM:
	case ROUTE_EXTERNAL:
	case ROUTE_RESOURCE_METRICS:
		return true;
	case ROUTE_INDEX:
	case ROUTE_HEALTH:
	case ROUTE_VERSION:
	case ROUTE_METRICS:
	case ROUTE_OPENAPI_V2:
	case ROUTE_OPENAPI_V3:
	case ROUTE_OPENAPI_V3_GROUP:
	case ROUTE_NO_METRIC:
	case ROUTE_BAD_PATH:
	case ROUTE_UNKNOWN:
	case ROUTE_MALFORMED:
		break;
	}
	return false;
}

static void write_status(struct document *document, enum status_kind kind, enum reason_code code, const char *message,
			 bool pretty)
{
	const struct reason reason = {.code = code};

	document->status = status_code(kind);
	document->code = code;
	document->content_type = JSON;
	status_write(&document->body, NULL, kind, str_of(message), &reason, NULL, pretty);
}

bool document_refusal(const struct api_request *request, struct document *ret_document)
{
	*ret_document = (struct document){0};
	if (!is_api(request->route))
		return false;
	if (!str_eq(request->method, STR("GET"))) {
		write_status(ret_document, STATUS_METHOD, REASON_METHOD,
			     "the server does not allow this method on the requested resource", request->pretty);
		return true;
	}
	if (!request->acceptable) {
		write_status(ret_document, STATUS_NOT_ACCEPTABLE, REASON_NOT_ACCEPTABLE,
			     "406: Not Acceptable\n\nAvailable representations: application/json", true);
		return true;
	}
	return false;
}

static void write_plain(struct document *document, unsigned status, const char *text)
{
	document->status = status;
	document->content_type = PLAIN;
	buf_puts(&document->body, text);
}

static void write_known(const struct api_request *request, const struct catalog *catalog, struct api_groups groups,
			struct document *document)
{
	struct json_writer writer;
	bool indented =
		request->route == ROUTE_INDEX || request->route == ROUTE_VERSION || request->route == ROUTE_UNKNOWN;

	document->status = 200;
	document->content_type = JSON;
	json_writer_init(&writer, &document->body, request->pretty || indented);
	if (request->route == ROUTE_GROUPS && request->aggregated)
		document->content_type = AGGREGATED_TYPE;
	if (request->route == ROUTE_GROUPS && request->aggregated)
		aggregated_write(&writer, catalog, groups);
	else if (request->route == ROUTE_GROUPS)
		write_groups(&writer, groups);
	else if (request->route == ROUTE_GROUP)
		write_group(&writer, request);
	else if (request->route == ROUTE_RESOURCES)
		write_resources(&writer, request, catalog);
	else if (request->route == ROUTE_VERSION)
		write_version_info(&writer);
	else if (request->route == ROUTE_OPENAPI_V2)
		openapi_write_v2(&writer, groups);
	else if (request->route == ROUTE_OPENAPI_V3)
		openapi_write_v3(&writer, groups);
	else if (request->route == ROUTE_OPENAPI_V3_GROUP)
		openapi_write_group(&writer, request->group, request->version);
	else
		write_index(&writer, groups);
	document->has_etag = request->route != ROUTE_VERSION && request->route != ROUTE_INDEX;
}

void document_write(const struct api_request *request, const struct catalog *catalog, struct api_groups groups,
		    struct document *ret_document)
{
	*ret_document = (struct document){0};
	if (request->route == ROUTE_MALFORMED) {
		write_plain(ret_document, 400, "400 Bad Request");
	} else if (request->route == ROUTE_BAD_PATH) {
		write_status(ret_document, STATUS_BAD_REQUEST, REASON_NO_ROUTE, "invalid request path",
			     request->pretty);
	} else if (request->route == ROUTE_NO_METRIC ||
		   (request->route == ROUTE_OPENAPI_V3_GROUP &&
		    !openapi_is_served(groups, request->group, request->version))) {
		write_status(ret_document, STATUS_NO_ROUTE, REASON_NO_ROUTE,
			     "the server could not find the requested resource", request->pretty);
	} else {
		write_known(request, catalog, groups, ret_document);
		if (request->route == ROUTE_UNKNOWN) {
			ret_document->status = 404;
			ret_document->code = REASON_NO_ROUTE;
			ret_document->has_etag = false;
		}
	}
}

void document_etag(const struct document *document, char ret_etag[static 24])
{
	snprintf(ret_etag, 24, "\"%016llx\"", (unsigned long long)str_hash(buf_str(&document->body), 0));
}
