/* SPDX-License-Identifier: Apache-2.0 */
/* live_pods.h - the pods that a rule lets count. */
#ifndef GAUGELET_KUBE_LIVE_PODS_H
#define GAUGELET_KUBE_LIVE_PODS_H

#include "kube/objects.h"

struct pod_policy;

/* Is it about pods, and not about something else that has no such state? */
bool live_pods_are(const struct resource *resource);

/* As objects_select, but for the pods that do not count: *ret_left_out tells how many. `now_s` is since 1970. */
enum objects_state live_pods_select(struct objects *objects, const struct resource *resource, struct str namespace,
				    const struct selector *selector, const struct pod_policy *policy, int64_t now_s,
				    struct arena *arena, const struct str **ret_names, size_t *ret_count,
				    size_t *ret_left_out, struct err *err);

#endif
