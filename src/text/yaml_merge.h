/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_merge.h - the merge keys of a map, as go-yaml v2 reads them into structs. */
#ifndef GAUGELET_TEXT_YAML_MERGE_H
#define GAUGELET_TEXT_YAML_MERGE_H

#include "text/yaml.h"

bool yaml_merge_is(const struct yaml_node *key);

/* The pairs with what their merge keys bring: what is given later is put into what is there, maps into maps, pair by pair, and
   anything else in its place. Of a list of maps the first wins. A key of the map's own that stands before the merge key counts
   less than what comes with it, with a warning. Keys that are doubled without a merge stay so. */
MUST_USE bool yaml_merge(struct arena *arena, struct problems *problems, const struct yaml_pair *pairs, size_t count,
			 const struct yaml_pair **ret_pairs, size_t *ret_count);

#endif
