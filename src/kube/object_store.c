/* SPDX-License-Identifier: Apache-2.0 */
#include "object_store.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "text/selector.h"
#include "text/timestamp.h"

enum {
	OBJECTS_MAX = 200000,
	BYTES_MAX = 512 << 20, /* of names and labels of one resource, as if none were shared */
	FIRST_BUCKETS = 64,
};

/* ---- words */

struct word {
	struct word *next; /* in its bucket */
	uint32_t users, length;
	char bytes[];
};

/* Linear hashing: the buckets before `split` are already divided in two, one more with each word too many; so no turn has to
   move them all. */
struct words {
	struct word **buckets;
	size_t half, split, count; /* half: a power of two; half + split buckets are in use */
};

static struct str word_str(const struct word *word)
{
	return (struct str){word->bytes, word->length};
}

struct words *object_store_words_new(void)
{
	struct words *words = xnew(struct words);

	words->half = FIRST_BUCKETS;
	words->buckets = xcalloc(2 * words->half, sizeof(struct word *));
	return words;
}

void object_store_words_free(struct words *words)
{
	if (words == NULL)
		return;
	CHECK(words->count == 0);
	free(words->buckets);
	free(words);
}

static struct word **bucket_of(const struct words *words, struct str text)
{
	size_t hash = (size_t)str_hash(text, map_seed());
	size_t at = hash & (words->half - 1);

	if (at < words->split)
		at = hash & (2 * words->half - 1);
	return &words->buckets[at];
}

static void double_buckets(struct words *words)
{
	size_t used = 2 * words->half;

	words->buckets = xrealloc(words->buckets, 2 * used, sizeof(struct word *));
	memset(&words->buckets[used], 0, used * sizeof(struct word *));
	words->half = used;
	words->split = 0;
}

static void split_bucket(struct words *words)
{
	struct word *word = words->buckets[words->split];

	words->buckets[words->split++] = NULL;
	while (word) {
		struct word *next = word->next;
		struct word **bucket = bucket_of(words, word_str(word));

		word->next = *bucket;
		*bucket = word;
		word = next;
	}
	if (words->split == words->half)
		double_buckets(words);
}

static struct word *word_use(struct words *words, struct str text)
{
	struct word **bucket = bucket_of(words, text);
	struct word *word = *bucket;

	while (word && !str_eq(word_str(word), text))
		word = word->next;
	if (word == NULL) {
		word = xcalloc(1, sizeof(*word) + text.len);
		word->length = (uint32_t)text.len;
		if (text.len)
			memcpy(word->bytes, text.ptr, text.len);
		word->next = *bucket;
		*bucket = word;
		if (++words->count > words->half + words->split)
			split_bucket(words);
	}
	word->users++;
	return word;
}

static void word_leave(struct words *words, struct word *word)
{
	struct word **at;

	if (--word->users > 0)
		return;
	at = bucket_of(words, word_str(word));
	while (*at != word)
		at = &(*at)->next;
	*at = word->next;
	words->count--;
	free(word);
}

/* ---- objects */

struct label {
	struct word *key, *value;
};

struct object {
	struct word *namespace;
	uint32_t name_bytes, label_count;
	uint32_t ready_since_s; /* lasts until 2106 */
	uint8_t phase;		/* enum object_phase */
	bool deleting, ready;
	struct label labels[]; /* and behind them the name */
};

struct object_store {
	struct words *words;
	VEC_OF(struct object *);
	size_t bytes;
};

static struct str name_of(const struct object *object)
{
	return (struct str){(const char *)&object->labels[object->label_count], object->name_bytes};
}

static size_t object_bytes(const struct object *object)
{
	size_t bytes = sizeof(*object) + object->name_bytes;

	for (uint32_t i = 0; i < object->label_count; i++)
		bytes += sizeof(object->labels[i]) + object->labels[i].key->length + object->labels[i].value->length;
	return bytes;
}

static enum object_phase phase_of(struct str phase)
{
	static const struct {
		struct str name;
		enum object_phase phase;
	} phases[] = {
		{STR_INIT("Running"), PHASE_RUNNING},
		{STR_INIT("Pending"), PHASE_PENDING},
		{STR_INIT("Succeeded"), PHASE_SUCCEEDED},
		{STR_INIT("Failed"), PHASE_FAILED},
	};

	for (size_t i = 0; i < COUNT_OF(phases); i++)
		if (str_eq(phase, phases[i].name))
			return phases[i].phase;
	return PHASE_UNKNOWN;
}

static uint32_t seconds_of(struct str time)
{
	struct err ignored;
	int64_t ms = 0;

	if (time.len == 0 || !timestamp_parse_rfc3339(time, &ms, &ignored))
		return 0;
	return ms > 0 && ms / 1000 <= UINT32_MAX ? (uint32_t)(ms / 1000) : 0;
}

static void keep_state(struct object *object, const struct watched_object *from)
{
	object->phase = (uint8_t)phase_of(from->phase);
	object->deleting = from->deleting;
	object->ready = from->ready;
	object->ready_since_s = seconds_of(from->ready_since);
}

static struct object *object_new(struct words *words, const struct watched_object *from)
{
	size_t labels_bytes = from->label_count * sizeof(struct label);
	struct object *object = xcalloc(1, sizeof(*object) + labels_bytes + from->name.len);

	object->namespace = word_use(words, from->namespace);
	object->name_bytes = (uint32_t)from->name.len;
	object->label_count = (uint32_t)from->label_count;
	for (size_t i = 0; i < from->label_count; i++) {
		object->labels[i].key = word_use(words, from->labels[i].key);
		object->labels[i].value = word_use(words, from->labels[i].value);
	}
	memcpy((char *)object->labels + labels_bytes, from->name.ptr, from->name.len);
	keep_state(object, from);
	return object;
}

static void object_free(struct words *words, struct object *object)
{
	word_leave(words, object->namespace);
	for (uint32_t i = 0; i < object->label_count; i++) {
		word_leave(words, object->labels[i].key);
		word_leave(words, object->labels[i].value);
	}
	free(object);
}

static int compare(const struct object *object, struct str namespace, struct str name)
{
	int order = str_cmp(word_str(object->namespace), namespace);

	return order ? order : str_cmp(name_of(object), name);
}

/* The place of the first that does not come before. Lists come sorted: looked at from the end first. */
static size_t place_of(const struct object_store *store, struct str namespace, struct str name)
{
	size_t low = 0;
	size_t high = store->count;

	if (high > 0 && compare(store->items[high - 1], namespace, name) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(store->items[middle], namespace, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct object_store *store, size_t place, struct str namespace, struct str name)
{
	return place < store->count && compare(store->items[place], namespace, name) == 0;
}

/* ---- the store */

struct object_store *object_store_new(struct words *words)
{
	struct object_store *store = xnew(struct object_store);

	store->words = words;
	return store;
}

void object_store_free(struct object_store *store)
{
	if (store == NULL)
		return;
	object_store_drop(store, store->count);
	vec_clear(store);
	free(store);
}

size_t object_store_count(const struct object_store *store)
{
	return store->count;
}

bool object_store_drop(struct object_store *store, size_t most)
{
	if (store->count == 0)
		return false;
	for (; most > 0 && store->count > 0; most--)
		object_free(store->words, store->items[--store->count]);
	return true;
}

static void insert(struct object_store *store, size_t place, struct object *object)
{
	size_t behind = store->count - place;

	(void)vec_push(store);
	memmove(&store->items[place + 1], &store->items[place], behind * sizeof(struct object *));
	store->items[place] = object;
	store->bytes += object_bytes(object);
}

static void replace(struct object_store *store, size_t place, struct object *object)
{
	store->bytes += object_bytes(object);
	store->bytes -= object_bytes(store->items[place]);
	object_free(store->words, store->items[place]);
	store->items[place] = object;
}

bool object_store_put(struct object_store *store, const struct watched_object *object, struct err *err)
{
	size_t place = place_of(store, object->namespace, object->name);

	if (store->bytes > BYTES_MAX)
		return err_set(err, ERR_LIMIT, "their names and labels are more than %d MiB", BYTES_MAX >> 20);
	if (is_at(store, place, object->namespace, object->name)) {
		replace(store, place, object_new(store->words, object));
		return true;
	}
	if (store->count >= OBJECTS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d", OBJECTS_MAX);
	insert(store, place, object_new(store->words, object));
	return true;
}

void object_store_remove(struct object_store *store, struct str namespace, struct str name)
{
	size_t place = place_of(store, namespace, name);
	struct object *object;

	if (!is_at(store, place, namespace, name))
		return;
	object = store->items[place];
	store->bytes -= object_bytes(object);
	object_free(store->words, object);
	store->count--;
	memmove(&store->items[place], &store->items[place + 1], (store->count - place) * sizeof(struct object *));
}

/* ---- questions */

static struct str label_of(const void *context, struct str key)
{
	const struct object *object = context;

	for (uint32_t i = 0; i < object->label_count; i++) {
		const struct word *name = object->labels[i].key;

		if (name->length == key.len && memcmp(name->bytes, key.ptr, key.len) == 0)
			return word_str(object->labels[i].value);
	}
	return (struct str){0};
}

bool object_store_visit(const struct object_store *store, struct str namespace, const struct selector *selector,
			objects_visitor *visitor, void *context, struct err *err)
{
	size_t at = namespace.ptr ? place_of(store, namespace, STR("")) : 0;

	for (; at < store->count; at++) {
		const struct object *object = store->items[at];
		const struct object_seen seen = {
			.namespace = word_str(object->namespace),
			.name = name_of(object),
			.state = {.phase = (enum object_phase)object->phase,
				  .deleting = object->deleting,
				  .ready = object->ready,
				  .ready_since_s = object->ready_since_s},
			.label_count = object->label_count,
			.object = object,
		};

		if (namespace.ptr && !str_eq(seen.namespace, namespace))
			break;
		if (selector_matches(selector, label_of, object) && !visitor(context, &seen, err))
			return false;
	}
	return true;
}

struct object_label object_seen_label(const struct object_seen *seen, size_t index)
{
	const struct label *label = &seen->object->labels[index];

	return (struct object_label){word_str(label->key), word_str(label->value)};
}

struct matches {
	VEC_OF(const struct object *);
	size_t bytes;
};

static bool match(void *context, const struct object_seen *seen, struct err *err)
{
	struct matches *matches = context;

	(void)err;
	*vec_push(matches) = seen->object;
	matches->bytes += seen->name.len;
	return true;
}

static bool copy_names(const struct matches *matches, struct arena *arena, const struct str **ret_names)
{
	struct str *names = arena_calloc(arena, matches->count, sizeof(*names));
	char *bytes = arena_alloc(arena, matches->bytes);

	if (names == NULL || bytes == NULL)
		return false;
	for (size_t i = 0; i < matches->count; i++) {
		struct str name = name_of(matches->items[i]);

		memcpy(bytes, name.ptr, name.len);
		names[i] = (struct str){bytes, name.len};
		bytes += name.len;
	}
	*ret_names = names;
	return true;
}

bool object_store_select(const struct object_store *store, struct str namespace, const struct selector *selector,
			 struct arena *arena, const struct str **ret_names, size_t *ret_count, struct err *err)
{
	struct matches matches = {0};
	bool copied;

	copied = object_store_visit(store, namespace, selector, match, &matches, err) &&
		 copy_names(&matches, arena, ret_names);
	if (copied)
		*ret_count = matches.count;
	vec_clear(&matches);
	return copied || err_set(err, ERR_LIMIT, "the selector fits too many objects");
}
