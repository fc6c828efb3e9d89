/* SPDX-License-Identifier: Apache-2.0 */
/* cluster.h - what the daemon has of a Kubernetes cluster: clients, resources, objects, who may ask. */
#ifndef GAUGELET_DAEMON_CLUSTER_H
#define GAUGELET_DAEMON_CLUSTER_H

#include "base/base.h"
#include "base/err.h"
#include "kube/resources.h"

struct auth;
struct cluster;
struct loop;
struct objects;
struct options;

/* Starts to look; nothing is waited for. `on_resources` as resources_new has it. ERR_INVALID and ERR_IO name the flag. */
struct cluster *cluster_new(struct loop *loop, const struct options *options, resources_handler *on_resources,
			    void *context, struct err *err) MUST_USE;
void cluster_free(struct cluster *cluster); /* NULL is fine */
DEFINE_FREE_AT(cluster)

/* Lent. */
struct auth *cluster_auth(const struct cluster *cluster);
struct objects *cluster_objects(const struct cluster *cluster);
struct resources *cluster_resources(const struct cluster *cluster);

#endif
