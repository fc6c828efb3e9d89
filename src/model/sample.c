/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sample.h"

#include <stdlib.h>

struct samples *samples_new(void)
{
	struct samples *samples = xnew(struct samples);

	samples->arena = arena_new(SAMPLES_BYTES_MAX);
	return samples;
}

void samples_free(struct samples *samples)
{
	if (samples == NULL)
		return;
	vec_clear(&samples->list);
	arena_free(samples->arena);
	free(samples);
}

size_t samples_bytes(const struct samples *samples)
{
	return sizeof(*samples) + arena_bytes(samples->arena) + samples->list.cap * sizeof(*samples->list.items);
}

struct str sample_label(const struct sample *sample, struct str name)
{
	for (size_t i = 0; i < sample->label_count; i++)
		if (str_eq(sample->labels[i].name, name))
			return sample->labels[i].value;
	return STR("");
}

bool sample_denies(const struct sample *sample, struct str name, struct str value)
{
	struct str own = sample_label(sample, name);

	return own.len && !str_eq(own, value);
}
