/* SPDX-License-Identifier: Apache-2.0 */
/* distance.h - how far a name that was misspelt is from one that there is. */
#ifndef GAUGELET_TEXT_DISTANCE_H
#define GAUGELET_TEXT_DISTANCE_H

#include "base/str.h"

enum { DISTANCE_BYTES_MAX = 128 }; /* who reads longer names sees the nearest one without help */

/* How many bytes to put in, take out or change (Levenshtein). Bytes are equal that `folded` makes equal. As far as `most`;
   beyond that, and for names over DISTANCE_BYTES_MAX, any larger number. */
size_t distance_between(struct str a, struct str b, char (*folded)(char c), size_t most);

#endif
