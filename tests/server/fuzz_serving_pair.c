/* SPDX-License-Identifier: Apache-2.0 */
/* A chain and its key in PEM, one behind the other with a line of `==` between them. */
#include "../../src/server/serving_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str line = STR_INIT("\n==\n");
	CLEANUP(buf_clear) struct buf chain = {0};
	CLEANUP(buf_clear) struct buf key = {0};
	struct str text = {(const char *)data, size};
	struct serving_pair *pair;
	struct err err = {0};
	size_t at = 0;

	while (at < size && !str_starts(str_slice(text, at, size), line))
		at++;
	buf_put(&chain, str_slice(text, 0, at));
	buf_put(&key, str_slice(text, at + line.len, size));
	pair = serving_pair_parse(&chain, &key, "tls.crt", "tls.key", &err);
	if (pair == NULL)
		CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
	else
		CHECK(serving_pair_lend(pair).chain_length > 0 && serving_pair_eq(pair, pair));
	if (pair)
		(void)serving_pair_has(pair, text, true);
	serving_pair_unref(pair);
	return 0;
}
