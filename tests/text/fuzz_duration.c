/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_duration.c - both duration parsers; what Go's form accepts must come back from its own writing. */
#include <stdlib.h>

#include "text/duration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read_back(int64_t ns)
{
	struct buf text = {0};
	struct err err = {0};
	int64_t again;

	duration_write_go(&text, ns);
	if (!duration_parse_go(buf_str(&text), &again, &err) || again != ns)
		abort();
	buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct err err = {0};
	struct str text = {copy, size};
	int64_t duration = 0;

	if (copy == NULL)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (duration_parse_go(text, &duration, &err))
		write_and_read_back(duration);
	if (duration_parse_prometheus(text, &duration, &err) && duration < 0)
		abort();
	if (size == sizeof(duration)) {
		memcpy(&duration, data, sizeof(duration));
		write_and_read_back(duration);
	}
	free(copy);
	return 0;
}
