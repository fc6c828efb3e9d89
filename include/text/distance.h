/* SPDX-License-Identifier: Apache-2.0 */
/* distance.h - how far two words are from each other, to name the one that was meant. */
#ifndef GAUGELET_TEXT_DISTANCE_H
#define GAUGELET_TEXT_DISTANCE_H

#include "base/str.h"

enum { DISTANCE_BYTES_MAX = 64 }; /* what is longer is cut */

/* Levenshtein's: how many bytes to put in, take out or change. */
size_t distance(struct str a, struct str b);

#endif
