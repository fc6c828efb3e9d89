/* SPDX-License-Identifier: Apache-2.0 */
/* serving_pair.h - a chain and its key: const once made, shared by count. */
#ifndef GAUGELET_SERVER_SERVING_PAIR_H
#define GAUGELET_SERVER_SERVING_PAIR_H

#include "base/buf.h"
#include "base/err.h"

struct serving_pair;
struct serving_pair *serving_pair_load(const char *cert_file, const char *key_file, struct err *err) MUST_USE;
struct serving_pair *serving_pair_parse(const struct buf *chain, const struct buf *key, const char *cert_file,
					const char *key_file, struct err *err) MUST_USE;
struct serving_pair *serving_pair_ref(struct serving_pair *pair);
void serving_pair_unref(struct serving_pair *pair);

/* For GnuTLS's retrieve callback: gnutls_pcert_st *, its count, gnutls_privkey_t. Lent. */
struct serving_pair_lent {
	void *chain;
	unsigned chain_length;
	void *key;
};
struct serving_pair_lent serving_pair_lend(const struct serving_pair *pair);
int64_t serving_pair_end_s(const struct serving_pair *pair); /* the leaf's, since 1970 */
bool serving_pair_is_rsa(const struct serving_pair *pair);
bool serving_pair_eq(const struct serving_pair *a, const struct serving_pair *b);

/* Is `asked` one of the certificate's own names? `wildcard`: looks at names like *.domain, which stand for one label more,
   instead of whole ones. */
bool serving_pair_has(const struct serving_pair *pair, struct str asked, bool wildcard);
bool serving_pair_name_is(struct str name, struct str asked, bool wildcard);

#endif
