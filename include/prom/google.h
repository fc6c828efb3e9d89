/* SPDX-License-Identifier: Apache-2.0 */
/* google.h - who we are towards Google, and where we run: a token that is renewed ahead of its end, and the project, location and
   cluster that Google's metadata server tells. What cannot be had is tried again for ever. */
#ifndef GAUGELET_PROM_GOOGLE_H
#define GAUGELET_PROM_GOOGLE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

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
void google_free(struct google *google); /* whoever waits is not called any more. NULL is fine */
DEFINE_FREE_AT(google)

/* Everything that was asked for is there, the token among it. */
bool google_is_ready(const struct google *google);

/* Why it will not be ready soon, in one line, and in how long that may change; NULL: it is ready, or may be at any moment. Lent,
   until the next turn of the loop. */
const char *google_failure(const struct google *google, int64_t *ret_wait_ms);

/* Embedded by who waits, zeroed but for the first two. */
struct google_wait {
	void (*handler)(void *context); /* once: it is ready now, or there is a failure */
	void *context;
	struct google_wait *next, **at; /* its own; at: NULL when it does not wait */
};
void google_wait(struct google *google, struct google_wait *wait);
void google_wait_cancel(struct google_wait *wait); /* fine when it does not wait */

/* "Authorization: Bearer TOKEN"; NULL: no token is wanted, or none is there. Lent, until the next turn of the loop. */
const char *google_header(struct google *google);

/* Google has refused the token: false when one has been refused just before, else another one is on its way. */
bool google_renew(struct google *google);

/* Empty while it is not known. */
struct str google_project(const struct google *google);

/* Of the series to read; empty: any. Lent, as long as the google lives. */
struct google_place {
	struct str project, location, cluster;
};

/* False: not all of what was asked for is known. */
bool google_place(const struct google *google, struct google_place *ret_place);

/* Appends who we are: "sa@project.iam.gserviceaccount.com (key FILE)". */
void google_describe(const struct google *google, struct buf *out);

#endif
