/* SPDX-License-Identifier: Apache-2.0 */
/* A client's chain against CAs: texts and certificates, taken apart at lines of `==`. Nobody is a client without a name. */
#include "../../src/server/client_ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t NOW_MS = 1800000000000;

/* Takes what stands before the next line of `==`. */
static struct str next_part(struct str *rest)
{
	static const struct str line = STR_INIT("\n==\n");
	struct str part = *rest;

	for (size_t at = 0; at + line.len <= rest->len; at++)
		if (str_starts(str_slice(*rest, at, rest->len), line)) {
			part = str_slice(*rest, 0, at);
			*rest = str_slice(*rest, at + line.len, rest->len);
			return part;
		}
	*rest = (struct str){0};
	return part;
}

static struct trust *make_trust(struct str client_ca, struct str proxy_ca)
{
	struct trust *trust = xnew(struct trust);

	trust->arena = arena_new(0);
	CHECK(arena_copy(trust->arena, client_ca, &trust->client_ca_pem));
	CHECK(arena_copy(trust->arena, proxy_ca, &trust->requestheader_ca_pem));
	return trust;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct str rest = {(const char *)data, size};
	struct str client_ca = next_part(&rest);
	struct client_ca *ca = client_ca_new(make_trust(client_ca, next_part(&rest)));
	struct chain_verdict verdict = {0};
	struct str chain[CLIENT_CHAIN_MAX];
	size_t count = 0;

	do
		chain[count++] = next_part(&rest);
	while (rest.len && count < CLIENT_CHAIN_MAX);
	if (client_ca_verify(ca, chain, count, NOW_MS, arena, &verdict) && verdict.is_client)
		CHECK(verdict.until_ms >= NOW_MS);
	client_ca_free(ca);
	return 0;
}
