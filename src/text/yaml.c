/* SPDX-License-Identifier: Apache-2.0 */
#include "text/yaml.h"

#include "base/map.h"
#include "base/vec.h"

#include <limits.h>
#include <yaml.h>

/* A node with a name, for aliases. */
struct anchor {
	const struct yaml_node *node;
	size_t size;   /* nodes, with all below */
	size_t height; /* levels of lists and maps; 0 for a scalar */
	bool open;     /* not at its end yet: an alias now would hold itself */
};

struct child {
	const struct yaml_node *node;
};

/* A list or map whose end has not come yet. */
struct frame {
	struct yaml_node *node;
	struct anchor *anchor;
	size_t first; /* of its children in `pending` */
	size_t size, height;
};

struct builder {
	struct str text;
	struct arena *arena;
	struct problems *problems;
	struct map anchors; /* name to struct anchor */
	struct frame frames[YAML_DEPTH_MAX];
	size_t depth;
	struct children {
		VEC_OF(struct child);
	} pending; /* children of all open lists and maps; of a map, key and value in turn */
	struct pairs {
		VEC_OF(struct yaml_pair);
	} merged;
	size_t nodes;
	const struct yaml_node *root;
};

static struct place place_of(yaml_mark_t mark)
{
	return (struct place){mark.line < UINT_MAX ? (unsigned)mark.line + 1 : 0,
			      mark.column < UINT_MAX ? (unsigned)mark.column + 1 : 0};
}

static bool too_large(struct builder *builder, struct place at)
{
	return problem_add(builder->problems, at, "the file needs too much memory; make it smaller");
}

static struct frame *innermost(struct builder *builder)
{
	return builder->depth ? &builder->frames[builder->depth - 1] : NULL;
}

static bool is_key(struct builder *builder)
{
	const struct frame *frame = innermost(builder);

	return frame && frame->node->kind == YAML_MAP && (builder->pending.count - frame->first) % 2 == 0;
}

static struct yaml_node *new_node(struct builder *builder, enum yaml_kind kind, struct place at)
{
	struct yaml_node *node = arena_alloc(builder->arena, sizeof(*node));

	if (node == NULL) {
		too_large(builder, at);
		return NULL;
	}
	node->kind = kind;
	node->at = at;
	return node;
}

/* Puts a finished node into the collection around it. The size counts what an alias stands for, not what it takes. */
static bool add_node(struct builder *builder, const struct yaml_node *node, size_t size, size_t height, struct place at)
{
	struct frame *frame = innermost(builder);

	if (size > YAML_NODES_MAX - builder->nodes)
		return problem_add(builder->problems, at,
				   "more than %d values, each use of an alias counted; make the file smaller",
				   YAML_NODES_MAX);
	builder->nodes += size;
	if (frame == NULL) {
		builder->root = node;
		return true;
	}
	vec_push(&builder->pending)->node = node;
	frame->size += size;
	if (height > frame->height)
		frame->height = height;
	return true;
}

/* Remembers the node under its name, if it has one; a name given again names the later node from then on. */
static bool name_node(struct builder *builder, const yaml_char_t *name, struct anchor value, struct anchor **ret_anchor)
{
	struct anchor *anchor;
	struct str key;

	*ret_anchor = NULL;
	if (name == NULL)
		return true;
	anchor = arena_alloc(builder->arena, sizeof(*anchor));
	if (anchor == NULL || !arena_copy(builder->arena, str_of((const char *)name), &key))
		return too_large(builder, value.node->at);
	*anchor = value;
	*map_at(&builder->anchors, key) = anchor;
	*ret_anchor = anchor;
	return true;
}

static bool check_tag(struct builder *builder, const yaml_char_t *tag, const char *accepted, struct place at)
{
	if (tag == NULL || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, accepted) == 0)
		return true;
	return problem_add(builder->problems, at, "a tag that is not read here; leave out the word that begins with !");
}

static bool is_null(struct str text)
{
	return text.len == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")) || str_eq(text, STR("Null")) ||
	       str_eq(text, STR("NULL"));
}

static bool on_scalar(struct builder *builder, const yaml_event_t *event)
{
	struct place at = place_of(event->start_mark);
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct yaml_node *node = new_node(builder, YAML_SCALAR, at);
	struct anchor *anchor;

	if (node == NULL || !check_tag(builder, event->data.scalar.tag, YAML_STR_TAG, at))
		return false;
	node->quoted = event->data.scalar.tag || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!node->quoted && is_null(text))
		node->kind = YAML_NULL;
	else if (!arena_copy(builder->arena, text, &node->text))
		return too_large(builder, at);
	if (node->kind == YAML_NULL && is_key(builder))
		return problem_add(builder->problems, at, "an empty key; put a name before the `:`");
	return name_node(builder, event->data.scalar.anchor, (struct anchor){.node = node, .size = 1}, &anchor) &&
	       add_node(builder, node, 1, 0, at);
}

static bool on_alias(struct builder *builder, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = map_get(&builder->anchors, str_of(name));
	struct place at = place_of(event->start_mark);

	if (anchor == NULL)
		return problem_add(builder->problems, at, "the alias *%.60s has no anchor &%.60s before it", name,
				   name);
	if (anchor->open)
		return problem_add(builder->problems, at, "the alias *%.60s stands inside what it stands for", name);
	if (is_key(builder) && anchor->node->kind != YAML_SCALAR)
		return problem_add(builder->problems, at, "the alias *%.60s is no text, so it cannot be a key", name);
	if (builder->depth + anchor->height > YAML_DEPTH_MAX)
		return problem_add(builder->problems, at, "nested deeper than %d levels", YAML_DEPTH_MAX);
	return add_node(builder, anchor->node, anchor->size, anchor->height, at);
}

static bool open_collection(struct builder *builder, enum yaml_kind kind, const yaml_char_t *name, struct place at)
{
	struct yaml_node *node;
	struct frame *frame;

	if (is_key(builder))
		return problem_add(builder->problems, at,
				   "a key that is a list or map; a key is a text (quote it if it begins with { or [)");
	if (builder->depth == YAML_DEPTH_MAX)
		return problem_add(builder->problems, at, "nested deeper than %d levels", YAML_DEPTH_MAX);
	node = new_node(builder, kind, at);
	if (node == NULL)
		return false;
	frame = &builder->frames[builder->depth];
	*frame = (struct frame){.node = node, .first = builder->pending.count, .size = 1};
	if (!name_node(builder, name, (struct anchor){.node = node, .open = true}, &frame->anchor))
		return false;
	builder->depth++;
	return true;
}

static bool copy_items(struct builder *builder, struct frame *frame)
{
	size_t count = builder->pending.count - frame->first;
	const struct yaml_node **items = arena_calloc(builder->arena, count, sizeof(const struct yaml_node *));

	if (items == NULL)
		return too_large(builder, frame->node->at);
	for (size_t i = 0; i < count; i++)
		items[i] = builder->pending.items[frame->first + i].node;
	frame->node->items = items;
	frame->node->count = count;
	return true;
}

static bool is_merge(const struct yaml_node *key)
{
	return !key->quoted && str_eq(key->text, STR("<<"));
}

/* Where a key of a map with merge keys comes from, while the map's pairs are walked in order. */
enum origin { ORIGIN_NONE, ORIGIN_OWN_AHEAD, ORIGIN_OWN_BEFORE, ORIGIN_MERGED };

static void set_origin(struct map *origins, struct str key, enum origin origin)
{
	*map_at(origins, key) = (void *)(uintptr_t)origin;
}

/* Adds the pairs of `from` whose keys the map does not have. A key of the map's own that stands before the merge key
   is refused: YAML lets it win, upstream's reader lets the merged one win. */
static bool merge_map(struct builder *builder, struct map *origins, const struct yaml_node *from, struct place at)
{
	for (size_t i = 0; i < from->count; i++) {
		struct str key = from->pairs[i].key->text;
		enum origin origin = (enum origin)(uintptr_t)map_get(origins, key);

		if (origin == ORIGIN_OWN_BEFORE)
			return problem_add(
				builder->problems, at,
				"a key that comes with this << stands before it, too; put << first, then the "
				"map's own keys count");
		if (origin != ORIGIN_NONE)
			continue;
		set_origin(origins, key, ORIGIN_MERGED);
		*vec_push(&builder->merged) = from->pairs[i];
	}
	return true;
}

static bool merge_value(struct builder *builder, struct map *origins, const struct yaml_node *value, struct place at)
{
	if (value->kind == YAML_MAP)
		return merge_map(builder, origins, value, at);
	if (value->kind != YAML_LIST)
		return problem_add(builder->problems, at, "<< wants a map, or a list of maps");
	for (size_t i = 0; i < value->count; i++)
		if (value->items[i]->kind != YAML_MAP)
			return problem_add(builder->problems, at, "<< wants a map, or a list of maps");
		else if (!merge_map(builder, origins, value->items[i], at))
			return false;
	return true;
}

/* Splits the `count` pairs into what the map has of its own, put to the front, and builder->merged. */
static bool merge_pairs(struct builder *builder, struct yaml_pair *pairs, size_t *count)
{
	CLEANUP(map_clear) struct map origins = {0};
	size_t own = 0;

	for (size_t i = 0; i < *count; i++)
		if (!is_merge(pairs[i].key))
			set_origin(&origins, pairs[i].key->text, ORIGIN_OWN_AHEAD);
	for (size_t i = 0; i < *count; i++) {
		if (is_merge(pairs[i].key)) {
			if (!merge_value(builder, &origins, pairs[i].value, pairs[i].key->at))
				return false;
			continue;
		}
		set_origin(&origins, pairs[i].key->text, ORIGIN_OWN_BEFORE);
		pairs[own++] = pairs[i];
	}
	*count = own;
	return true;
}

static bool copy_pairs(struct builder *builder, struct frame *frame)
{
	const struct child *pending = builder->pending.items;
	size_t count = (builder->pending.count - frame->first) / 2;
	struct yaml_pair *own = arena_calloc(builder->arena, count, sizeof(*own));
	struct yaml_pair *pairs = own;
	bool merges = false;

	if (own == NULL)
		return too_large(builder, frame->node->at);
	for (size_t i = 0; i < count; i++) {
		size_t key = frame->first + 2 * i;

		own[i] = (struct yaml_pair){pending[key].node, pending[key + 1].node};
		merges |= is_merge(own[i].key);
	}
	if (merges) {
		builder->merged.count = 0;
		if (!merge_pairs(builder, own, &count))
			return false;
		pairs = arena_calloc(builder->arena, count + builder->merged.count, sizeof(*pairs));
		if (pairs == NULL)
			return too_large(builder, frame->node->at);
		for (size_t i = 0; i < count; i++)
			pairs[i] = own[i];
		for (size_t i = 0; i < builder->merged.count; i++)
			pairs[count++] = builder->merged.items[i];
	}
	frame->node->pairs = pairs;
	frame->node->count = count;
	return true;
}

static bool close_collection(struct builder *builder)
{
	struct frame *frame = innermost(builder);

	CHECK(frame != NULL); /* libyaml ends only what it began */
	if (!(frame->node->kind == YAML_LIST ? copy_items(builder, frame) : copy_pairs(builder, frame)))
		return false;
	if (frame->anchor)
		*frame->anchor = (struct anchor){frame->node, frame->size, frame->height + 1, false};
	builder->pending.count = frame->first;
	builder->depth--;
	builder->nodes -= frame->size - 1; /* what is in it was counted as it came */
	return add_node(builder, frame->node, frame->size, frame->height + 1, frame->node->at);
}

/* Takes one event; *ret_done at the end of the first document. */
static bool on_event(struct builder *builder, const yaml_event_t *event, bool *ret_done)
{
	struct place at = place_of(event->start_mark);

	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_START_EVENT:
		return true;
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		*ret_done = true;
		return true;
	case YAML_ALIAS_EVENT:
		return on_alias(builder, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return check_tag(builder, event->data.sequence_start.tag, YAML_SEQ_TAG, at) &&
		       open_collection(builder, YAML_LIST, event->data.sequence_start.anchor, at);
	case YAML_MAPPING_START_EVENT:
		return check_tag(builder, event->data.mapping_start.tag, YAML_MAP_TAG, at) &&
		       open_collection(builder, YAML_MAP, event->data.mapping_start.anchor, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(builder);
	}
	return true;
}

/* Line `number` (from 1) and all behind it; empty when there are fewer lines. CR, LF and CR LF end a line. */
static struct str from_line(struct str text, unsigned number)
{
	size_t at = 0;

	for (unsigned line = 1; line < number && at < text.len; at++)
		if (text.ptr[at] == '\n' || (text.ptr[at] == '\r' && (at + 1 == text.len || text.ptr[at + 1] != '\n')))
			line++;
	return str_slice(text, at, text.len);
}

static struct place place_of_byte(struct str text, size_t offset)
{
	struct place at = {1, 1};

	for (size_t i = 0; i < offset && i < text.len; i++) {
		at.line += text.ptr[i] == '\n';
		at.column = text.ptr[i] == '\n' ? 1 : at.column + ((text.ptr[i] & 0xc0) != 0x80);
	}
	return at;
}

static bool tab_indented(struct str text, unsigned line)
{
	struct str rest = from_line(text, line);

	for (size_t i = 0; i < rest.len && (rest.ptr[i] == ' ' || rest.ptr[i] == '\t'); i++)
		if (rest.ptr[i] == '\t')
			return true;
	return false;
}

/* The scanner's own words, with the place where the construct began that it was in. */
static bool add_parser_problem(struct builder *builder, const yaml_parser_t *parser)
{
	struct place at = place_of(parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL)
		return too_large(builder, at);
	if (parser->error == YAML_READER_ERROR)
		return problem_add(builder->problems, place_of_byte(builder->text, parser->problem_offset),
				   "no YAML: %s", parser->problem);
	if (tab_indented(builder->text, at.line))
		return problem_add(builder->problems, at, "no YAML: the line begins with a tab; indent with spaces");
	if (parser->context == NULL)
		return problem_add(builder->problems, at, "no YAML: %s", parser->problem);
	return problem_add(builder->problems, at, "no YAML: %s, %s that begins in line %u", parser->problem,
			   parser->context, place_of(parser->context_mark).line);
}

/* Upstream's reader, too, leaves the rest of the stream alone, even when a wrong indentation made it the rest. Nobody
   should have to find that out by a missing metric. */
static void warn_about_rest(struct builder *builder, unsigned line)
{
	struct str rest = from_line(builder->text, line);
	struct str one;

	for (; str_split(&rest, '\n', &one); line++) {
		one = str_trim(one);
		if (one.len == 0 || one.ptr[0] == '#' || str_starts(one, STR("...")))
			continue;
		problem_warn(builder->problems, (struct place){line, 1},
			     "from here on the file is not read: its first document ends before");
		return;
	}
}

static bool read_events(struct builder *builder, yaml_parser_t *parser)
{
	bool done = false;

	while (!done) {
		yaml_event_t event;
		bool good;

		if (!yaml_parser_parse(parser, &event))
			return add_parser_problem(builder, parser);
		good = on_event(builder, &event, &done);
		if (event.type == YAML_DOCUMENT_END_EVENT)
			warn_about_rest(builder, place_of(event.end_mark).line);
		yaml_event_delete(&event);
		if (!good)
			return false;
	}
	return true;
}

bool yaml_parse(struct str text, struct arena *arena, struct problems *problems, const struct yaml_node **ret_root)
{
	struct builder builder = {.text = text, .arena = arena, .problems = problems};
	yaml_parser_t parser;
	bool good;

	if (text.len > YAML_BYTES_MAX)
		return problem_add(problems, (struct place){0}, "larger than %d bytes", YAML_BYTES_MAX);
	if (!yaml_parser_initialize(&parser))
		return problem_add(problems, (struct place){0}, "no memory to read YAML");
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len ? text.ptr : ""), text.len);
	good = read_events(&builder, &parser);
	if (good && builder.root == NULL)
		builder.root = new_node(&builder, YAML_NULL, (struct place){1, 1});
	if (good && builder.root)
		*ret_root = builder.root;
	good = good && builder.root;
	yaml_parser_delete(&parser);
	map_clear(&builder.anchors);
	vec_clear(&builder.pending);
	vec_clear(&builder.merged);
	return good;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
		if (str_eq(map->pairs[i].key->text, key))
			return map->pairs[i].value;
	return NULL;
}

/* true, True and TRUE, but not tRUE: the first letter in any case, the others all alike and no larger than it. */
static bool usual_case(struct str text)
{
	bool large = false;
	bool small = false;

	for (size_t i = 1; i < text.len; i++)
		*(text.ptr[i] >= 'a' ? &small : &large) = true;
	return !(large && small) && !(large && text.ptr[0] >= 'a');
}

bool yaml_bool(const struct yaml_node *node, bool *ret_value)
{
	static const struct {
		struct str word;
		bool value;
	} words[] = {
		{STR_INIT("true"), true},   {STR_INIT("yes"), true}, {STR_INIT("on"), true},   {STR_INIT("y"), true},
		{STR_INIT("false"), false}, {STR_INIT("no"), false}, {STR_INIT("off"), false}, {STR_INIT("n"), false},
	};
	struct str text = node->text;

	if (node->kind != YAML_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_nocase(text, words[i].word) && usual_case(text)) {
			*ret_value = words[i].value;
			return true;
		}
	return false;
}
