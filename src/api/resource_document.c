/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource_rule.h"
#include "text/duration.h"
#include "text/json_writer.h"
#include "text/quantity.h"
#include "text/timestamp.h"
#include "resource_plan_in.h"

/* A short text of known size; longer ones are cut by `max`. */
struct cell {
	char bytes[64];
	struct buf text;
};

static struct buf *cell_init(struct cell *cell)
{
	cell->text = (struct buf){.ptr = cell->bytes, .cap = sizeof(cell->bytes), .max = sizeof(cell->bytes) - 1};
	return &cell->text;
}

static void member_time(struct json_writer *writer, const char *key, int64_t time_ms)
{
	struct cell cell;
	struct buf *text = cell_init(&cell);

	timestamp_write_rfc3339(text, time_ms);
	json_writer_member(writer, key, buf_str(text));
}

static void write_window(const struct resource_plan *plan, struct buf *out)
{
	int64_t ns = 0;

	if (__builtin_mul_overflow(plan->view.rules->window_ms, (int64_t)1000000, &ns))
		ns = INT64_MAX;
	duration_write_go(out, ns);
}

static void write_amount(struct buf *out, enum resource_kind kind, int64_t milli)
{
	(kind == RESOURCE_CPU ? quantity_write_decimal : quantity_write_binary)(out, milli);
}

/* ---- objects */

/* Upstream makes its objects when they are asked for. */
static void write_metadata(struct json_writer *writer, const struct resource_plan *plan,
			   const struct resource_item *item)
{
	const struct resource_object *object = &item->object;

	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_member(writer, "name", object->name);
	if (object->namespace.len)
		json_writer_member(writer, "namespace", object->namespace);
	member_time(writer, "creationTimestamp", plan->now_ms);
	if (object->label_count) {
		json_writer_key(writer, "labels");
		json_writer_object(writer);
		for (size_t i = 0; i < object->label_count; i++) {
			json_writer_key_str(writer, object->labels[i].key);
			json_writer_string(writer, object->labels[i].value);
		}
		json_writer_object_end(writer);
	}
	json_writer_object_end(writer);
}

/* What a container has no sample for is 0, as upstream has it; the pod has both. */
static void write_usage(struct json_writer *writer, const struct resource_container *container)
{
	json_writer_key(writer, "usage");
	json_writer_object(writer);
	for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++) {
		const struct number *number = &container->numbers[kind];
		struct cell cell;
		struct buf *text = cell_init(&cell);

		write_amount(text, kind, number_good(number) ? number->milli : 0);
		json_writer_member(writer, resource_kind_name(kind), buf_str(text));
	}
	json_writer_object_end(writer);
}

static void write_containers(struct json_writer *writer, const struct resource_item *item)
{
	json_writer_key(writer, "containers");
	json_writer_array(writer);
	for (const struct resource_container *at = item->containers; at; at = at->next) {
		json_writer_object(writer);
		json_writer_member(writer, "name", at->name);
		write_usage(writer, at);
		json_writer_object_end(writer);
	}
	json_writer_array_end(writer);
}

static void write_item_members(struct json_writer *writer, const struct resource_plan *plan,
			       const struct resource_item *item)
{
	struct cell cell;
	struct buf *window = cell_init(&cell);

	write_window(plan, window);
	write_metadata(writer, plan, item);
	member_time(writer, "timestamp", item->time_ms);
	json_writer_member(writer, "window", buf_str(window));
	if (plan->nodes)
		write_usage(writer, item->containers);
	else
		write_containers(writer, item);
}

static void write_kind(struct json_writer *writer, const char *kind, struct str version)
{
	json_writer_member(writer, "kind", str_of(kind));
	json_writer_member(writer, "apiVersion", version);
}

static void write_one(struct json_writer *writer, const struct resource_plan *plan)
{
	json_writer_object(writer);
	write_kind(writer, plan->nodes ? "NodeMetrics" : "PodMetrics", STR(API_RESOURCE_GROUP "/v1beta1"));
	write_item_members(writer, plan, &plan->items.items[0]);
	json_writer_object_end(writer);
}

static void write_empty_metadata(struct json_writer *writer)
{
	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_object_end(writer);
}

static void write_list(struct json_writer *writer, const struct resource_plan *plan)
{
	json_writer_object(writer);
	write_kind(writer, plan->nodes ? "NodeMetricsList" : "PodMetricsList", STR(API_RESOURCE_GROUP "/v1beta1"));
	write_empty_metadata(writer);
	json_writer_key(writer, "items");
	json_writer_array(writer);
	for (size_t i = 0; i < plan->items.count; i++) {
		if (!plan->items.items[i].known)
			continue;
		json_writer_object(writer);
		write_item_members(writer, plan, &plan->items.items[i]);
		json_writer_object_end(writer);
	}
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}

/* ---- tables, for kubectl get */

static void write_column(struct json_writer *writer, const char *name, const char *format, const char *description)
{
	json_writer_object(writer);
	json_writer_member(writer, "name", str_of(name));
	json_writer_member(writer, "type", STR("string"));
	json_writer_member(writer, "format", str_of(format));
	json_writer_member(writer, "description", str_of(description));
	json_writer_key(writer, "priority");
	json_writer_i64(writer, 0);
	json_writer_object_end(writer);
}

/* Of all containers; the greatest number there is, should they be more. */
static int64_t total(const struct resource_item *item, enum resource_kind kind)
{
	int64_t sum = 0;

	for (const struct resource_container *at = item->containers; at; at = at->next)
		if (number_good(&at->numbers[kind]) && __builtin_add_overflow(sum, at->numbers[kind].milli, &sum))
			return INT64_MAX;
	return sum;
}

static void write_cells(struct json_writer *writer, const struct resource_plan *plan, const struct resource_item *item)
{
	struct cell cell;
	struct buf *text = cell_init(&cell);

	json_writer_key(writer, "cells");
	json_writer_array(writer);
	json_writer_string(writer, item->object.name);
	for (enum resource_kind kind = RESOURCE_CPU; kind < RESOURCE_KINDS; kind++) {
		buf_reset(text);
		write_amount(text, kind, total(item, kind));
		json_writer_string(writer, buf_str(text));
	}
	buf_reset(text);
	write_window(plan, text);
	json_writer_string(writer, buf_str(text));
	json_writer_array_end(writer);
}

static void write_row(struct json_writer *writer, const struct resource_plan *plan, const struct resource_item *item)
{
	json_writer_object(writer);
	write_cells(writer, plan, item);
	json_writer_key(writer, "object");
	json_writer_object(writer);
	write_kind(writer, "PartialObjectMetadata", STR("meta.k8s.io/v1"));
	write_metadata(writer, plan, item);
	json_writer_object_end(writer);
	json_writer_object_end(writer);
}

static void write_table(struct json_writer *writer, const struct resource_plan *plan)
{
	json_writer_object(writer);
	write_kind(writer, "Table", STR("meta.k8s.io/v1"));
	write_empty_metadata(writer);
	json_writer_key(writer, "columnDefinitions");
	json_writer_array(writer);
	write_column(writer, "Name", "name", "Name of the resource");
	write_column(writer, "cpu", "quantity", "");
	write_column(writer, "memory", "quantity", "");
	write_column(writer, "Window", "duration", "");
	json_writer_array_end(writer);
	json_writer_key(writer, "rows");
	json_writer_array(writer);
	for (size_t i = 0; i < plan->items.count; i++)
		if (plan->items.items[i].known)
			write_row(writer, plan, &plan->items.items[i]);
	json_writer_array_end(writer);
	json_writer_object_end(writer);
}

/* ---- the whole */

void resource_document_write(struct resource_plan *plan)
{
	struct json_writer writer;

	buf_reset(&plan->reply.body);
	json_writer_init(&writer, &plan->reply.body, plan->request->pretty);
	if (plan->request->table)
		write_table(&writer, plan);
	else if (plan->request->all)
		write_list(&writer, plan);
	else
		write_one(&writer, plan);
	if (!plan->request->pretty)
		buf_putc(&plan->reply.body, '\n');
	plan->reply.status = 200;
	plan->step = RESOURCE_ANSWERED;
}
