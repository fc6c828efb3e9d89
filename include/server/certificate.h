/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h - the serving pair: given as files, or made by ourselves; and others for clients that ask for
   a name. */
#ifndef GAUGELET_SERVER_CERTIFICATE_H
#define GAUGELET_SERVER_CERTIFICATE_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct certificate;
struct loop;

/* PEM files; the key must fit the first certificate. ERR_IO, ERR_INVALID name the file. */
struct certificate *certificate_load(const char *cert_file, const char *key_file, struct err *err) MUST_USE;

/* <cert_dir>/apiserver.crt and apiserver.key: used as they are when both are there; made (ECDSA P-256, self-signed CA and
   leaf, for `localhost`, 127.0.0.1 and `bind_address`) when neither is; ERR_INVALID when only one is. An empty or NULL
   cert_dir: in memory. */
struct certificate *certificate_make(const char *cert_dir, const char *bind_address, struct err *err) MUST_USE;

void certificate_free(struct certificate *certificate);
DEFINE_FREE_AT(certificate)

/* Another pair, for clients that ask for one of `names` (NULL-ended; `*.domain` for all of a domain); NULL or none: for one
   of those in the certificate. What certificate_load or _make has given stays for everybody else. */
MUST_USE bool certificate_add(struct certificate *certificate, const char *cert_file, const char *key_file,
			      const char *const *names, struct err *err);

/* From now on pairs whose files change are replaced, for handshakes that begin afterwards. A pair that cannot be read, or
   whose key does not fit, leaves the one before in its place. Call it once, after the last certificate_add; the loop must
   outlive the certificate. */
void certificate_watch(struct certificate *certificate, struct loop *loop);

/* When the certificates end, in seconds since 1970; that for everybody is number 0. `file` is empty when it was made in memory; lent. */
struct certificate_end {
	struct str file;
	int64_t end_s;
};
size_t certificate_count(const struct certificate *certificate);
struct certificate_end certificate_end_of(const struct certificate *certificate, size_t number);

#endif
