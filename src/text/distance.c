/* SPDX-License-Identifier: Apache-2.0 */
#include "text/distance.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t distance_between(struct str a, struct str b, char (*folded)(char c), size_t most)
{
	size_t row[DISTANCE_BYTES_MAX + 1]; /* of the table, of which each row needs but the one before */

	if (a.len > DISTANCE_BYTES_MAX || b.len > DISTANCE_BYTES_MAX ||
	    (a.len > b.len ? a.len - b.len : b.len - a.len) > most)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t changed = diagonal + (folded(a.ptr[i - 1]) != folded(b.ptr[j - 1]));

			diagonal = row[j];
			row[j] = smaller(changed, 1 + smaller(row[j], row[j - 1]));
		}
	}
	return row[b.len];
}
