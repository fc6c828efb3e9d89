/* SPDX-License-Identifier: Apache-2.0 */
/* failover.h - the upstreams in the order in which they are preferred, and which is asked next. */
#ifndef GAUGELET_PROM_FAILOVER_H
#define GAUGELET_PROM_FAILOVER_H

#include "upstream.h"

struct failover { /* zeroed at first */
	struct credentials credentials;
	struct upstream **items;
	size_t count;
	struct prom_stats stats;
};

/* ERR_INVALID names the flag; clear it also then. */
MUST_USE bool failover_init(struct failover *failover, struct loop *loop, const struct prom_options *options,
			    struct err *err);
void failover_clear(struct failover *failover);

/* The most preferred one that may be asked now and is not in `tried`, the bits of some; NULL: none. */
struct upstream *failover_next(const struct failover *failover, uint32_t tried, int64_t now_ms);

/* How long one is waited for while there is another to ask: half of what is left, and no longer than it takes to see that it hangs. */
int64_t failover_share_ms(int64_t left_ms);

/* How long none may be asked; 0: one may. */
int64_t failover_wait_ms(const struct failover *failover, int64_t now_ms);

/* None may be asked: the reason is that of the last failure. */
void failover_refuse(const struct failover *failover, enum prom_path path, int64_t now_ms,
		     struct upstream_error *ret_error);

const struct prom_stats *failover_stats(const struct failover *failover, int64_t now_ms);

#endif
