/* SPDX-License-Identifier: Apache-2.0 */
/* association.h - which label stands for which Kubernetes resource, in both directions. */
#ifndef GAUGELET_MODEL_ASSOCIATION_H
#define GAUGELET_MODEL_ASSOCIATION_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct association;
struct problems;
struct resource;
struct resource_table;
struct resources_spec;

/* Compiles `resources:` of a rule; the spec must outlive it. Resources are looked up when they are asked for, so that a rule may
   name one that the cluster does not know yet. */
MUST_USE bool association_new(const struct resources_spec *spec, struct problems *problems,
			      struct association **ret_association);
void association_free(struct association *association);
DEFINE_FREE_AT(association)

/* The resource that a label of a series stands for; NULL when it stands for none. ERR_LIMIT: the label is not decided. */
MUST_USE bool association_resource_of(const struct association *association, const struct resource_table *table,
				      struct str label, const struct resource **ret_resource, struct err *err);

/* The label that stands for a resource in a query: the last override of it in the file, else what the template gives for it.
   The text lives in `arena` or in the spec. ERR_NOT_FOUND when there is none. */
MUST_USE bool association_label_of(const struct association *association, const struct resource_table *table,
				   const struct resource *resource, struct arena *arena, struct str *ret_label,
				   struct err *err);

#endif
