/* SPDX-License-Identifier: Apache-2.0 */
/* reason_found.h - what an investigation found, as a reason. False: nothing that says more than before. */
#ifndef GAUGELET_API_REASON_FOUND_H
#define GAUGELET_API_REASON_FOUND_H

#include "investigation.h"

enum { FOUND_NEAR_MAX = 8 };

struct found_names {
	bool exact, ended;
	struct str near[FOUND_NEAR_MAX];
	size_t near_count;
};

bool reason_of_names(struct reason *reason, const struct api_plan *plan, const struct found_names *found);
void reason_of_drop(struct reason *reason, const struct api_plan *plan);
void reason_of_range(struct reason *reason, const struct api_plan *plan, double spacing_s); /* 0: not known */
void reason_of_sides(struct reason *reason, const struct api_plan *plan, const struct samples *samples);
bool reason_of_part(struct reason *reason, const struct api_plan *plan);

#endif
