/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h - the cluster's resources, and which of them a name means (the REST mapper). */
#ifndef GAUGELET_MODEL_RESOURCE_H
#define GAUGELET_MODEL_RESOURCE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct resource {
	struct str group;   /* "" is the core group */
	struct str version; /* the preferred one */
	struct str plural, singular, kind;
	bool namespaced;
};

/* A snapshot: built aside, const from then on, counted. */
struct resource_table;

/* Adds in the API server's order: the core group first, in a group the preferred version first. Texts are copied. An empty
   singular is the lower-cased kind. The same plural of the same group a second time is another version: ignored. */
struct resource_table *resource_table_new(void) MUST_USE;
void resource_table_add(struct resource_table *table, const struct resource *resource);
struct resource_table *resource_table_ref(const struct resource_table *table);
void resource_table_unref(struct resource_table *table);

size_t resource_table_count(const struct resource_table *table);
const struct resource *resource_table_at(const struct resource_table *table, size_t index); /* lent by the table */

/* What every Kubernetes 1.34 has, and the InferencePool of both its groups: for a start without a cluster. */
struct resource_table *resource_table_builtin(void) MUST_USE;

/* `name` is a plural or singular in any case; `group` is exact, or else a prefix (`networking` finds networking.k8s.io), or
   empty for any. Of several the first in the table. NULL when there is none; lent by the table. */
const struct resource *resource_find(const struct resource_table *table, struct str name, struct str group);

/* The same for `name[.group]`, split at the first dot. */
const struct resource *resource_find_qualified(const struct resource_table *table, struct str text);

bool resource_same(const struct resource *a, const struct resource *b);

/* `plural[.group]`. */
void resource_write(struct buf *out, const struct resource *resource);

#endif
