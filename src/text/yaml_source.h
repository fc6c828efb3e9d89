/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_source.h - the bytes behind the events of the YAML parser, for what the events do not tell. */
#ifndef GAUGELET_TEXT_YAML_SOURCE_H
#define GAUGELET_TEXT_YAML_SOURCE_H

#include <yaml.h>

#include "base/arena.h"
#include "text/problem.h"

/* Lines are asked for in the order of the text, so that each byte is passed once. */
struct yaml_source {
	struct str text;
	size_t at; /* where `line` begins */
	unsigned line;
	struct place list; /* of the first item of the innermost list that is open, or else ended last; line 0: none */
};

struct place yaml_source_place(yaml_mark_t mark);

/* Refuses UTF-16, and takes byte order marks at the beginnings of lines out, each with a warning, as upstream has them as parts
   of keys. */
MUST_USE bool yaml_source_prepare(struct yaml_source *source, struct arena *arena, struct problems *problems);

/* Does a text in double quotes that begins at `at` escape a slash? */
bool yaml_source_escapes_slash(struct yaml_source *source, struct place at);

/* Warns of a text behind the first document, whose end is in `line`. Upstream's reader leaves it alone, too, even when a wrong
   indentation made it the rest. Nobody should have to find that out by a missing metric. */
void yaml_source_warn_of_rest(struct yaml_source *source, unsigned line, struct problems *problems);

/* Always false: what stopped the parser, in its words or in better ones. */
bool yaml_source_add_problem(struct yaml_source *source, const yaml_parser_t *parser, struct problems *problems);

#endif
