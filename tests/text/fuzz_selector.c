/* SPDX-License-Identifier: Apache-2.0 */
/* What parses is written canonically, parses again, and is then the same. */
#include <stdlib.h>

#include "selector_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str no_label(const void *object, struct str key)
{
	return key.len % 2 ? (struct str){NULL, 0} : (struct str){object, 1};
}

static void write_again(struct str text, struct str want)
{
	struct arena *arena = arena_new(1 << 22);
	CLEANUP(buf_clear) struct buf out = {0};
	struct selector selector;
	struct err err;

	CHECK(selector_parse(text, arena, &selector, &err));
	write_selector(&out, &selector);
	CHECK(str_eq(buf_str(&out), want));
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf out = {0};
	struct selector selector;
	struct err err = {0};

	if (copy == NULL)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (selector_parse((struct str){copy, size}, arena, &selector, &err)) {
		selector_matches(&selector, no_label, "7");
		write_selector(&out, &selector);
		write_again(buf_str(&out), buf_str(&out));
	} else {
		CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
	}
	arena_free(arena);
	free(copy);
	return 0;
}
