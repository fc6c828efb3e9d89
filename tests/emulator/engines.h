/* SPDX-License-Identifier: Apache-2.0 */
/* engines.h - what each inference engine, and what stands around it, shows on its /metrics: names, types, labels and
 * buckets, as tables. */
#ifndef EMULATOR_ENGINES_H
#define EMULATOR_ENGINES_H

#include <stdbool.h>
#include <stddef.h>

enum kind { KIND_GAUGE, KIND_COUNTER, KIND_HISTOGRAM };

/* Which number of a pod a family shows. */
enum source {
	SOURCE_ZERO,
	SOURCE_ONE,
	/* the load, as it was set */
	SOURCE_WAITING,
	SOURCE_RUNNING,
	SOURCE_INFLIGHT, /* waiting and running: a frontend counts a request from its arrival to its end */
	SOURCE_CACHE,
	SOURCE_HITS,
	SOURCE_CACHE_PERCENT,
	SOURCE_HITS_PERCENT,
	SOURCE_PODS,
	SOURCE_MEMORY,
	SOURCE_NODE_MEMORY, /* with what the node itself takes */
	/* what follows from the load */
	SOURCE_USED_TOKENS,
	SOURCE_FREE_TOKENS,
	SOURCE_POOL_TOKENS,
	SOURCE_PROMPT_TOKENS_PER_SECOND,
	SOURCE_OUTPUT_TOKENS_PER_SECOND,
	/* sums over the time that has passed */
	SOURCE_CPU_SECONDS,
	SOURCE_NODE_CPU_SECONDS,
	SOURCE_QUEUE_MICROSECONDS,
	SOURCE_REQUESTS,
	SOURCE_REQUESTS_STOP,
	SOURCE_REQUESTS_LENGTH,
	SOURCE_PROMPT_TOKENS,
	SOURCE_CACHED_TOKENS,
	SOURCE_OUTPUT_TOKENS,
	/* observed once a finished request, or once a token after the first */
	SOURCE_OBSERVED_TTFT,
	SOURCE_OBSERVED_TTFT_MS,
	SOURCE_OBSERVED_ITL,
	SOURCE_OBSERVED_TPOT,
	SOURCE_OBSERVED_E2E,
	SOURCE_OBSERVED_QUEUE,
	SOURCE_OBSERVED_PREFILL,
	SOURCE_OBSERVED_DECODE,
	SOURCE_OBSERVED_INFERENCE,
	SOURCE_OBSERVED_PROMPT,
	SOURCE_OBSERVED_OUTPUT,
	SOURCE_OBSERVED_ONE,
};

struct buckets {
	const double *bounds; /* without +Inf */
	size_t count;
};

struct family {
	const char *name; /* several rows with one name are one family; the help stands in the first */
	const char *help;
	enum kind kind;
	enum source source;
	const char *label; /* more labels, as they stand between the braces, or NULL; `*` stands for the pod's name */
	const struct buckets *buckets;
};

struct engine {
	const char *name;
	const char *labels_before,
		*labels_after; /* `*` as above; `le` and a family's own label stand between, as the client sorts them */
	bool le_last;
	bool python_numbers; /* 11.0 and 1e+06 where others write 11 and 1000000 */
	const struct family *families;
	size_t count;
};

#define KV_TOKENS   131072     /* the size of an emulated key-value cache */
#define NODE_CPU    0.5	       /* cores that a node takes for itself */
#define NODE_MEMORY 2147483648 /* bytes */

/* NULL: there is no such engine. */
const struct engine *engine_find(const char *name);

/* "vllm, vllm-old, ...", for messages. */
const char *engine_names(void);

#endif
