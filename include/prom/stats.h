/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - what the client of Prometheus has counted since its start. */
#ifndef GAUGELET_PROM_STATS_H
#define GAUGELET_PROM_STATS_H

#include "base/histogram.h"
#include "base/str.h"
#include "model/upstream_error.h"
#include "prom/breaker.h"

struct prom;

enum prom_path { PROM_PATH_QUERY, PROM_PATH_SERIES, PROM_PATH_NAMES, PROM_PATH_COUNT };
enum { PROM_CLASS_COUNT = 6 };

/* Each request that was sent and not cancelled counts once: by its status when that is what it came to, else by its fault. */
struct prom_path_stats {
	uint64_t classes[PROM_CLASS_COUNT];    /* by the status' first digit; UPSTREAM_OK and UPSTREAM_STATUS */
	uint64_t faults[UPSTREAM_FAULT_COUNT]; /* by enum upstream_fault; all the others */
	struct histogram seconds;
	uint64_t retries;   /* sent again: after a dead connection, or by GET where POST is not taken */
	uint64_t not_asked; /* answered at once, while open or backing off */
};

struct prom_upstream_stats {
	struct str authority; /* HOST:PORT */
	struct str url;	      /* as it was given, cleaned, without credentials and parameters */
	struct prom_path_stats paths[PROM_PATH_COUNT];
	enum breaker_state breaker;
	uint64_t times_opened;
	bool has_clock;	  /* its last answer had a Date */
	int64_t ahead_ms; /* how far its clock is ahead of ours; below 0: behind */
};

struct prom_stats {
	struct prom_upstream_stats *upstreams; /* the preferred one first */
	size_t count;
	uint64_t fail_overs; /* requests that went on to another upstream */
};

/* As they are now; lent, as long as the client lives. */
const struct prom_stats *prom_stats(const struct prom *prom);

size_t prom_reading_bytes(const struct prom *prom); /* of samples, at the moment */

const char *prom_path_name(enum prom_path path);	/* "query": as it stands behind /api/v1/ */
const char *prom_fault_name(enum upstream_fault fault); /* "refused" */

/* Counts an answer. */
void prom_path_count(struct prom_path_stats *stats, const struct upstream_error *problem, int status,
		     int64_t elapsed_ms, unsigned retries);

#endif
