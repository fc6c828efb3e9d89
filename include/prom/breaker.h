/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.h - a circuit breaker. After failures in a row it is open: one request now and then finds out whether the neighbour answers
   again. It also backs off for as long as the neighbour asks (Retry-After). Pure: the clock is passed in. */
#ifndef GAUGELET_PROM_BREAKER_H
#define GAUGELET_PROM_BREAKER_H

#include "base/base.h"

enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_OPEN,	     /* nobody may ask */
	BREAKER_HALF_OPEN,   /* open, and the next one may ask */
	BREAKER_BACKING_OFF, /* it asked for a pause (Retry-After) */
};

struct breaker {	     /* zeroed at first: closed */
	unsigned failures;   /* in a row */
	int64_t delay_ms;    /* between requests while open; 0: closed */
	int64_t probe_ms;    /* when open: the time of the next one */
	int64_t back_off_ms; /* no request before */
	uint64_t times_opened;
};

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);

/* How long nobody may ask; 0: it may be asked now. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

/* Somebody asks. While open, the next one may only after a wait, which doubles each time up to 5 s. It does not wait for
   the answer: a request that hangs must not keep the others away once the neighbour is back. */
void breaker_asked(struct breaker *breaker, int64_t now_ms);

/* There was no answer. True: that has opened it. */
bool breaker_failed(struct breaker *breaker, int64_t now_ms);

/* It answered, whatever it said. True: that has closed it. */
bool breaker_answered(struct breaker *breaker);

/* It asked not to be asked for so long; 60 s at most are granted. */
void breaker_back_off(struct breaker *breaker, int64_t now_ms, int64_t wait_ms);

#endif
