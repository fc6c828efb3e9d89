/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - a request that was sent to one upstream, and its answer, which is read as it comes. */
#ifndef GAUGELET_PROM_TRANSFER_H
#define GAUGELET_PROM_TRANSFER_H

#include "base/buf.h"
#include "model/upstream_error.h"
#include "reader.h"
#include "request.h"

struct http_call;

/* Of bytes of samples that are being read, by all transfers together. */
struct prom_budget {
	size_t max, used; /* max 0: any */
};

struct prom_transfer { /* zeroed at first, but for the first seven */
	struct prom_verbs verbs;
	bool allow_partial; /* answers whose warnings say that data is missing are taken, and logged */
	struct prom_budget *budget;
	size_t bytes_max;	   /* of an answer; 0: any */
	int64_t max_clock_skew_ms; /* 0: any */
	/* Once, unless cancelled. `error` is UPSTREAM_OK when there is a result, which is given. */
	void (*on_done)(struct prom_transfer *transfer, const struct reader_result *result,
			const struct upstream_error *error);
	void *context;
	/* what was sent */
	struct upstream *upstream;
	bool posted;
	uint64_t signed_with; /* which secrets */
	/* its own */
	struct http_call *http; /* NULL: none is under way */
	struct reader reader;
	struct buf begin; /* of the answer */
	size_t reserved;  /* of the budget */
	bool overloaded;  /* it ended for want of the budget */
	struct err reading;
};

/* None is under way. */
void prom_transfer_start(struct prom_transfer *transfer, const struct prom_request *request, struct upstream *upstream,
			 int64_t deadline_ms);
void prom_transfer_clear(struct prom_transfer *transfer); /* cancels it */

#endif
