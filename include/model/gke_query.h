/* SPDX-License-Identifier: Apache-2.0 */
/* gke_query.h - what GKE's adapter would do with a metric and a selector on it, as a rule's metricsQuery and a selector on the
   labels of Prometheus. */
#ifndef GAUGELET_MODEL_GKE_QUERY_H
#define GAUGELET_MODEL_GKE_QUERY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "text/selector.h"

struct gke_name;

struct gke_query {
	struct str text;	  /* a metricsQuery: what the user chose is in the fields it is run with, never in it */
	struct str series;	  /* its .Series */
	struct str listed;	  /* the series that has the names of the objects */
	struct selector selector; /* for struct query: values of In and NotIn are quoted for a regular expression */
};

/* ERR_INVALID: in the words of GKE's adapter, where it refuses, too. ERR_NOT_FOUND: nothing can fit the selector. */
MUST_USE bool gke_query_make(const struct gke_name *name, const struct selector *selector, bool external,
			     struct arena *arena, struct gke_query *ret_query, struct err *err);

/* Appends a label of a sample as GKE's adapter calls it: metric.labels.X, resource.labels.X, resource.type. False when it has no
   such label: the metric's own name. */
bool gke_label_write(struct buf *out, bool system, struct str label);

#endif
