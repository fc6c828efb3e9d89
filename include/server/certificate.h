/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h - the serving pair: given as files, or made by ourselves (wire.md 10). */
#ifndef GAUGELET_SERVER_CERTIFICATE_H
#define GAUGELET_SERVER_CERTIFICATE_H

#include "base/base.h"
#include "base/err.h"

struct certificate;

/* PEM files; the key must fit the first certificate. ERR_IO, ERR_INVALID name the file. */
struct certificate *certificate_load(const char *cert_file, const char *key_file, struct err *err) MUST_USE;

/* <cert_dir>/apiserver.crt and apiserver.key: used as they are when both are there; made (ECDSA P-256, self-signed CA and
   leaf, for `localhost`, 127.0.0.1 and `bind_address`) when neither is; ERR_INVALID when only one is. An empty or NULL
   cert_dir: in memory. */
struct certificate *certificate_make(const char *cert_dir, const char *bind_address, struct err *err) MUST_USE;

void certificate_free(struct certificate *certificate);
DEFINE_FREE_AT(certificate)

/* For GnuTLS's retrieve callback: gnutls_pcert_st *, its count, gnutls_privkey_t. Lent. */
struct certificate_pair {
	void *chain;
	unsigned chain_length;
	void *key;
};
struct certificate_pair certificate_pair(const struct certificate *certificate);

#endif
