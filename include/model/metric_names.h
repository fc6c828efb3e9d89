/* SPDX-License-Identifier: Apache-2.0 */
/* metric_names.h - the names of the metrics that Prometheus has, found again when somebody has lost the case of their letters, as
   the HPA does with external metrics. */
#ifndef GAUGELET_MODEL_METRIC_NAMES_H
#define GAUGELET_MODEL_METRIC_NAMES_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct metric_names;

/* `max_bytes` bounds what the set takes (ERR_LIMIT on the name that would pass it). */
struct metric_names *metric_names_new(size_t max_bytes) MUST_USE;
void metric_names_free(struct metric_names *names);
DEFINE_FREE_AT(metric_names)

MUST_USE bool metric_names_add(struct metric_names *names, struct str name, struct err *err);
size_t metric_names_bytes(const struct metric_names *names); /* that it takes */
size_t metric_names_count(const struct metric_names *names);

/* The name as it is there: the exact one, else the only one that equals it but for the case of letters. ptr NULL: none, or more
   than one, and nobody knows which is meant. */
struct str metric_names_find(const struct metric_names *names, struct str name);

#endif
