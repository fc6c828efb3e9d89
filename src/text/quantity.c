/* SPDX-License-Identifier: Apache-2.0 */
#include "text/quantity.h"

/* Both limits are exact doubles. The lower one is left out: -2^63 is what Go makes of an overflow on amd64, and its
   readers take it for zero. NaN fails every comparison. */
#define MILLI_LIMIT 9223372036854775808.0

enum { TEXT_MAX = 24 }; /* sign, 19 digits, two letters */

bool quantity_milli(double value, int64_t *ret_milli)
{
	double product = value * 1000.0;

	if (!(product > -MILLI_LIMIT && product < MILLI_LIMIT))
		return false;
	*ret_milli = (int64_t)product;
	return true;
}

static uint64_t magnitude(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

/* Filled from the end, so that one copy brings it out. */
static void put(struct buf *out, bool negative, uint64_t digits, struct str suffix)
{
	char text[TEXT_MAX];
	size_t at = TEXT_MAX;

	while (suffix.len)
		text[--at] = suffix.ptr[--suffix.len];
	do
		text[--at] = (char)('0' + digits % 10);
	while ((digits /= 10) != 0);
	if (negative)
		text[--at] = '-';
	buf_put(out, (struct str){text + at, TEXT_MAX - at});
}

/* The canonical form has no decimal point and the greatest suffix that keeps the number whole. */
void quantity_write_decimal(struct buf *out, int64_t milli)
{
	static const struct str suffixes[] = {STR_INIT("m"), STR_INIT(""),  STR_INIT("k"), STR_INIT("M"),
					      STR_INIT("G"), STR_INIT("T"), STR_INIT("P")};
	uint64_t digits = magnitude(milli);
	size_t power = 0;

	if (digits == 0) {
		buf_putc(out, '0');
		return;
	}
	for (; digits % 1000 == 0; digits /= 1000)
		power++;
	put(out, milli < 0, digits, suffixes[power]);
}

void quantity_write_binary(struct buf *out, int64_t milli)
{
	static const struct str suffixes[] = {STR_INIT(""),   STR_INIT("Ki"), STR_INIT("Mi"),
					      STR_INIT("Gi"), STR_INIT("Ti"), STR_INIT("Pi")};
	uint64_t digits = magnitude(milli) / 1000;
	size_t power = 0;

	if (milli % 1000 != 0 || digits < 1024) {
		quantity_write_decimal(out, milli);
		return;
	}
	for (; digits % 1024 == 0; digits /= 1024)
		power++;
	put(out, milli < 0, digits, suffixes[power]);
}
