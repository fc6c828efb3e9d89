/* SPDX-License-Identifier: Apache-2.0 */
/* cipher_suites.h - the cipher suites of TLS 1.2 that the flags name. */
#ifndef GAUGELET_SERVER_CIPHER_SUITES_H
#define GAUGELET_SERVER_CIPHER_SUITES_H

#include "base/err.h"
#include "base/str.h"

#include <gnutls/gnutls.h>

/* Which suites may be used with TLS 1.2 (IANA names, NULL-ended); NULL when none of them is one of TLS
   1.2, so that it is not to be spoken at all. */
struct cipher_suites;
MUST_USE bool cipher_suites_read(const char *const *names, struct cipher_suites **ret_suites, struct err *err);
void cipher_suites_free(struct cipher_suites *suites);
DEFINE_FREE_AT(cipher_suites)

/* Those that a ClientHello offers, a bit for each, to be handed to cipher_suites_choose. `rsa`: the certificate's key is
   one. NULL: none fits. */
uint32_t cipher_suites_offered(const struct cipher_suites *suites, struct str hello);
gnutls_priority_t cipher_suites_choose(const struct cipher_suites *suites, uint32_t offered, bool rsa) MUST_USE;

#endif
