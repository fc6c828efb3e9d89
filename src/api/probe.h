/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - one query asks several things at once: each has a number, which its samples carry as a label. */
#ifndef GAUGELET_API_PROBE_H
#define GAUGELET_API_PROBE_H

#include "base/buf.h"
#include "model/sample.h"

void probe_add(struct buf *probe, size_t number, struct str text);
void probe_add_count(struct buf *probe, size_t number, struct str text);

/* SIZE_MAX: of none. */
size_t probe_part_of(const struct sample *sample);

/* Is it the label that we put there? */
bool probe_is_own(struct str label);

#endif
