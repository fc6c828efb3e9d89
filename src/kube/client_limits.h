/* SPDX-License-Identifier: Apache-2.0 */
/* client_limits.h - whose turn it is, and what belongs to a call. */
#ifndef GAUGELET_KUBE_CLIENT_LIMITS_H
#define GAUGELET_KUBE_CLIENT_LIMITS_H

#include "kube/client.h"

/* ---- client_limits: a bucket of `burst` tokens that fills with `qps` a second. A request that finds it empty takes its token
   in advance and waits until it is there; so requests go in their order. */
struct client_limits {
	double qps, burst, tokens; /* tokens below 0 are taken in advance */
	int64_t at_ms;		   /* as of when */
};

void client_limits_init(struct client_limits *limits, double qps, unsigned burst, int64_t now_ms);

/* After how many milliseconds it may go; -1: not within max_wait_ms (0: any time is fine), and nothing is taken. */
int64_t client_limits_take(struct client_limits *limits, int64_t now_ms, int64_t max_wait_ms);
void client_limits_give_back(struct client_limits *limits); /* it will not go after all */

/* ---- `memory` is freed with the call, whether it ends or is cancelled. */
void kube_call_keep(struct kube_call *call, void *memory);

#endif
