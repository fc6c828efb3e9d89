/* SPDX-License-Identifier: Apache-2.0 */
/* upstream.h - one Prometheus: its URL, the connections to it, and what is known of its health. */
#ifndef GAUGELET_PROM_UPSTREAM_H
#define GAUGELET_PROM_UPSTREAM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "credential.h"
#include "model/upstream_error.h"
#include "prom/breaker.h"
#include "prom/stats.h"

struct google;
struct http_answer;
struct loop;

struct upstream {
	struct loop *loop;
	unsigned index; /* among the upstreams */
	struct arena *arena;
	struct str base;			 /* SCHEME://HOST:PORT/PATH */
	struct str authority, host, path, query; /* HOST:PORT; path: cleaned, without '/' at the end */
	const struct google *google;		 /* NULL: none */
	size_t project_at;			 /* where `auto` stands in the path for our project; 0: nowhere */
	struct credentials *credentials;	 /* lent, shared by all upstreams */
	struct credential *basic;		 /* user and password; NULL: none */
	struct http_client *http;
	/* as it is now */
	struct breaker breaker;
	struct upstream_error last; /* why it is not asked, when it is not */
	bool get_only;		    /* it has refused a POST (405) that nobody had told us to send */
	int64_t partial_logged_ms;  /* when the log last had a warning of its partial answers; 0: never */
	struct prom_upstream_stats *stats;
};

/* NULL: ERR_INVALID names the flag. `credentials` and `stats` outlive it. */
struct upstream *upstream_new(struct loop *loop, const struct prom_options *options, const char *url,
			      struct credentials *credentials, struct prom_upstream_stats *stats,
			      struct err *err) MUST_USE;
void upstream_free(struct upstream *upstream); /* NULL is fine */
DEFINE_FREE_AT(upstream)

/* Of the base URL, cleaned: empty, or "/x" without '/' at the end. */
void upstream_write_path(const struct upstream *upstream, struct buf *out);

/* The base URL, the path of `endpoint` ("query"), the base URL's own parameters and then `parameters`. */
void upstream_write_url(const struct upstream *upstream, const char *endpoint, struct str parameters, struct buf *out);

/* The flag of the credential that is sent; NULL: none. */
const char *upstream_credential(const struct upstream *upstream);

static inline uint32_t upstream_bit(const struct upstream *upstream)
{
	return UINT32_C(1) << upstream->index;
}

/* Whether another upstream may do better: this one cannot be reached, or has nothing behind it. */
bool upstream_is_lost(const struct upstream_error *error);

/* What came of a request: counts it, and opens or closes the breaker. `error` is UPSTREAM_OK when all is well. */
void upstream_note(struct upstream *upstream, enum prom_path path, const struct http_answer *answer,
		   const struct upstream_error *error);

#endif
