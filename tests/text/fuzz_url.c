/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_url.c - decoders, query and URL parser; what is encoded must decode to the same bytes. */
#include <stdlib.h>

#include "text/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_and_decode(struct str text)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct buf encoded = {0};
	struct url_query query = {0};
	struct err err = {0};

	buf_puts(&encoded, "k=");
	url_encode_form(&encoded, text);
	CHECK(url_parse_query(buf_str(&encoded), arena, &query, &err));
	CHECK(query.count == 1 && str_eq(query.pairs[0].value, text));
	buf_clear(&encoded);
}

static void parse(struct str text, struct arena *arena)
{
	struct url_query query = {0};
	struct url url = {0};
	struct str value;
	struct err err = {0}, fresh = {0};

	if (url_parse_query(text, arena, &query, &err) && query.count > 0 &&
	    !url_query_get(&query, query.pairs[query.count - 1].key, &value))
		abort();
	if (url_parse(text, arena, &url, &fresh) && (url.host.len == 0 || url.port == 0 || fresh.code != ERR_NONE))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct str text = {copy, size};
	struct buf out = BUF_MAX(64);
	struct arena *arena = arena_new(4096);
	struct err err = {0};

	if (copy == NULL)
		abort();
	if (size)
		memcpy(copy, data, size);
	encode_and_decode(text);
	if (url_decode_path(text, &out, &err) && out.len > 64)
		abort();
	parse(text, arena);
	arena_free(arena);
	buf_clear(&out);
	free(copy);
	return 0;
}
