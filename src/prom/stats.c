/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/stats.h"

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

const char *prom_fault_name(enum prom_fault fault)
{
	static const char *const NAMES[PROM_FAULT_COUNT] = {
		[PROM_OK] = "ok",
		[PROM_REFUSED] = "refused",
		[PROM_UNRESOLVED] = "unresolved",
		[PROM_TIMEOUT] = "timeout",
		[PROM_TLS] = "tls",
		[PROM_STATUS] = "status",
		[PROM_NOT_JSON] = "not_json",
		[PROM_CUT] = "cut",
		[PROM_TOO_BIG] = "too_big",
		[PROM_PARTIAL] = "partial",
		[PROM_IDENTITY] = "identity",
		[PROM_MALFORMED] = "malformed",
		[PROM_OTHER] = "other",
	};

	CHECK((unsigned)fault < PROM_FAULT_COUNT && NAMES[fault]);
	return NAMES[fault];
}

void prom_path_count(struct prom_path_stats *stats, const struct prom_problem *problem, int status, int64_t elapsed_ms,
		     unsigned retries)
{
	unsigned class = status >= 100 && status < 600 ? (unsigned)status / 100 : 0;

	if (problem->fault == PROM_OK || problem->fault == PROM_STATUS)
		stats->classes[class]++;
	else
		stats->faults[problem->fault]++;
	histogram_observe(&stats->seconds, (double)elapsed_ms / 1000);
	stats->retries += retries;
}
