/* SPDX-License-Identifier: Apache-2.0 */
/* gke_name.h - the metric names of GKE's Stackdriver adapter: prometheus.googleapis.com|METRIC|SUFFIX for a
   series of Prometheus, kubernetes.io|... for one of GKE's own. */
#ifndef GAUGELET_MODEL_GKE_NAME_H
#define GAUGELET_MODEL_GKE_NAME_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

enum gke_kind {
	GKE_GAUGE,     /* samples as they are */
	GKE_COUNTER,   /* their rate a second */
	GKE_HISTOGRAM, /* a percentile, or the mean */
	GKE_SUMMARY,   /* one of its quantiles */
};

struct gke_name {
	enum gke_kind kind;
	bool system;	   /* GKE's own: its labels are others, and it is an external metric only */
	struct str series; /* of a histogram without _bucket, _sum, _count */
};

/* Does it look like one? The prefix counts, in any case of letters. */
bool gke_name_is(struct str text);

/* ERR_NOT_FOUND: it looks like one, and is none that we can know. Texts are lent from `text`, or live in `arena`. */
MUST_USE bool gke_name_parse(struct str text, struct arena *arena, struct gke_name *ret_name, struct err *err);

#endif
