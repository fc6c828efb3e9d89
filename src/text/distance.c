/* SPDX-License-Identifier: Apache-2.0 */
#include "text/distance.h"

size_t distance(struct str a, struct str b)
{
	size_t row[DISTANCE_BYTES_MAX + 1];

	a = str_slice(a, 0, DISTANCE_BYTES_MAX);
	b = str_slice(b, 0, DISTANCE_BYTES_MAX);
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = i;

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t change = diagonal + (a.ptr[i] != b.ptr[j]);
			size_t other = 1 + (row[j] < row[j + 1] ? row[j] : row[j + 1]);

			diagonal = row[j + 1];
			row[j + 1] = change < other ? change : other;
		}
	}
	return row[b.len];
}
