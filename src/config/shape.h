/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - maps of a file as structs, by tables: which key goes where, and how it is read. */
#ifndef GAUGELET_CONFIG_SHAPE_H
#define GAUGELET_CONFIG_SHAPE_H

#include "base/arena.h"
#include "base/str.h"
#include "text/problem.h"
#include "text/yaml.h"

struct reader {
	struct arena *arena;
	struct problems *problems;
};

struct shape;

/* One key of a map: where its value goes in the struct, and how it is read. */
struct field {
	const char *key;
	void (*read)(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into);
	size_t offset;
	size_t count_offset;	   /* of a list: where the number of its items goes */
	const struct shape *shape; /* of the map, or of the items */
};

static inline void *shape_at(const struct field *field, void *into)
{
	return (char *)into + field->offset;
}

/* A map with fixed keys. The schema nests four levels deep, and with it the calls that read it. */
struct shape {
	const char *what;
	size_t size;
	void (*prepare)(void *target, struct place at);			     /* the defaults */
	void (*check)(struct reader *reader, void *target, struct place at); /* what must be there */
	const char *(*advise)(struct str unknown_key); /* more than the list of known keys, or NULL */
	const struct field *fields;
	size_t count;
};

/* What a message says of a text from the file: short, on one line. */
struct shown {
	char text[64];
};

struct shown shape_shown(struct str text);
const char *shape_kind_name(const struct yaml_node *node);

/* Zeroed, from the arena; NULL, and a problem, when it is full. */
void *shape_alloc(struct reader *reader, size_t count, size_t size, struct place at) MUST_USE;

/* The text of a node, which lives no longer than the tree. */
struct str shape_copy(struct reader *reader, const struct yaml_node *node);

/* `"key" wants X, not a list` */
void shape_wrong_kind(struct reader *reader, const struct yaml_pair *pair, const char *wanted);

/* Reads a map, or null for an empty one. Unknown and doubled keys are problems, null values are absent ones. */
void shape_read(struct reader *reader, const struct shape *shape, const struct yaml_node *node, struct place at,
		void *target);

/* For struct field: into a struct spelled, a bool, the struct of field->shape, an array and its count. */
void shape_read_text(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into);
void shape_read_bool(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into);
void shape_read_map(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into);
void shape_read_list(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into);

#endif
