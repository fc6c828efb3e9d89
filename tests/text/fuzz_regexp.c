/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says how long the pattern is; the rest is text, and the template of the expansion too. What the gate lets
   through, PCRE2 takes, unless it is too large. */
#include <stdlib.h>

#include "text/regexp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str exact_copy(const uint8_t *data, size_t size)
{
	char *copy = xcalloc(size, 1);

	if (size)
		memcpy(copy, data, size);
	return (struct str){copy, size};
}

static void use(const struct regexp *regexp, struct str text)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(1 << 20);
	struct str group;
	struct err err;
	bool searched = false;
	bool found = false;

	if (!regexp_search(regexp, text, &searched, &err)) {
		CHECK(err.code == ERR_LIMIT);
		return;
	}
	if (regexp_expand(regexp, text, text, &found, &out, &err))
		CHECK(found == searched && (found || out.len == 0));
	if (regexp_group(regexp, text, "n", &found, &group, &err) && group.ptr && text.len)
		CHECK(group.ptr >= text.ptr && group.ptr + group.len <= text.ptr + text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t pattern_size = size ? data[0] : 0;
	CLEANUP(regexp_free_at) struct regexp *regexp = NULL;
	struct str pattern;
	struct str text;
	struct err err = {0};

	if (size == 0)
		return 0;
	pattern_size = pattern_size < size - 1 ? pattern_size : size - 1;
	pattern = exact_copy(data + 1, pattern_size);
	text = exact_copy(data + 1 + pattern_size, size - 1 - pattern_size);
	if (regexp_parse(pattern, &regexp, &err))
		use(regexp, text);
	else
		CHECK((err.code == ERR_INVALID || strstr(err.msg, "too large")) && str_is_utf8(str_of(err.msg)));
	free((void *)(uintptr_t)pattern.ptr);
	free((void *)(uintptr_t)text.ptr);
	return 0;
}
