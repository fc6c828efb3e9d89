/* SPDX-License-Identifier: Apache-2.0 */
#include "text/yaml.h"

#include "base/map.h"
#include "base/vec.h"

#include "text/base64.h"
#include "yaml_merge.h"
#include "yaml_scalar.h"
#include "yaml_source.h"

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
	bool block;   /* a list with an item a line */
	size_t size, height;
};

struct builder {
	struct yaml_source source;
	bool has_slashes; /* is there an escaped slash anywhere? */
	struct arena *arena;
	struct problems *problems;
	struct map anchors; /* name to struct anchor */
	struct frame frames[YAML_DEPTH_MAX];
	size_t depth;
	struct children {
		VEC_OF(struct child);
	} pending; /* children of all open lists and maps; of a map, key and value in turn */
	size_t nodes;
	const struct yaml_node *root;
};

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

/* A tag of a list or map means nothing, whatever it says. */
static void warn_of_tag(struct builder *builder, const yaml_char_t *tag, const char *usual, struct place at)
{
	if (tag && strcmp((const char *)tag, "!") != 0 && strcmp((const char *)tag, usual) != 0)
		problem_warn(builder->problems, at, "a tag that has no effect; leave out the word that begins with !");
}

/* What the tag makes of the text; *text is what it stands for. */
static bool read_tagged(struct builder *builder, struct str tag, struct yaml_node *node, struct str *text,
			struct buf *decoded)
{
	struct err err = {0};

	node->quoted = false;
	switch (yaml_scalar_tagged(tag, *text)) {
	case YAML_TAGGED_WRONG:
		return problem_add(builder->problems, node->at,
				   "the text is not what its tag says; leave out the word that begins with !");
	case YAML_TAGGED_NULL:
		node->kind = YAML_NULL;
		break;
	case YAML_TAGGED_BINARY:
		if (!base64_decode(*text, decoded, &err))
			return problem_add(builder->problems, node->at, "!!binary: %s", err.msg);
		*text = buf_str(decoded);
		node->quoted = true;
		break;
	case YAML_TAGGED_TEXT:
		node->quoted = true;
		break;
	case YAML_TAGGED_PLAIN:
		break;
	}
	problem_warn(builder->problems, node->at,
		     "a tag, which a rules file does not need; leave out the word that "
		     "begins with !");
	return true;
}

static void warn_of_slash(struct builder *builder, const yaml_event_t *event, struct place at)
{
	if (builder->has_slashes && event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE &&
	    yaml_source_escapes_slash(&builder->source, at))
		problem_warn(builder->problems, at,
			     "\\/ in a text, which prometheus-adapter refuses; write / without the backslash");
}

static bool on_scalar(struct builder *builder, const yaml_event_t *event)
{
	CLEANUP(buf_clear) struct buf decoded = {0};
	struct place at = yaml_source_place(event->start_mark);
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	const char *tag = (const char *)event->data.scalar.tag;
	struct yaml_node *node = new_node(builder, YAML_SCALAR, at);
	struct anchor *anchor;

	if (node == NULL)
		return false;
	node->quoted = tag || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (tag && strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0 &&
	    !read_tagged(builder, str_of(tag), node, &text, &decoded))
		return false;
	if (!node->quoted && yaml_scalar_null(text))
		node->kind = YAML_NULL;
	if (!arena_copy(builder->arena, node->kind == YAML_NULL ? STR("") : text, &node->text))
		return too_large(builder, at);
	warn_of_slash(builder, event, at);
	return name_node(builder, event->data.scalar.anchor, (struct anchor){.node = node, .size = 1}, &anchor) &&
	       add_node(builder, node, 1, 0, at);
}

static bool on_alias(struct builder *builder, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = map_get(&builder->anchors, str_of(name));
	struct place at = yaml_source_place(event->start_mark);

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

/* The first item of the innermost list that is open says how the others are indented; of the one that ended last, where none is. */
static void note_list(struct builder *builder)
{
	for (size_t i = builder->depth; i-- > 0;)
		if (builder->frames[i].block) {
			builder->source.list = builder->frames[i].node->at;
			return;
		}
}

static bool open_collection(struct builder *builder, enum yaml_kind kind, bool block, const yaml_char_t *name,
			    struct place at)
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
	*frame = (struct frame){.node = node, .first = builder->pending.count, .block = block, .size = 1};
	if (!name_node(builder, name, (struct anchor){.node = node, .open = true}, &frame->anchor))
		return false;
	builder->depth++;
	note_list(builder);
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

static bool copy_pairs(struct builder *builder, struct frame *frame)
{
	const struct child *pending = builder->pending.items;
	size_t count = (builder->pending.count - frame->first) / 2;
	struct yaml_pair *pairs = arena_calloc(builder->arena, count, sizeof(*pairs));
	bool merges = false;

	if (pairs == NULL)
		return too_large(builder, frame->node->at);
	for (size_t i = 0; i < count; i++) {
		size_t key = frame->first + 2 * i;

		pairs[i] = (struct yaml_pair){pending[key].node, pending[key + 1].node};
		merges |= yaml_merge_is(pairs[i].key);
	}
	frame->node->pairs = pairs;
	frame->node->count = count;
	return !merges ||
	       yaml_merge(builder->arena, builder->problems, pairs, count, &frame->node->pairs, &frame->node->count);
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
	note_list(builder);
	builder->nodes -= frame->size - 1; /* what is in it was counted as it came */
	return add_node(builder, frame->node, frame->size, frame->height + 1, frame->node->at);
}

static void warn_of_version(struct builder *builder, const yaml_event_t *event)
{
	const yaml_version_directive_t *version = event->data.document_start.version_directive;

	if (version && !(version->major == 1 && version->minor == 1))
		problem_warn(builder->problems, yaml_source_place(event->start_mark),
			     "%%YAML %d.%d, which prometheus-adapter refuses; leave the line out", version->major,
			     version->minor);
}

/* Takes one event; *ret_done at the end of the first document. */
static bool on_event(struct builder *builder, const yaml_event_t *event, bool *ret_done)
{
	struct place at = yaml_source_place(event->start_mark);

	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
		return true;
	case YAML_DOCUMENT_START_EVENT:
		warn_of_version(builder, event);
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
		warn_of_tag(builder, event->data.sequence_start.tag, YAML_SEQ_TAG, at);
		return open_collection(builder, YAML_LIST,
				       event->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE,
				       event->data.sequence_start.anchor, at);
	case YAML_MAPPING_START_EVENT:
		warn_of_tag(builder, event->data.mapping_start.tag, YAML_MAP_TAG, at);
		return open_collection(builder, YAML_MAP, false, event->data.mapping_start.anchor, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(builder);
	}
	return true;
}

static bool read_events(struct builder *builder, yaml_parser_t *parser)
{
	bool done = false;

	while (!done) {
		yaml_event_t event;
		bool good;

		if (!yaml_parser_parse(parser, &event))
			return yaml_source_add_problem(&builder->source, parser, builder->problems);
		good = on_event(builder, &event, &done);
		if (event.type == YAML_DOCUMENT_END_EVENT)
			yaml_source_warn_of_rest(&builder->source, yaml_source_place(event.end_mark).line,
						 builder->problems);
		yaml_event_delete(&event);
		if (!good)
			return false;
	}
	return true;
}

bool yaml_parse(struct str text, struct arena *arena, struct problems *problems, const struct yaml_node **ret_root)
{
	struct builder builder = {
		.source = {.text = text},
		.has_slashes = str_contains(text, STR("\\/")),
		.arena = arena,
		.problems = problems,
	};
	yaml_parser_t parser;
	bool good;

	if (text.len > YAML_BYTES_MAX)
		return problem_add(problems, (struct place){0}, "larger than %d bytes", YAML_BYTES_MAX);
	if (!yaml_source_prepare(&builder.source, arena, problems))
		return false;
	text = builder.source.text;
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
	return good;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
		if (str_eq(map->pairs[i].key->text, key))
			return map->pairs[i].value;
	return NULL;
}
