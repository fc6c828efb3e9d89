/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"

struct resource_table {
	struct arena *arena;
	struct {
		VEC_OF(struct resource);
	} list;
	unsigned references;
};

struct resource_table *resource_table_new(void)
{
	struct resource_table *table = xnew(struct resource_table);

	table->arena = arena_new(0);
	table->references = 1;
	return table;
}

struct resource_table *resource_table_ref(const struct resource_table *table)
{
	struct resource_table *shared = (struct resource_table *)(uintptr_t)table; /* only the count changes */

	shared->references++;
	return shared;
}

void resource_table_unref(struct resource_table *table)
{
	if (table == NULL || --table->references)
		return;
	arena_free(table->arena);
	vec_clear(&table->list);
	free(table);
}

size_t resource_table_count(const struct resource_table *table)
{
	return table->list.count;
}

const struct resource *resource_table_at(const struct resource_table *table, size_t index)
{
	return &table->list.items[index];
}

static struct str kept(struct resource_table *table, struct str text)
{
	struct str copy = {0};

	CHECK(arena_copy(table->arena, text, &copy)); /* an arena without a limit */
	return copy;
}

static struct str lower_cased(struct resource_table *table, struct str text)
{
	char *copy = arena_alloc(table->arena, text.len + 1);

	CHECK(copy != NULL);
	for (size_t i = 0; i < text.len; i++)
		copy[i] = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] - 'A' + 'a') : text.ptr[i];
	return (struct str){copy, text.len};
}

static const struct resource *exact(const struct resource_table *table, struct str plural, struct str group)
{
	for (size_t i = 0; i < table->list.count; i++)
		if (str_eq(table->list.items[i].plural, plural) && str_eq(table->list.items[i].group, group))
			return &table->list.items[i];
	return NULL;
}

void resource_table_add(struct resource_table *table, const struct resource *resource)
{
	struct resource *added;

	if (exact(table, resource->plural, resource->group))
		return;
	added = vec_push(&table->list);
	added->group = kept(table, resource->group);
	added->version = kept(table, resource->version);
	added->plural = kept(table, resource->plural);
	added->kind = kept(table, resource->kind);
	added->singular = resource->singular.len ? kept(table, resource->singular) : lower_cased(table, resource->kind);
	added->namespaced = resource->namespaced;
}

static bool is_named(const struct resource *resource, struct str name)
{
	return str_eq_nocase(resource->plural, name) || str_eq_nocase(resource->singular, name);
}

const struct resource *resource_find(const struct resource_table *table, struct str name, struct str group)
{
	const struct resource *by_prefix = NULL;

	for (size_t i = 0; i < table->list.count; i++) {
		const struct resource *resource = &table->list.items[i];

		if (!is_named(resource, name))
			continue;
		if (group.len == 0 || str_eq(resource->group, group))
			return resource;
		if (by_prefix == NULL && str_starts(resource->group, group))
			by_prefix = resource;
	}
	return by_prefix;
}

const struct resource *resource_find_qualified(const struct resource_table *table, struct str text)
{
	size_t dot = str_index(text, '.');

	return resource_find(table, str_slice(text, 0, dot), str_slice(text, dot + 1, text.len));
}

bool resource_same(const struct resource *a, const struct resource *b)
{
	return str_eq(a->plural, b->plural) && str_eq(a->group, b->group);
}

void resource_write(struct buf *out, const struct resource *resource)
{
	buf_put(out, resource->plural);
	if (resource->group.len == 0)
		return;
	buf_putc(out, '.');
	buf_put(out, resource->group);
}
