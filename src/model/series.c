/* SPDX-License-Identifier: Apache-2.0 */
#include "model/series.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

enum { TABLE_FIRST = 64, NO_WORD = 0 /* the empty text, which is always there */ };

/* A text that occurs: a label's name or a metric's. */
struct word {
	struct str text;
	uint64_t hash;
	uint64_t stamp; /* the last series that has this label */
	uint32_t next;	/* the label that came behind this one last time, hence the likely one */
};

struct kind {
	struct series_kind face;
	uint64_t hash;
	uint32_t name;
	const uint32_t *labels; /* words, in no order */
};

/* Open addressing over indices + 1; 0 is free. */
struct table {
	uint32_t *slots;
	size_t size; /* a power of two, or 0 */
};

struct series_set {
	struct arena *arena; /* texts and lists of labels */
	size_t max_bytes;
	uint64_t total;
	struct table word_table, kind_table;
	struct {
		VEC_OF(struct word);
	} words;
	struct {
		VEC_OF(struct kind);
	} kinds;
	struct { /* the series being read */
		struct {
			VEC_OF(uint32_t);
		} labels;
		uint64_t stamp;
		uint64_t hash; /* a sum over the labels, so that their order does not matter */
		uint32_t name, last;
	} now;
	size_t last_kind; /* of the series before: the likely one */
};

static void table_put(struct table *table, uint64_t hash, uint32_t index)
{
	size_t at = (size_t)hash & (table->size - 1);

	while (table->slots[at])
		at = (at + 1) & (table->size - 1);
	table->slots[at] = index + 1;
}

static bool table_is_full(const struct table *table, size_t count)
{
	return count >= table->size / 4 * 3;
}

static void table_grow(struct table *table)
{
	free(table->slots);
	table->size = table->size ? table->size * 2 : TABLE_FIRST;
	table->slots = xcalloc(table->size, sizeof(*table->slots));
}

/* What a vec and a table take once they hold one item more. */
static size_t grown_bytes(size_t count, size_t cap, size_t item_bytes, const struct table *table)
{
	size_t slots = table_is_full(table, count) ? (table->size ? table->size * 2 : TABLE_FIRST) : table->size;

	if (count == cap)
		cap = cap ? cap * 2 : 8;
	return cap * item_bytes + slots * sizeof(*table->slots);
}

static bool no_room(const struct series_set *set, struct err *err)
{
	return err_set(err, ERR_LIMIT, "more kinds of series than fit into %zu bytes: %zu so far", set->max_bytes,
		       set->kinds.count);
}

/* Is there room for one more word, one more kind and `bytes` in the arena? */
static bool has_room(const struct series_set *set, size_t bytes, struct err *err)
{
	size_t taken = sizeof(*set) + arena_bytes(set->arena) + set->now.labels.cap * sizeof(*set->now.labels.items) +
		       grown_bytes(set->words.count, set->words.cap, sizeof(*set->words.items), &set->word_table) +
		       grown_bytes(set->kinds.count, set->kinds.cap, sizeof(*set->kinds.items), &set->kind_table);

	return (taken <= set->max_bytes && bytes <= set->max_bytes - taken) || no_room(set, err);
}

static uint32_t find_word(const struct series_set *set, struct str text, uint64_t hash)
{
	const struct table *table = &set->word_table;

	for (size_t at = (size_t)hash & (table->size - 1); table->slots[at]; at = (at + 1) & (table->size - 1)) {
		const struct word *word = &set->words.items[table->slots[at] - 1];

		if (word->hash == hash && str_eq(word->text, text))
			return table->slots[at] - 1;
	}
	return UINT32_MAX;
}

static void index_word(struct series_set *set, uint32_t index)
{
	if (table_is_full(&set->word_table, index)) {
		table_grow(&set->word_table);
		for (uint32_t i = 0; i < index; i++)
			table_put(&set->word_table, set->words.items[i].hash, i);
	}
	table_put(&set->word_table, set->words.items[index].hash, index);
}

static bool add_word(struct series_set *set, struct str text, uint64_t hash, uint32_t *ret_index, struct err *err)
{
	struct word *word;
	struct str copy;

	if (!has_room(set, text.len, err))
		return false;
	if (set->words.count >= UINT32_MAX - 1 || !arena_copy(set->arena, text, &copy))
		return no_room(set, err);
	*ret_index = (uint32_t)set->words.count;
	word = vec_push(&set->words);
	*word = (struct word){.text = copy, .hash = hash};
	index_word(set, *ret_index);
	return true;
}

/* The index of `text`, which is probably `likely`. */
static bool intern(struct series_set *set, struct str text, uint32_t likely, uint32_t *ret_index, struct err *err)
{
	uint64_t hash;
	uint32_t found;

	if (str_eq(set->words.items[likely].text, text)) {
		*ret_index = likely;
		return true;
	}
	hash = str_hash(text, map_seed());
	found = find_word(set, text, hash);
	if (found == UINT32_MAX)
		return add_word(set, text, hash, ret_index, err);
	*ret_index = found;
	return true;
}

struct series_set *series_set_new(size_t max_bytes)
{
	struct series_set *set = xnew(struct series_set);
	struct word *none;

	set->max_bytes = max_bytes;
	set->arena = arena_new(max_bytes ? max_bytes : 1);
	none = vec_push(&set->words);
	*none = (struct word){.text = STR(""), .hash = str_hash(STR(""), map_seed())};
	index_word(set, NO_WORD);
	return set;
}

void series_set_free(struct series_set *set)
{
	if (set == NULL)
		return;
	vec_clear(&set->now.labels);
	vec_clear(&set->kinds);
	vec_clear(&set->words);
	free(set->word_table.slots);
	free(set->kind_table.slots);
	arena_free(set->arena);
	free(set);
}

void series_set_begin(struct series_set *set)
{
	set->now.labels.count = 0;
	set->now.stamp++;
	set->now.hash = 0;
	set->now.name = NO_WORD;
	set->now.last = NO_WORD;
}

bool series_set_name(struct series_set *set, struct str name, struct err *err)
{
	uint32_t likely = set->kinds.count ? set->kinds.items[set->last_kind].name : NO_WORD;

	return intern(set, name, likely, &set->now.name, err);
}

bool series_set_label(struct series_set *set, struct str label, struct err *err)
{
	struct word *word;
	uint32_t index = 0;

	if (!intern(set, label, set->words.items[set->now.last].next, &index, err))
		return false;
	set->words.items[set->now.last].next = index;
	set->now.last = index;
	word = &set->words.items[index];
	if (word->stamp == set->now.stamp)
		return true;
	word->stamp = set->now.stamp;
	set->now.hash += word->hash;
	*vec_push(&set->now.labels) = index;
	return true;
}

/* The labels of the series being read carry its stamp, and are as many as the kind's; so when all of the kind's carry
   it, the two sets are equal. */
static bool is_of_kind(const struct series_set *set, const struct kind *kind, uint64_t hash)
{
	if (kind->hash != hash || kind->name != set->now.name || kind->face.label_count != set->now.labels.count)
		return false;
	for (size_t i = 0; i < kind->face.label_count; i++)
		if (set->words.items[kind->labels[i]].stamp != set->now.stamp)
			return false;
	return true;
}

static struct kind *find_kind(struct series_set *set, uint64_t hash)
{
	const struct table *table = &set->kind_table;

	if (table->size == 0)
		return NULL;
	for (size_t at = (size_t)hash & (table->size - 1); table->slots[at]; at = (at + 1) & (table->size - 1))
		if (is_of_kind(set, &set->kinds.items[table->slots[at] - 1], hash))
			return &set->kinds.items[table->slots[at] - 1];
	return NULL;
}

static int by_bytes(const void *left, const void *right)
{
	const struct str *a = left;
	const struct str *b = right;

	return str_cmp(*a, *b);
}

/* The names of the labels, sorted, and their words. */
static bool copy_labels(struct series_set *set, struct str **ret_names, uint32_t **ret_words, struct err *err)
{
	size_t count = set->now.labels.count;
	struct str *names = arena_calloc(set->arena, count, sizeof(*names));
	uint32_t *words = names ? arena_calloc(set->arena, count, sizeof(*words)) : NULL;

	if (words == NULL)
		return no_room(set, err);
	for (size_t i = 0; i < count; i++) {
		words[i] = set->now.labels.items[i];
		names[i] = set->words.items[words[i]].text;
	}
	if (count)
		qsort(names, count, sizeof(*names), by_bytes);
	*ret_names = names;
	*ret_words = words;
	return true;
}

static void index_kind(struct series_set *set, size_t index)
{
	if (table_is_full(&set->kind_table, index)) {
		table_grow(&set->kind_table);
		for (size_t i = 0; i < index; i++)
			table_put(&set->kind_table, set->kinds.items[i].hash, (uint32_t)i);
	}
	table_put(&set->kind_table, set->kinds.items[index].hash, (uint32_t)index);
}

static bool add_kind(struct series_set *set, uint64_t hash, struct kind **ret_kind, struct err *err)
{
	size_t count = set->now.labels.count;
	struct str *names = NULL;
	uint32_t *words = NULL;
	struct kind *kind;

	if (!has_room(set, count * (sizeof(*names) + sizeof(*words)), err) || !copy_labels(set, &names, &words, err))
		return false;
	kind = vec_push(&set->kinds);
	*kind = (struct kind){.hash = hash, .name = set->now.name, .labels = words};
	kind->face.name = set->words.items[set->now.name].text;
	kind->face.labels = names;
	kind->face.label_count = count;
	index_kind(set, set->kinds.count - 1);
	*ret_kind = kind;
	return true;
}

bool series_set_end(struct series_set *set, struct err *err)
{
	/* An odd factor, so that the metric "a" with the label "b" and the metric "b" with the label "a" differ. */
	uint64_t hash = set->now.hash + set->words.items[set->now.name].hash * UINT64_C(0x9e3779b97f4a7c15);
	struct kind *kind = set->kinds.count ? &set->kinds.items[set->last_kind] : NULL;

	if (kind == NULL || !is_of_kind(set, kind, hash))
		kind = find_kind(set, hash);
	if (kind == NULL && !add_kind(set, hash, &kind, err))
		return false;
	kind->face.series++;
	set->total++;
	set->last_kind = (size_t)(kind - set->kinds.items);
	return true;
}

size_t series_set_count(const struct series_set *set)
{
	return set->kinds.count;
}

const struct series_kind *series_set_at(const struct series_set *set, size_t index)
{
	CHECK(index < set->kinds.count);
	return &set->kinds.items[index].face;
}

uint64_t series_set_total(const struct series_set *set)
{
	return set->total;
}
