/* SPDX-License-Identifier: Apache-2.0 */
/* scope.h - a project of Google holds the series of all its clusters: a query is made to read those of one. */
#ifndef GAUGELET_PROM_SCOPE_H
#define GAUGELET_PROM_SCOPE_H

#include "base/buf.h"
#include "base/err.h"
#include "prom/google.h"

/* Appends `promql` with the place in each of its selectors, but in those that name a project, location or cluster themselves. Cloud
   Monitoring's own metrics call the cluster cluster_name, or stand in none. ERR_INVALID: it cannot be read, so that a selector could
   be overlooked. */
MUST_USE bool scope_write(const struct google_place *place, struct str promql, struct buf *out, struct err *err);

#endif
