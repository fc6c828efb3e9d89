/* SPDX-License-Identifier: Apache-2.0 */
#include "model/metric_names.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"

enum {
	BUCKETS = 1 << 14
}; /* as many as ever: a table that grew would hold the loop up when a hundred thousand names are in it */

struct entry {
	struct str name;
	uint64_t hash; /* of the name in lower case */
	struct entry *next;
};

struct metric_names {
	struct arena *arena;
	size_t count, max_bytes;
	struct entry *buckets[BUCKETS];
};

struct metric_names *metric_names_new(size_t max_bytes)
{
	struct metric_names *names = xnew(struct metric_names);

	names->arena = arena_new(0);
	names->max_bytes = max_bytes;
	return names;
}

void metric_names_free(struct metric_names *names)
{
	if (names == NULL)
		return;
	arena_free(names->arena);
	free(names);
}

static uint64_t hash_of(struct str name)
{
	char *text = xcalloc(name.len + 1, 1);
	uint64_t hash;

	for (size_t i = 0; i < name.len; i++)
		text[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] - 'A' + 'a') : name.ptr[i];
	hash = str_hash((struct str){text, name.len}, map_seed());
	free(text);
	return hash;
}

/* The first from `at` on that equals the name but for the case of letters. */
static const struct entry *alike(const struct entry *at, struct str name, uint64_t hash)
{
	while (at && (at->hash != hash || !str_eq_nocase(at->name, name)))
		at = at->next;
	return at;
}

static bool has_room(const struct metric_names *names, size_t bytes)
{
	size_t taken = metric_names_bytes(names);

	return taken <= names->max_bytes && bytes <= names->max_bytes - taken;
}

static bool is_there(const struct metric_names *names, struct str name, uint64_t hash)
{
	const struct entry *at = alike(names->buckets[hash % BUCKETS], name, hash);

	while (at && !str_eq(at->name, name))
		at = alike(at->next, name, hash);
	return at != NULL;
}

bool metric_names_add(struct metric_names *names, struct str name, struct err *err)
{
	uint64_t hash = hash_of(name);
	struct entry *entry;

	if (is_there(names, name, hash))
		return true;
	if (name.len > names->max_bytes || !has_room(names, name.len + 1 + sizeof(*entry)))
		return err_set(err, ERR_LIMIT, "more metric names than fit into %zu bytes: %zu so far",
			       names->max_bytes, names->count);
	entry = arena_alloc(names->arena, sizeof(*entry));
	CHECK(entry && arena_copy(names->arena, name, &entry->name)); /* bounded above */
	entry->hash = hash;
	entry->next = names->buckets[hash % BUCKETS];
	names->buckets[hash % BUCKETS] = entry;
	names->count++;
	return true;
}

size_t metric_names_bytes(const struct metric_names *names)
{
	return sizeof(*names) + arena_bytes(names->arena);
}

size_t metric_names_count(const struct metric_names *names)
{
	return names->count;
}

struct str metric_names_find(const struct metric_names *names, struct str name)
{
	uint64_t hash = hash_of(name);
	const struct entry *first = alike(names->buckets[hash % BUCKETS], name, hash);

	for (const struct entry *at = first; at; at = alike(at->next, name, hash))
		if (str_eq(at->name, name))
			return at->name;
	return first && alike(first->next, name, hash) == NULL ? first->name : (struct str){0};
}
