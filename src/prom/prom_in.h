/* SPDX-License-Identifier: Apache-2.0 */
/* prom_in.h - the parts of the client of Prometheus: where and as whom we ask, and what its errors say. */
#ifndef GAUGELET_PROM_PROM_IN_H
#define GAUGELET_PROM_PROM_IN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/http_client.h"
#include "prom/client.h"

/* ---- upstream: URL and credentials */

struct upstream;

/* NULL: ERR_INVALID names the flag. */
struct upstream *upstream_new(const struct prom_options *options, const char *url, struct err *err) MUST_USE;
void upstream_free(struct upstream *upstream);
DEFINE_FREE_AT(upstream)

struct str upstream_authority(const struct upstream *upstream); /* HOST:PORT */
struct str upstream_url(const struct upstream *upstream);	/* SCHEME://HOST:PORT/PATH */
struct str upstream_host(const struct upstream *upstream);

/* Of the base URL, cleaned: empty, or "/x" without '/' at the end. */
void upstream_write_path(const struct upstream *upstream, struct buf *out);
const char *upstream_user(const struct upstream *upstream); /* NULL: none; for Basic authentication */
const char *upstream_password(const struct upstream *upstream);

/* The flag of the credential that is sent; NULL: none. */
const char *upstream_credential(const struct upstream *upstream);

/* The base URL, the path of `endpoint` ("query"), the base URL's own parameters and then `parameters`. */
void upstream_write_url(const struct upstream *upstream, const char *endpoint, struct str parameters, struct buf *out);

/* The header lines to send, NULL-ended, the token as it is in its file now. Lent, until the next call. */
const char *const *upstream_headers(struct upstream *upstream);

/* Other headers, another number. */
uint64_t upstream_headers_hash(struct upstream *upstream);

/* Appends "to NAME" where Google knows us by it. */
void upstream_describe(const struct upstream *upstream, struct buf *out);

/* ---- trouble: what went wrong, in words. `text` begins "Prometheus HOST:PORT ..." or names it soon. */

struct trouble {
	const struct upstream *upstream;
	const char *method, *endpoint;
	size_t bytes_max;
	struct str body; /* the begin of what came, or all of it */
	const struct http_answer *answer;
	const struct err *reading; /* of the reader of the answer; code ERR_NONE: it found nothing wrong */
	bool at_end;		   /* it found the answer to end too early */
};

void trouble_describe(const struct trouble *trouble, struct upstream_error *ret_problem);

/* Of an answer whose warning says that data is missing. */
void trouble_describe_partial(const struct trouble *trouble, struct str warning, struct upstream_error *ret_problem);

/* The reason of `last` for one that is not asked for so long. */
void trouble_describe_wait(const struct upstream_error *last, int64_t wait_ms, struct upstream_error *ret_problem);

/* Nobody is asked, as the credential or the URL is not known yet; `why` says what is missing. */
void trouble_describe_identity(const struct upstream *upstream, const char *why, int64_t wait_ms,
			       struct upstream_error *ret_problem);

/* Nobody is asked, as the query is none that we can read: a bad request of our own. */
void trouble_describe_scope(const struct upstream *upstream, const char *why, struct upstream_error *ret_problem);

/* Puts `before` in front: one failed, and then the other. */
void trouble_join(const struct upstream_error *before, struct upstream_error *problem);

#endif
