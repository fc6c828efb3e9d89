/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h - what an instant query answered. */
#ifndef GAUGELET_MODEL_SAMPLE_H
#define GAUGELET_MODEL_SAMPLE_H

#include "base/base.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

struct label {
	struct str name, value;
};

struct sample {
	const struct label *labels; /* as they came */
	size_t label_count;
	double value;
	int64_t time_ms; /* since 1970 */
};

enum samples_type { SAMPLES_VECTOR, SAMPLES_SCALAR, SAMPLES_MATRIX, SAMPLES_STRING };

enum { SAMPLES_BYTES_MAX = 32 << 20 };

struct samples {
	struct arena *arena;	/* holds all texts and labels; bounded by SAMPLES_BYTES_MAX */
	size_t source;		/* which of several Prometheus gave them; the first is 0 */
	enum samples_type type; /* the list is empty for MATRIX and STRING */
	struct {
		VEC_OF(struct sample);
	} list;
	size_t malformed; /* samples left out because they were none: no value, no number, no label texts, a histogram */
	struct str
		warning; /* the first that says data is missing; empty: none. Only --allow-partial lets one through */
};

struct samples *samples_new(void) MUST_USE;
void samples_free(struct samples *samples);
DEFINE_FREE_AT(samples)

size_t samples_bytes(const struct samples *samples); /* what they take in memory */

/* The value of a label; the empty text when the sample does not have it, as in Prometheus. */
struct str sample_label(const struct sample *sample, struct str name);

/* Does the sample say that its label has another value? One that lacks the label says nothing. */
bool sample_denies(const struct sample *sample, struct str name, struct str value);

#endif
