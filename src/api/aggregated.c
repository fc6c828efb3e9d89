/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregated.h"

#include "model/catalog.h"
#include "model/resource.h"

/* Clients of Kubernetes 1.26 fail without a responseKind, even an empty one. */
static void write_kind(struct json_writer *writer, const char *kind)
{
	json_writer_key(writer, "responseKind");
	json_writer_object(writer);
	json_writer_member(writer, "group", STR(""));
	json_writer_member(writer, "version", STR(""));
	json_writer_member(writer, "kind", str_of(kind));
	json_writer_object_end(writer);
}

static void write_verbs(struct json_writer *writer, const char *first, const char *second)
{
	json_writer_key(writer, "verbs");
	json_writer_array(writer);
	if (first)
		json_writer_string(writer, str_of(first));
	if (second)
		json_writer_string(writer, str_of(second));
	json_writer_array_end(writer);
}

static void begin_resource(struct json_writer *writer, struct str name, const char *kind, bool namespaced)
{
	json_writer_object(writer);
	json_writer_member(writer, "resource", name);
	write_kind(writer, kind);
	json_writer_member(writer, "scope", namespaced ? STR("Namespaced") : STR("Cluster"));
	json_writer_member(writer, "singularResource", STR(""));
}

/* Metrics are subresources of what they describe. The catalog has those of one resource together. */
static void write_custom(struct json_writer *writer, const struct catalog *catalog)
{
	size_t count = catalog_count(catalog, false);
	const struct resource *resource = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct metric *metric = catalog_at(catalog, false, i);

		if (metric->resource != resource) {
			CLEANUP(buf_clear) struct buf name = {0};

			if (resource) {
				json_writer_array_end(writer);
				json_writer_object_end(writer);
			}
			resource = metric->resource;
			resource_write(&name, resource);
			begin_resource(writer, buf_str(&name), "", resource->namespaced);
			write_verbs(writer, NULL, NULL);
			json_writer_key(writer, "subresources");
			json_writer_array(writer);
		}
		json_writer_object(writer);
		json_writer_member(writer, "subresource", metric->name);
		write_kind(writer, "MetricValueList");
		write_verbs(writer, "get", NULL);
		json_writer_object_end(writer);
	}
	if (resource) {
		json_writer_array_end(writer);
		json_writer_object_end(writer);
	}
}

static void write_external(struct json_writer *writer, const struct catalog *catalog)
{
	size_t count = catalog_count(catalog, true);

	for (size_t i = 0; i < count; i++) {
		begin_resource(writer, catalog_at(catalog, true, i)->name, "ExternalMetricValueList", true);
		write_verbs(writer, "get", NULL);
		json_writer_object_end(writer);
	}
}

static void write_resource(struct json_writer *writer, const struct catalog *catalog)
{
	(void)catalog;
	begin_resource(writer, STR("nodes"), "NodeMetrics", false);
	write_verbs(writer, "get", "list");
	json_writer_object_end(writer);
	begin_resource(writer, STR("pods"), "PodMetrics", true);
	write_verbs(writer, "get", "list");
	json_writer_object_end(writer);
}

typedef void resources_writer(struct json_writer *writer, const struct catalog *catalog);

static void write_version(struct json_writer *writer, const char *version, const struct catalog *catalog,
			  resources_writer *write_resources)
{
	json_writer_object(writer);
	json_writer_member(writer, "version", str_of(version));
	json_writer_key(writer, "resources");
	json_writer_array(writer);
	write_resources(writer, catalog);
	json_writer_array_end(writer);
	json_writer_member(writer, "freshness", STR("Current"));
	json_writer_object_end(writer);
}

/* The preferred version comes first; `also` NULL: there is one. */
static void write_group(struct json_writer *writer, const char *group, const char *also, const struct catalog *catalog,
			resources_writer *write_resources)
{
	json_writer_object(writer);
	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_member(writer, "name", str_of(group));
	json_writer_object_end(writer);
	json_writer_key(writer, "versions");
	json_writer_array(writer);
	write_version(writer, "v1beta1", catalog, write_resources);
	if (also)
		write_version(writer, also, catalog, write_resources);
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}

void aggregated_write(struct json_writer *writer, const struct catalog *catalog, struct api_groups groups)
{
	json_writer_object(writer);
	json_writer_member(writer, "kind", STR("APIGroupDiscoveryList"));
	json_writer_member(writer, "apiVersion", STR("apidiscovery.k8s.io/v2"));
	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_object_end(writer);
	json_writer_key(writer, "items");
	json_writer_array(writer);
	if (groups.custom)
		write_group(writer, API_CUSTOM_GROUP, "v1beta2", catalog, write_custom);
	if (groups.external)
		write_group(writer, API_EXTERNAL_GROUP, NULL, catalog, write_external);
	if (groups.resource)
		write_group(writer, API_RESOURCE_GROUP, NULL, catalog, write_resource);
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}
