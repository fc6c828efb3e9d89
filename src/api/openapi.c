/* SPDX-License-Identifier: Apache-2.0 */
#include "openapi.h"

#include "base/buf.h"

/* Group versions, as bits: which of them a schema or a path is for. */
enum { RESOURCE = 1, CUSTOM_1 = 2, CUSTOM_2 = 4, EXTERNAL = 8, CUSTOM = CUSTOM_1 | CUSTOM_2, ALL = 15 };

static const struct version {
	unsigned bit;
	const char *group, *version;
} versions[] = {
	{RESOURCE, API_RESOURCE_GROUP, "v1beta1"},
	{CUSTOM_1, API_CUSTOM_GROUP, "v1beta1"},
	{CUSTOM_2, API_CUSTOM_GROUP, "v1beta2"},
	{EXTERNAL, API_EXTERNAL_GROUP, "v1beta1"},
};

static unsigned served(struct api_groups groups)
{
	return (groups.resource ? RESOURCE : 0U) | (groups.custom ? CUSTOM : 0U) | (groups.external ? EXTERNAL : 0U);
}

static const struct version *version_named(struct str group, struct str version)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		if (str_eq(group, str_of(versions[i].group)) && str_eq(version, str_of(versions[i].version)))
			return &versions[i];
	return NULL;
}

bool openapi_is_served(struct api_groups groups, struct str group, struct str version)
{
	const struct version *found = version_named(group, version);

	return found && (found->bit & served(groups));
}

/* ---- schemas */

#define META	 "io.k8s.apimachinery.pkg.apis.meta.v1."
#define QUANTITY "io.k8s.apimachinery.pkg.api.resource.Quantity"
#define TIME	 META "Time"
#define DURATION META "Duration"
#define OBJECT	 "io.k8s.api.core.v1.ObjectReference"
#define USED	 "io.k8s.metrics.pkg.apis.metrics.v1beta1."
#define ONE	 "io.k8s.metrics.pkg.apis.custom_metrics.v1beta1."
#define TWO	 "io.k8s.metrics.pkg.apis.custom_metrics.v1beta2."
#define OUTSIDE	 "io.k8s.metrics.pkg.apis.external_metrics.v1beta1."

enum shape {
	TEXT,
	INTEGER,
	REFERENCE, /* to the schema `of` */
	LIST,	   /* of `of`; NULL: of texts */
	MAP,	   /* of texts to `of`; NULL: to texts */
};

/* A schema, and behind it its properties. */
struct row {
	unsigned in;	    /* which group versions have the schema; 0: a property */
	const char *schema; /* its name */
	const char *kind;   /* NULL: it is a part of others */
	const char *format; /* of a text; NULL: it is an object */
	const char *property;
	enum shape shape;
	bool required;
	const char *of, *help;
};

#define SCHEMA(in_, name_, kind_, format_, help_)                                                                      \
	{                                                                                                              \
		.in = (in_), .schema = (name_), .kind = (kind_), .format = (format_), .help = (help_)                  \
	}
#define PROPERTY(name_, shape_, required_, of_, help_)                                                                 \
	{                                                                                                              \
		.property = (name_), .shape = (shape_), .required = (required_), .of = (of_), .help = (help_)          \
	}

static const struct row schemas[] = {
	SCHEMA(ALL, QUANTITY, NULL, "", "A decimal number with an optional suffix, such as 100m for 0.1 or 5Gi."),
	SCHEMA(ALL, TIME, NULL, "date-time", "A moment, written as in RFC 3339."),
	SCHEMA(ALL, META "ListMeta", NULL, NULL, "Metadata of a list."),
	PROPERTY("continue", TEXT, false, NULL, "Where the next page begins. Lists of metrics have one page."),
	PROPERTY("resourceVersion", TEXT, false, NULL, "Not set for metrics."),
	SCHEMA(RESOURCE, DURATION, NULL, "", "A span of time, such as 1m0s."),
	SCHEMA(RESOURCE, META "ObjectMeta", NULL, NULL, "Metadata of the pod or node that is measured."),
	PROPERTY("name", TEXT, false, NULL, "The name of the pod or node."),
	PROPERTY("namespace", TEXT, false, NULL, "The namespace of the pod."),
	PROPERTY("labels", MAP, false, NULL, "The labels of the pod or node."),
	PROPERTY("creationTimestamp", REFERENCE, false, TIME, "When these metrics were put together."),
	SCHEMA(RESOURCE, USED "ContainerMetrics", NULL, NULL, "The resources that one container uses."),
	PROPERTY("name", TEXT, true, NULL, "The name of the container."),
	PROPERTY("usage", MAP, true, QUANTITY, "CPU in cores and memory in bytes, by the resource's name."),
	SCHEMA(RESOURCE, USED "NodeMetrics", "NodeMetrics", NULL, "The resources that a node uses."),
	PROPERTY("metadata", REFERENCE, false, META "ObjectMeta", "Which node this is."),
	PROPERTY("timestamp", REFERENCE, true, TIME, "The end of the time that was measured."),
	PROPERTY("window", REFERENCE, true, DURATION, "The length of the time that was measured."),
	PROPERTY("usage", MAP, true, QUANTITY, "CPU in cores and memory in bytes, by the resource's name."),
	SCHEMA(RESOURCE, USED "NodeMetricsList", "NodeMetricsList", NULL, "Metrics of nodes."),
	PROPERTY("metadata", REFERENCE, false, META "ListMeta", "Metadata of the list."),
	PROPERTY("items", LIST, true, USED "NodeMetrics", "One for each node with a measurement."),
	SCHEMA(RESOURCE, USED "PodMetrics", "PodMetrics", NULL, "The resources that the containers of a pod use."),
	PROPERTY("metadata", REFERENCE, false, META "ObjectMeta", "Which pod this is."),
	PROPERTY("timestamp", REFERENCE, true, TIME, "The end of the time that was measured."),
	PROPERTY("window", REFERENCE, true, DURATION, "The length of the time that was measured."),
	PROPERTY("containers", LIST, true, USED "ContainerMetrics", "One for each container of the pod."),
	SCHEMA(RESOURCE, USED "PodMetricsList", "PodMetricsList", NULL, "Metrics of pods."),
	PROPERTY("metadata", REFERENCE, false, META "ListMeta", "Metadata of the list."),
	PROPERTY("items", LIST, true, USED "PodMetrics", "One for each running pod with a measurement."),
	SCHEMA(CUSTOM, OBJECT, NULL, NULL, "The object that a metric describes."),
	PROPERTY("apiVersion", TEXT, false, NULL, "The object's group and version."),
	PROPERTY("kind", TEXT, false, NULL, "The object's kind."),
	PROPERTY("namespace", TEXT, false, NULL, "The object's namespace."),
	PROPERTY("name", TEXT, false, NULL, "The object's name."),
	SCHEMA(CUSTOM, META "LabelSelectorRequirement", NULL, NULL, "A condition on one label."),
	PROPERTY("key", TEXT, true, NULL, "The name of the label."),
	PROPERTY("operator", TEXT, true, NULL, "In, NotIn, Exists or DoesNotExist."),
	PROPERTY("values", LIST, false, NULL, "What In and NotIn compare with."),
	SCHEMA(CUSTOM, META "LabelSelector", NULL, NULL, "Conditions on labels, all of which must hold."),
	PROPERTY("matchLabels", MAP, false, NULL, "Labels and the values that they must have."),
	PROPERTY("matchExpressions", LIST, false, META "LabelSelectorRequirement", "Further conditions."),
	SCHEMA(CUSTOM_1, ONE "MetricValue", "MetricValue", NULL, "The value of a metric for one object."),
	PROPERTY("describedObject", REFERENCE, true, OBJECT, "The object that the value describes."),
	PROPERTY("metricName", TEXT, true, NULL, "The name of the metric."),
	PROPERTY("timestamp", REFERENCE, true, TIME, "When the value was measured."),
	PROPERTY("window", INTEGER, false, NULL, "The seconds over which the value was measured; absent if unknown."),
	PROPERTY("value", REFERENCE, true, QUANTITY, "The value."),
	PROPERTY("selector", REFERENCE, false, META "LabelSelector", "Which series of the metric were requested."),
	SCHEMA(CUSTOM_1, ONE "MetricValueList", "MetricValueList", NULL, "The values of a metric for several objects."),
	PROPERTY("metadata", REFERENCE, false, META "ListMeta", "Metadata of the list."),
	PROPERTY("items", LIST, true, ONE "MetricValue", "One for each object with a value."),
	SCHEMA(CUSTOM_2, TWO "MetricIdentifier", NULL, NULL, "A metric by its name and labels."),
	PROPERTY("name", TEXT, true, NULL, "The name of the metric."),
	PROPERTY("selector", REFERENCE, false, META "LabelSelector", "Which series of the metric were requested."),
	SCHEMA(CUSTOM_2, TWO "MetricValue", "MetricValue", NULL, "The value of a metric for one object."),
	PROPERTY("describedObject", REFERENCE, true, OBJECT, "The object that the value describes."),
	PROPERTY("metric", REFERENCE, true, TWO "MetricIdentifier", "The metric."),
	PROPERTY("timestamp", REFERENCE, true, TIME, "When the value was measured."),
	PROPERTY("windowSeconds", INTEGER, false, NULL,
		 "The seconds over which the value was measured; absent if unknown."),
	PROPERTY("value", REFERENCE, true, QUANTITY, "The value."),
	SCHEMA(CUSTOM_2, TWO "MetricValueList", "MetricValueList", NULL, "The values of a metric for several objects."),
	PROPERTY("metadata", REFERENCE, false, META "ListMeta", "Metadata of the list."),
	PROPERTY("items", LIST, true, TWO "MetricValue", "One for each object with a value."),
	SCHEMA(EXTERNAL, OUTSIDE "ExternalMetricValue", "ExternalMetricValue", NULL,
	       "One value of an external metric."),
	PROPERTY("metricName", TEXT, true, NULL, "The name of the metric."),
	PROPERTY("metricLabels", MAP, true, NULL, "The labels that tell the value from others of the metric."),
	PROPERTY("timestamp", REFERENCE, true, TIME, "When the value was measured."),
	PROPERTY("window", INTEGER, false, NULL, "The seconds over which the value was measured; absent if unknown."),
	PROPERTY("value", REFERENCE, true, QUANTITY, "The value."),
	SCHEMA(EXTERNAL, OUTSIDE "ExternalMetricValueList", "ExternalMetricValueList", NULL,
	       "The values of an external metric. An autoscaler adds them up."),
	PROPERTY("metadata", REFERENCE, false, META "ListMeta", "Metadata of the list."),
	PROPERTY("items", LIST, true, OUTSIDE "ExternalMetricValue", "One for each set of labels."),
};
static const struct row *const schemas_end = schemas + COUNT_OF(schemas);

/* ---- paths */

static const struct path {
	unsigned in;
	const char *path; /* behind the group and version */
	const char *action, *kind, *answer;
	const char *parameters[3]; /* of the query */
} paths[] = {
	{RESOURCE, "/nodes", "list", "NodeMetrics", "NodeMetricsList", {"labelSelector", "fieldSelector"}},
	{RESOURCE, "/nodes/{name}", "get", "NodeMetrics", "NodeMetrics", {0}},
	{RESOURCE, "/pods", "list", "PodMetrics", "PodMetricsList", {"labelSelector", "fieldSelector"}},
	{RESOURCE,
	 "/namespaces/{namespace}/pods",
	 "list",
	 "PodMetrics",
	 "PodMetricsList",
	 {"labelSelector", "fieldSelector"}},
	{RESOURCE, "/namespaces/{namespace}/pods/{name}", "get", "PodMetrics", "PodMetrics", {0}},
	{CUSTOM,
	 "/{resource}/{name}/{subresource}",
	 "get",
	 "MetricValueList",
	 "MetricValueList",
	 {"labelSelector", "metricLabelSelector"}},
	{CUSTOM,
	 "/namespaces/{namespace}/metrics/{name}",
	 "get",
	 "MetricValueList",
	 "MetricValueList",
	 {"metricLabelSelector"}},
	{CUSTOM,
	 "/namespaces/{namespace}/{resource}/{name}/{subresource}",
	 "get",
	 "MetricValueList",
	 "MetricValueList",
	 {"labelSelector", "metricLabelSelector"}},
	{EXTERNAL,
	 "/namespaces/{namespace}/{resource}",
	 "get",
	 "ExternalMetricValueList",
	 "ExternalMetricValueList",
	 {"labelSelector"}},
};

/* ---- what the versions of OpenAPI write in different ways */

struct openapi {
	struct json_writer *json;
	bool v3;
};

static void member(const struct openapi *out, const char *key, const char *text)
{
	json_writer_member(out->json, key, str_of(text));
}

static void object(const struct openapi *out, const char *key)
{
	json_writer_key(out->json, key);
	json_writer_object(out->json);
}

static void array(const struct openapi *out, const char *key)
{
	json_writer_key(out->json, key);
	json_writer_array(out->json);
}

static void put_reference(const struct openapi *out, const char *schema)
{
	CLEANUP(buf_clear) struct buf place = {0};

	buf_printf(&place, "#/%s/%s", out->v3 ? "components/schemas" : "definitions", schema);
	json_writer_member(out->json, "$ref", buf_str(&place));
}

/* What an entry of a list or map is. */
static void put_entry(const struct openapi *out, const char *key, const char *of)
{
	object(out, key);
	if (of)
		put_reference(out, of);
	else
		member(out, "type", "string");
	json_writer_object_end(out->json);
}

static void put_shape(const struct openapi *out, const struct row *property)
{
	switch (property->shape) {
	case TEXT:
		member(out, "type", "string");
		return;
	case INTEGER:
		member(out, "type", "integer");
		member(out, "format", "int64");
		return;
	case LIST:
		member(out, "type", "array");
		put_entry(out, "items", property->of);
		return;
	case MAP:
		member(out, "type", "object");
		put_entry(out, "additionalProperties", property->of);
		return;
	case REFERENCE:
		break;
	}
	if (!out->v3) {
		put_reference(out, property->of);
		return;
	}
	array(out, "allOf"); /* version 3.0 ignores what stands beside a $ref, the description too */
	json_writer_object(out->json);
	put_reference(out, property->of);
	json_writer_object_end(out->json);
	json_writer_array_end(out->json);
}

static void put_property(const struct openapi *out, const struct row *property)
{
	object(out, property->property);
	member(out, "description", property->help);
	put_shape(out, property);
	json_writer_object_end(out->json);
}

static const struct row kind_properties[] = {
	PROPERTY("apiVersion", TEXT, false, NULL, "The group and version of this object's schema."),
	PROPERTY("kind", TEXT, false, NULL, "The kind of this object."),
};

static void put_properties(const struct openapi *out, const struct row *schema)
{
	bool any_required = false;

	member(out, "type", "object");
	object(out, "properties");
	for (size_t i = 0; schema->kind && i < COUNT_OF(kind_properties); i++)
		put_property(out, &kind_properties[i]);
	for (const struct row *row = schema + 1; row < schemas_end && row->property; row++) {
		put_property(out, row);
		any_required |= row->required;
	}
	json_writer_object_end(out->json);
	if (!any_required)
		return; /* the list must not be empty */
	array(out, "required");
	for (const struct row *row = schema + 1; row < schemas_end && row->property; row++)
		if (row->required)
			json_writer_string(out->json, str_of(row->property));
	json_writer_array_end(out->json);
}

static void put_kind(const struct openapi *out, const struct version *version, const char *kind)
{
	json_writer_object(out->json);
	member(out, "group", version->group);
	member(out, "version", version->version);
	member(out, "kind", kind);
	json_writer_object_end(out->json);
}

static const struct version *version_of(unsigned in)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		if (versions[i].bit & in)
			return &versions[i];
	return NULL;
}

static void put_schema(const struct openapi *out, const struct row *schema)
{
	object(out, schema->schema);
	member(out, "description", schema->help);
	if (schema->format)
		member(out, "type", "string");
	else
		put_properties(out, schema);
	if (schema->format && schema->format[0])
		member(out, "format", schema->format);
	if (schema->kind) {
		array(out, "x-kubernetes-group-version-kind");
		put_kind(out, version_of(schema->in), schema->kind);
		json_writer_array_end(out->json);
	}
	json_writer_object_end(out->json);
}

static void put_schemas(const struct openapi *out, unsigned in)
{
	for (size_t i = 0; i < COUNT_OF(schemas); i++)
		if (schemas[i].in & in)
			put_schema(out, &schemas[i]);
}

/* ---- operations */

static void put_parameter(const struct openapi *out, struct str name, bool in_path)
{
	json_writer_object(out->json);
	json_writer_member(out->json, "name", name);
	member(out, "in", in_path ? "path" : "query");
	if (in_path) {
		json_writer_key(out->json, "required");
		json_writer_bool(out->json, true);
	}
	if (out->v3)
		object(out, "schema");
	member(out, "type", "string");
	if (out->v3)
		json_writer_object_end(out->json);
	json_writer_object_end(out->json);
}

static void put_parameters(const struct openapi *out, const struct path *path)
{
	struct str rest = str_of(path->path), segment;

	array(out, "parameters");
	while (str_split(&rest, '/', &segment))
		if (str_starts(segment, STR("{")))
			put_parameter(out, str_slice(segment, 1, segment.len - 1), true);
	for (size_t i = 0; i < COUNT_OF(path->parameters) && path->parameters[i]; i++)
		put_parameter(out, str_of(path->parameters[i]), false);
	json_writer_array_end(out->json);
}

/* Every operation of a document has another one: listMetricsK8sIoV1beta1Nodes. */
static void put_operation_id(const struct openapi *out, const struct path *path, struct str whole)
{
	CLEANUP(buf_clear) struct buf id = {0};
	bool begins = true;

	buf_puts(&id, path->action);
	for (size_t i = 0; i < whole.len; i++) {
		char c = whole.ptr[i];
		bool is_letter = c >= 'a' && c <= 'z';

		if (is_letter || (c >= '0' && c <= '9'))
			buf_putc(&id, begins && is_letter ? (char)(c - 'a' + 'A') : c);
		begins = !is_letter && !(c >= '0' && c <= '9');
	}
	json_writer_member(out->json, "operationId", buf_str(&id));
}

static const char *schema_name(unsigned bit, const char *kind)
{
	for (size_t i = 0; i < COUNT_OF(schemas); i++)
		if ((schemas[i].in & bit) && schemas[i].kind && str_eq(str_of(schemas[i].kind), str_of(kind)))
			return schemas[i].schema;
	CHECK(false); /* a path answers with a schema that is there */
	return NULL;
}

static void put_answer(const struct openapi *out, const char *schema)
{
	object(out, "responses");
	object(out, "200");
	member(out, "description", "OK");
	if (out->v3) {
		object(out, "content");
		object(out, "application/json");
	}
	object(out, "schema");
	put_reference(out, schema);
	json_writer_object_end(out->json);
	if (out->v3) {
		json_writer_object_end(out->json);
		json_writer_object_end(out->json);
	}
	json_writer_object_end(out->json);
	json_writer_object_end(out->json);
}

static void put_path(const struct openapi *out, const struct path *path, const struct version *version)
{
	CLEANUP(buf_clear) struct buf whole = {0};

	buf_printf(&whole, "/apis/%s/%s%s", version->group, version->version, path->path);
	object(out, buf_cstr(&whole));
	object(out, "get");
	put_operation_id(out, path, str_slice(buf_str(&whole), 5, whole.len));
	if (!out->v3) {
		array(out, "produces");
		json_writer_string(out->json, STR("application/json"));
		json_writer_array_end(out->json);
	}
	put_parameters(out, path);
	put_answer(out, schema_name(version->bit, path->answer));
	member(out, "x-kubernetes-action", path->action);
	json_writer_key(out->json, "x-kubernetes-group-version-kind");
	put_kind(out, version, path->kind);
	json_writer_object_end(out->json);
	json_writer_object_end(out->json);
}

static void put_paths(const struct openapi *out, unsigned in)
{
	object(out, "paths");
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		for (size_t j = 0; (versions[i].bit & in) && j < COUNT_OF(paths); j++)
			if (paths[j].in & versions[i].bit)
				put_path(out, &paths[j], &versions[i]);
	json_writer_object_end(out->json);
}

static void put_info(const struct openapi *out)
{
	object(out, "info");
	member(out, "title", "gaugelet");
	member(out, "version", "v" GAUGELET_VERSION);
	json_writer_object_end(out->json);
}

/* ---- documents */

void openapi_write_v2(struct json_writer *writer, struct api_groups groups)
{
	const struct openapi out = {.json = writer};
	unsigned in = served(groups);

	json_writer_object(writer);
	member(&out, "swagger", "2.0");
	put_info(&out);
	put_paths(&out, in);
	object(&out, "definitions");
	put_schemas(&out, in);
	json_writer_object_end(writer);
	json_writer_object_end(writer);
}

static void write_version(struct json_writer *writer, const struct version *version)
{
	const struct openapi out = {.json = writer, .v3 = true};

	json_writer_object(writer);
	member(&out, "openapi", "3.0.0");
	put_info(&out);
	put_paths(&out, version->bit);
	object(&out, "components");
	object(&out, "schemas");
	put_schemas(&out, version->bit);
	json_writer_object_end(writer);
	json_writer_object_end(writer);
	json_writer_object_end(writer);
}

/* The hash tells clients when to fetch the document again. A wrong one in a request is no reason to refuse it. */
static void put_place(const struct openapi *out, const struct version *version)
{
	CLEANUP(buf_clear) struct buf document = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct json_writer writer;

	json_writer_init(&writer, &document, false);
	write_version(&writer, version);
	buf_printf(&text, "apis/%s/%s", version->group, version->version);
	object(out, buf_cstr(&text));
	buf_reset(&text);
	buf_printf(&text, "/openapi/v3/apis/%s/%s?hash=%016llX", version->group, version->version,
		   (unsigned long long)str_hash(buf_str(&document), 0));
	json_writer_member(out->json, "serverRelativeURL", buf_str(&text));
	json_writer_object_end(out->json);
}

void openapi_write_v3(struct json_writer *writer, struct api_groups groups)
{
	const struct openapi out = {.json = writer, .v3 = true};
	unsigned in = served(groups);

	json_writer_object(writer);
	object(&out, "paths");
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		if (versions[i].bit & in)
			put_place(&out, &versions[i]);
	json_writer_object_end(writer);
	json_writer_object_end(writer);
}

void openapi_write_group(struct json_writer *writer, struct str group, struct str version)
{
	const struct version *found = version_named(group, version);

	CHECK(found);
	write_version(writer, found);
}
