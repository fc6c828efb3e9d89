/* SPDX-License-Identifier: Apache-2.0 */
/* choice_in.h - the upstreams in the order in which they are preferred, and what is known of each. */
#ifndef GAUGELET_PROM_CHOICE_IN_H
#define GAUGELET_PROM_CHOICE_IN_H

#include "prom/breaker.h"
#include "model/upstream_error.h"
#include "prom/stats.h"
#include "prom_in.h"

struct loop;

struct source {
	struct upstream *upstream;
	struct http_client *http;
	struct breaker breaker;
	struct upstream_error last; /* why it is not asked, when it is not */
	bool get_only;		    /* it has refused a POST (405) that nobody had told us to send */
	struct prom_upstream_stats *stats;
};

struct choice { /* zeroed at first */
	struct source *items;
	size_t count;
	struct prom_stats stats;
};

/* ERR_INVALID names the flag; clear it also then. */
MUST_USE bool choice_init(struct choice *choice, struct loop *loop, const struct prom_options *options,
			  struct err *err);
void choice_clear(struct choice *choice);

/* The most preferred one that may be asked now and is not in `tried`, a bit for each; NULL: none. */
struct source *choice_next(struct choice *choice, uint32_t tried, int64_t now_ms);
void choice_asked(struct choice *choice, struct source *source, uint32_t *tried, int64_t now_ms);

/* How long one is waited for while there is another to ask: half of what is left, and no longer than it takes to see that it hangs. */
int64_t choice_share_ms(int64_t left_ms);

/* How long none may be asked; 0: one may. */
int64_t choice_wait_ms(const struct choice *choice, int64_t now_ms);

/* None may be asked: the reason is that of the last failure. */
void choice_refuse(struct choice *choice, enum prom_path path, int64_t now_ms, struct upstream_error *ret_problem);

/* Whether another one may do better: this one cannot be reached, or has nothing behind it. */
bool source_is_lost(const struct upstream_error *problem);

/* What came of a question: counts it, and opens or closes the breaker. `problem` is UPSTREAM_OK when all is well. */
void source_note(struct source *source, enum prom_path path, const struct http_answer *answer,
		 const struct upstream_error *problem, int64_t now_ms);

const struct prom_stats *choice_stats(const struct choice *choice, int64_t now_ms);

#endif
