/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_quantity.c - eight bytes as a double: what is written must read back as the same number of milli. */
#include <stdio.h>
#include <stdlib.h>

#include "text/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static __int128_t suffix_factor(const char *suffix)
{
	static const char *const decimal[] = {"m", "", "k", "M", "G", "T", "P"};
	static const char *const binary[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
	__int128_t factor = 1;

	for (size_t i = 0; i < COUNT_OF(decimal); i++, factor *= 1000)
		if (strcmp(suffix, decimal[i]) == 0)
			return factor;
	factor = 1000;
	for (size_t i = 0; i < COUNT_OF(binary); i++, factor *= 1024)
		if (strcmp(suffix, binary[i]) == 0)
			return factor;
	abort();
}

static void read_back(struct buf *text, int64_t milli)
{
	char *end;
	long long number = strtoll(buf_cstr(text), &end, 10);

	if (text->len == 0 || text->len > 24 || number * suffix_factor(end) != milli)
		abort();
	buf_reset(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	double value;
	int64_t milli;

	if (size != sizeof(value))
		return 0;
	memcpy(&milli, data, sizeof(milli));
	quantity_write_decimal(&text, milli);
	read_back(&text, milli);
	memcpy(&value, data, sizeof(value));
	if (quantity_milli(value, &milli)) {
		quantity_write_decimal(&text, milli);
		read_back(&text, milli);
		quantity_write_binary(&text, milli);
		read_back(&text, milli);
	}
	buf_clear(&text);
	return 0;
}
