/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - asks Prometheus again and again which metrics it has. The last good answer stays while others fail. */
#ifndef GAUGELET_PROM_NAMES_H
#define GAUGELET_PROM_NAMES_H

#include "base/base.h"

struct loop;
struct metric_names;
struct names;
struct prom;

struct names_options {
	int64_t relist_ms;  /* from the end of a request to the next one */
	int64_t max_age_ms; /* how far back a series counts */
};

/* Starts at once. */
struct names *names_new(struct loop *loop, struct prom *prom, const struct names_options *options) MUST_USE;
void names_free(struct names *names); /* NULL is fine */
DEFINE_FREE_AT(names)

/* NULL while nothing is known. Lent, good until the next turn of the loop. */
const struct metric_names *names_known(const struct names *names);

#endif
