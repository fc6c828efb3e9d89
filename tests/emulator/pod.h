/* SPDX-License-Identifier: Apache-2.0 */
/* pod.h - one emulated pod: the load it was told, what follows from it as time passes, and its /metrics. */
#ifndef EMULATOR_POD_H
#define EMULATOR_POD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engines.h"

enum fault {
	FAULT_NONE,
	FAULT_NAN,    /* the gauges of the load are NaN */
	FAULT_ABSENT, /* none of the engine's metrics, as before the model is loaded */
	FAULT_500,
	FAULT_HANG, /* no answer, until the fault is another */
};

struct load {
	double waiting, running; /* requests */
	double cache, hits;	 /* 0 to 1 */
	double ttft, queue, itl; /* seconds; the time to the first token holds the time in the queue */
	double prompt, output;	 /* tokens a request */
	double cpu, memory;	 /* cores, bytes; beside the requests, which take none */
	double pods;		 /* that are ready, of an endpoint picker's pool */
	enum fault fault;
};

/* One setting by its name in /load. False: `why` (of `size` bytes) says why not. */
bool load_set(struct load *load, const char *key, const char *value, char *why, size_t size);

/* Whether the settings fit together. */
bool load_check(const struct load *load, char *why, size_t size);

struct histogram {
	uint64_t *counts; /* one a bucket, not cumulative; the last is +Inf */
	uint64_t count;
	double sum;
};

struct pod {
	const char *name;
	const struct engine *engine;
	struct load load;
	double seconds;	   /* the emulated time so far */
	double unfinished; /* the part of a request that the time so far has left over */
	uint64_t requests;
	double prompt_tokens, cached_tokens, output_tokens;
	double cpu_seconds, queue_seconds;
	struct histogram *histograms; /* one a row of the engine's table */
};

bool pod_init(struct pod *pod, const char *name, const struct engine *engine);
void pod_clear(struct pod *pod);

/* Lets the load run for so many seconds: requests end, tokens come, histograms observe. */
void pod_advance(struct pod *pod, double seconds);

void pod_write_metrics(const struct pod *pod, FILE *out);
void pod_write_load(const struct pod *pod, FILE *out);

#endif
