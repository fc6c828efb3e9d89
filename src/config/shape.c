/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/clean.h"
#include "shape.h"
#include "model/rule_spec.h"
#include "text/distance.h"

enum { FIELDS_MAX = 8 };

struct shown shape_shown(struct str text)
{
	struct shown shown = {{0}};

	clean_copy(shown.text, sizeof(shown.text), text);
	return shown;
}

const char *shape_kind_name(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_NULL:
		return "nothing";
	case YAML_SCALAR:
		return "a text";
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a map";
	}
	return "";
}

void *shape_alloc(struct reader *reader, size_t count, size_t size, struct place at)
{
	void *memory = arena_calloc(reader->arena, count, size);

	if (memory == NULL)
		problem_add(reader->problems, at, "the file needs too much memory; make it smaller");
	return memory;
}

struct str shape_copy(struct reader *reader, const struct yaml_node *node)
{
	struct str copy = STR("?");

	if (!arena_copy(reader->arena, node->text, &copy))
		problem_add(reader->problems, node->at, "the file needs too much memory; make it smaller");
	return copy;
}

/* ---- the nearest known key ---- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* NULL when none is so near that it may be meant. */
static const struct field *nearest_field(const struct shape *shape, struct str key)
{
	const struct field *nearest = NULL;
	size_t least = key.len / 3 + 2;

	for (size_t i = 0; i < shape->count; i++) {
		struct str own = str_of(shape->fields[i].key);
		size_t far = distance_between(key, own, lower, SIZE_MAX);

		if (far < least && far < own.len) {
			least = far;
			nearest = &shape->fields[i];
		}
	}
	return nearest;
}

/* The key whose map has `key`. */
static const struct field *field_around(const struct shape *shape, struct str key)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct shape *inner = shape->fields[i].read == shape_read_map ? shape->fields[i].shape : NULL;

		for (size_t j = 0; inner && j < inner->count; j++)
			if (str_eq(key, str_of(inner->fields[j].key)))
				return &shape->fields[i];
	}
	return NULL;
}

static void add_unknown_key(struct reader *reader, const struct shape *shape, const struct yaml_node *key, void *target)
{
	const struct field *around = field_around(shape, key->text);
	const struct field *nearest = nearest_field(shape, key->text);
	const char *advice = shape->advise ? shape->advise(key->text) : NULL;
	CLEANUP(buf_clear) struct buf known = {0};

	if (key->kind == YAML_NULL) {
		problem_add(reader->problems, key->at, "an empty key; put a name before the `:`");
		return;
	}
	if (around) {
		problem_add(reader->problems, key->at, "the key \"%s\" in %s belongs one level deeper, under \"%s\"",
			    shape_shown(key->text).text, shape->what, around->key);
		return;
	}
	if (nearest) {
		problem_add(reader->problems, key->at, "unknown key \"%s\" in %s; did you mean \"%s\"?",
			    shape_shown(key->text).text, shape->what, nearest->key);
		/* so that the key it is meant to be is not called missing */
		if (nearest->read == shape_read_text)
			nearest->read(reader, nearest, &(struct yaml_pair){key, key}, target);
		return;
	}
	for (size_t i = 0; i < shape->count; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", shape->fields[i].key);
	problem_add(reader->problems, key->at, "unknown key \"%s\" in %s; %s%s", shape_shown(key->text).text,
		    shape->what, advice ? advice : "known are ", advice ? "" : buf_cstr(&known));
}

/* ---- values ---- */

void shape_wrong_kind(struct reader *reader, const struct yaml_pair *pair, const char *wanted)
{
	problem_add(reader->problems, pair->value->at, "\"%s\" wants %s, not %s", shape_shown(pair->key->text).text,
		    wanted, shape_kind_name(pair->value));
}

/* Any scalar is a text as it was written, be it a number, a date or a boolean. */
void shape_read_text(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct spelled *text = shape_at(field, into);

	text->at = pair->value->at;
	if (pair->value->kind == YAML_SCALAR) {
		text->text = shape_copy(reader, pair->value);
		return;
	}
	text->text = STR("?"); /* said here, so not missing as well; a spec with a problem is never used */
	shape_wrong_kind(reader, pair, "a text");
}

void shape_read_bool(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	if (!yaml_bool(pair->value, shape_at(field, into)))
		problem_add(reader->problems, pair->value->at, "\"%s\" wants true or false%s",
			    shape_shown(pair->key->text).text, pair->value->quoted ? ", without quotes" : "");
}

static void read_pair(struct reader *reader, const struct shape *shape, const struct yaml_pair *pair,
		      const struct yaml_node **seen, void *target)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];

		if (!str_eq(pair->key->text, str_of(field->key)))
			continue;
		if (seen[i]) {
			problem_add(reader->problems, pair->key->at,
				    "the key \"%s\" is given twice in %s, first in line %u; keep one", field->key,
				    shape->what, seen[i]->at.line);
			return;
		}
		seen[i] = pair->key;
		if (pair->value->kind != YAML_NULL)
			field->read(reader, field, pair, target);
		return;
	}
	add_unknown_key(reader, shape, pair->key, target);
}

void shape_read(struct reader *reader, const struct shape *shape, const struct yaml_node *node, struct place at,
		void *target)
{
	const struct yaml_node *seen[FIELDS_MAX] = {0};

	CHECK(shape->count <= FIELDS_MAX);
	if (shape->prepare)
		shape->prepare(target, at);
	for (size_t i = 0; i < node->count; i++)
		read_pair(reader, shape, &node->pairs[i], seen, target);
	if (shape->check)
		shape->check(reader, target, at);
}

void shape_read_map(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	void *target = shape_at(field, into);

	if (pair->value->kind == YAML_MAP) {
		shape_read(reader, field->shape, pair->value, pair->key->at, target);
		return;
	}
	shape_wrong_kind(reader, pair, "a map");
	if (field->shape->prepare)
		field->shape->prepare(target, pair->key->at); /* it is there, if wrong */
}

static void put_at(void *into, size_t offset, const void *value, size_t bytes)
{
	memcpy((char *)into + offset, value, bytes);
}

void shape_read_list(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	const struct yaml_node *node = pair->value;
	const struct shape *shape = field->shape;
	char *items;

	if (node->kind != YAML_LIST) {
		shape_wrong_kind(reader, pair, "a list");
		return;
	}
	items = shape_alloc(reader, node->count, shape->size, node->at);
	for (size_t i = 0; items && i < node->count; i++) {
		const struct yaml_node *item = node->items[i];

		if (item->kind == YAML_MAP || item->kind == YAML_NULL)
			shape_read(reader, shape, item, item->at, items + i * shape->size);
		else
			problem_add(reader->problems, item->at, "%s is a map, not %s", shape->what,
				    shape_kind_name(item));
	}
	put_at(into, field->offset, &items, sizeof(items));
	put_at(into, field->count_offset, &node->count, sizeof(node->count));
}
