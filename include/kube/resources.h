/* SPDX-License-Identifier: Apache-2.0 */
/* resources.h - API discovery: which resources the cluster has. */
#ifndef GAUGELET_KUBE_RESOURCES_H
#define GAUGELET_KUBE_RESOURCES_H

#include "base/base.h"

struct kube_client;
struct loop;
struct resource_table;
struct resources;

/* `table` is given. Called when there is a first table, and whenever it differs from the last one. */
typedef void resources_handler(void *context, struct resource_table *table);

/* Asks at once, again every `interval_ms` (0: never), and with back-off (0.5 s to 60 s) after a failure; what was found stays.
   Aggregated discovery (/api and /apis), else the legacy documents; versions that fail are left out, said in the log, and asked
   for again with back-off (0.5 s to `interval_ms`). Order: the core group first, then the server's; in a group the preferred version first. */
struct resources *resources_new(struct loop *loop, struct kube_client *client, int64_t interval_ms,
				resources_handler *handler, void *context) MUST_USE;
void resources_free(struct resources *resources);
DEFINE_FREE_AT(resources)

/* Somebody asked for a resource that is not in the table: asks again, at most once in 10 s. */
void resources_hint(struct resources *resources);

#endif
