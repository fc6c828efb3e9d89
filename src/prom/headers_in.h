/* SPDX-License-Identifier: Apache-2.0 */
/* headers_in.h - the headers that Prometheus is asked with: those of the flags, and the credential, which may change. */
#ifndef GAUGELET_PROM_HEADERS_IN_H
#define GAUGELET_PROM_HEADERS_IN_H

#include "base/err.h"
#include "prom/client.h"

struct headers;

/* NULL: ERR_INVALID names the flag. Secrets are told to log_hide. */
struct headers *headers_new(const struct prom_options *options, struct err *err) MUST_USE;
void headers_free(struct headers *headers);
DEFINE_FREE_AT(headers)

/* "Name: value", NULL-ended, as files and tokens are now. Lent, until the next call or turn of the loop. */
const char *const *headers_lines(struct headers *headers);

/* Which flag gives Authorization; NULL: none. */
const char *headers_credential(const struct headers *headers);

#endif
