/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/stats.h"
#include "model/upstream_error.h"

const char *prom_path_name(enum prom_path path)
{
	static const char *const NAMES[PROM_PATH_COUNT] = {
		[PROM_PATH_QUERY] = "query",
		[PROM_PATH_SERIES] = "series",
		[PROM_PATH_NAMES] = "label/__name__/values",
	};

	CHECK((unsigned)path < PROM_PATH_COUNT);
	return NAMES[path];
}

const char *prom_fault_name(enum upstream_fault fault)
{
	static const char *const NAMES[UPSTREAM_FAULT_COUNT] = {
		[UPSTREAM_OK] = "ok",
		[UPSTREAM_REFUSED] = "refused",
		[UPSTREAM_UNRESOLVED] = "unresolved",
		[UPSTREAM_TIMEOUT] = "timeout",
		[UPSTREAM_TLS] = "tls",
		[UPSTREAM_STATUS] = "status",
		[UPSTREAM_NOT_JSON] = "not_json",
		[UPSTREAM_CUT] = "cut",
		[UPSTREAM_TOO_BIG] = "too_big",
		[UPSTREAM_PARTIAL] = "partial",
		[UPSTREAM_IDENTITY] = "identity",
		[UPSTREAM_MALFORMED] = "malformed",
		[UPSTREAM_CLOCK] = "clock",
		[UPSTREAM_OVERLOAD] = "overload",
		[UPSTREAM_REDIRECT] = "redirect",
		[UPSTREAM_OTHER] = "other",
	};

	CHECK((unsigned)fault < UPSTREAM_FAULT_COUNT && NAMES[fault]);
	return NAMES[fault];
}

void prom_path_count(struct prom_path_stats *stats, const struct upstream_error *problem, int status,
		     int64_t elapsed_ms, unsigned retries)
{
	unsigned class = status >= 100 && status < 600 ? (unsigned)status / 100 : 0;

	if (problem->fault == UPSTREAM_OK || problem->fault == UPSTREAM_STATUS)
		stats->classes[class]++;
	else
		stats->faults[problem->fault]++;
	histogram_observe(&stats->seconds, (double)elapsed_ms / 1000);
	stats->retries += retries;
}
