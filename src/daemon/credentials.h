/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.h - credentials for Prometheus: what flags, the cluster and Google give, for its client. */
#ifndef GAUGELET_DAEMON_CREDENTIALS_H
#define GAUGELET_DAEMON_CREDENTIALS_H

#include "base/base.h"
#include "base/err.h"

struct credentials;
struct loop;
struct options;
struct prom_options;

/* Fills in `prom` what concerns credentials; its texts live as long as the credentials and the options. ERR_INVALID and ERR_IO name
   the flag. */
struct credentials *credentials_new(struct loop *loop, const struct options *options, struct prom_options *prom,
				    struct err *err) MUST_USE;
void credentials_free(struct credentials *credentials); /* after the client of Prometheus. NULL is fine */
DEFINE_FREE_AT(credentials)

#endif
