/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - Prometheus' HTTP API: series, names of metrics and instant queries. */
#ifndef GAUGELET_PROM_CLIENT_H
#define GAUGELET_PROM_CLIENT_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct google;
struct loop;
struct metric_names;
struct prom;
struct prom_call;
struct samples;
struct series_set;
struct upstream_error;

struct prom_options {
	const char *url;		 /* base; "/api/v1/..." is appended, its query parameters are kept */
	const char *const *more_urls;	 /* asked in this order when those before fail; NULL-ended, or NULL */
	bool post;			 /* --prometheus-verb */
	const char *const *headers;	 /* "Name=value" of --prometheus-header, NULL-ended */
	const char *const *header_files; /* "Name=path", read again when they change */
	const char *const *header_envs;	 /* "Name=variable" of the environment */
	const char *ca_file, *cert_file, *key_file, *token_file;
	/* Texts of certificates live as long as the client. Of a service account or a kubeconfig, whose flag is `bearer_flag`; behind all of the above. */
	const char *bearer_flag, *bearer, *bearer_file, *user, *password, *tls_server_name;
	struct str ca_pem, cert_pem, key_pem;
	const char *aws_region; /* requests are signed for it; NULL: they are not */
	struct google *google;	/* lent; nothing is asked before it is ready. NULL: none */
	bool managed;		/* by Google: what its endpoint does not take is not sent */
	bool insecure;
	bool redirects_anywhere; /* --prometheus-redirects=any */
	int64_t query_timeout_ms, series_timeout_ms;
	size_t query_bytes_max, series_bytes_max; /* of an answer; 0: any */
	size_t samples_bytes_max; /* of all samples that are being read; those of one answer alone may be more. 0: any */
	long max_connections;
	int64_t max_clock_skew_ms; /* beyond it no answer counts; 0: any will do */
	bool allow_partial;	   /* answers whose warnings say that data is missing are taken, and logged */
};

/* NULL: ERR_INVALID names the flag. Secrets are told to log_hide. */
struct prom *prom_new(struct loop *loop, const struct prom_options *options, struct err *err) MUST_USE;
void prom_free(struct prom *prom); /* cancels what is under way */
DEFINE_FREE_AT(prom)

/* HOST:PORT of the one that was asked last, for messages. */
struct str prom_authority(const struct prom *prom);

/* `samples` is given to the handler (NULL with a problem). Never called from within prom_query. */
typedef void prom_query_handler(void *context, struct samples *samples, const struct upstream_error *problem);

/* An instant query at `time_ms` (since 1970). The deadline is by the loop's clock, query_timeout_ms from now at the latest. */
struct prom_call *prom_query(struct prom *prom, struct str promql, int64_t time_ms, int64_t deadline_ms,
			     prom_query_handler *handler, void *context);

/* `set` is given to the handler (NULL with a problem). */
typedef void prom_series_handler(void *context, struct series_set *set, const struct upstream_error *problem);

struct prom_call *prom_series(struct prom *prom, struct str selector, int64_t start_ms, prom_series_handler *handler,
			      void *context);

/* `names` is given to the handler (NULL with a problem). */
typedef void prom_names_handler(void *context, struct metric_names *names, const struct upstream_error *problem);

/* The names of the metrics there are since `start_ms`. Limits as of series. */
struct prom_call *prom_names(struct prom *prom, struct str selector, int64_t start_ms, int64_t deadline_ms,
			     prom_names_handler *handler, void *context);

void prom_call_cancel(struct prom_call *call);

#endif
