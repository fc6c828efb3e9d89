/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.h - whether a neighbour may be asked at the moment. After failures in a row it is left alone but for one question
   now and then, until it answers; and it is left alone for as long as it asked to be. Pure: the clock is passed in. */
#ifndef GAUGELET_PROM_BREAKER_H
#define GAUGELET_PROM_BREAKER_H

#include "base/base.h"

enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_OPEN,	   /* nobody may ask */
	BREAKER_HALF_OPEN, /* open, and the next one may ask */
	BREAKER_HELD,	   /* it asked to be left alone (Retry-After) */
};

struct breaker {	   /* zeroed at first: closed */
	unsigned failures; /* in a row */
	int64_t delay_ms;  /* between questions while open; 0: closed */
	int64_t probe_ms;  /* when open: the time of the next one */
	int64_t held_ms;   /* no question before */
	uint64_t times_opened;
};

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);

/* How long nobody may ask; 0: it may be asked now. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

/* Somebody asks. While open, the next one may only after a wait, which doubles each time up to 5 s. It does not wait for
   the answer: a question that hangs must not keep the others away once the neighbour is back. */
void breaker_asked(struct breaker *breaker, int64_t now_ms);

/* There was no answer. True: that has opened it. */
bool breaker_failed(struct breaker *breaker, int64_t now_ms);

/* It answered, whatever it said. True: that has closed it. */
bool breaker_answered(struct breaker *breaker);

/* It asked not to be asked for so long; 60 s at most are granted. */
void breaker_hold(struct breaker *breaker, int64_t now_ms, int64_t wait_ms);

#endif
