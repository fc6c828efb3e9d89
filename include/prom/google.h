/* SPDX-License-Identifier: Apache-2.0 */
/* google.h - who we are towards Google, and where we run: a token that is renewed ahead of its end, and the project, location and
   cluster that Google's metadata server tells. What cannot be had is tried again for ever. */
#ifndef GAUGELET_PROM_GOOGLE_H
#define GAUGELET_PROM_GOOGLE_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct credential;
struct google;
struct loop;

struct google_options {
	/* "metadata"; the path of a service account's key; "auto": the key that GOOGLE_APPLICATION_CREDENTIALS names, else
	   the metadata server. NULL: no token. */
	const char *auth;
	/* Of the series to read; "auto": where we run. NULL: any. */
	const char *project, *location, *cluster;
	bool project_in_url; /* the project must be known, also when series of any are read */
};

/* Starts at once. NULL: ERR_INVALID or ERR_IO, the key is none. GCE_METADATA_HOST is read. */
struct google *google_new(struct loop *loop, const struct google_options *options, struct err *err) MUST_USE;
void google_free(struct google *google); /* nobody waits any more. NULL is fine */
DEFINE_FREE_AT(google)

/* Ready when everything that was asked for is there, the token among it. Lent. */
struct credential *google_credential(struct google *google);

/* Empty while it is not known. */
struct str google_project(const struct google *google);

/* Of the series to read; empty: any. Lent, as long as the google lives. */
struct google_place {
	struct str project, location, cluster;
};

/* False: not all of what was asked for is known. */
bool google_place(const struct google *google, struct google_place *ret_place);

#endif
