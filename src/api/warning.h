/* SPDX-License-Identifier: Apache-2.0 */
/* warning.h - 200 with a word: numbers that are right, and that somebody may take for more than they are. */
#ifndef GAUGELET_API_WARNING_H
#define GAUGELET_API_WARNING_H

#include "api_in.h"

/* Which of the objects asked for have no number, and why. */
void warning_of_left_out(struct api_plan *plan, const struct number *numbers, const struct tally *tally);

/* Several items of an external metric: the HPA adds them up. */
void warning_of_items(struct api_plan *plan, const struct samples *samples, const struct number *numbers);

#endif
