/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line: prometheus-adapter's flags (rules.md 13, wire.md 11) and ours, from one table. */
#ifndef GAUGELET_DAEMON_OPTIONS_H
#define GAUGELET_DAEMON_OPTIONS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

struct text_list {
	const char **items; /* NULL-ended */
	size_t count;
};

struct options {
	/* rules and Prometheus */
	const char *config;
	const char *prometheus_url;
	const char *prometheus_verb;	      /* GET or POST */
	struct text_list prometheus_headers;  /* Name=value */
	bool prometheus_auth_incluster;
	const char *prometheus_auth_config, *prometheus_ca_file, *prometheus_client_tls_cert_file,
		*prometheus_client_tls_key_file, *prometheus_token_file;
	bool prometheus_insecure;
	int64_t metrics_relist_interval_ms;   /* default 10 m */
	int64_t metrics_max_age_ms;	      /* 0: the relist interval */
	int64_t cache_ttl_ms;		      /* default 5 s */
	int64_t max_sample_age_ms;	      /* default 5 m */
	bool empty_list_ok;		      /* --empty-list=ok */
	/* serving */
	const char *bind_address;	      /* 0.0.0.0; with --standalone 127.0.0.1 */
	bool bind_address_given;
	uint16_t secure_port;		      /* 443 */
	const char *cert_dir;		      /* apiserver.local.config/certificates */
	const char *tls_cert_file, *tls_private_key_file, *tls_min_version;
	/* Kubernetes */
	const char *lister_kubeconfig, *authentication_kubeconfig, *authorization_kubeconfig;
	bool standalone, standalone_allow_remote;
	/* logs */
	const char *logging_format;	      /* text or json */
	int64_t verbosity;
	/* what to do instead of serving */
	bool help, version, check_config;
	/* owned by options_parse */
	struct text_list unused;	      /* known flags that were given and do nothing here */
};

/* Parses argv in pflag's syntax: --f v, --f=v, --bool, --bool=false, -v=2, -v 2, -- ends flags; positional arguments are
   ignored. Later flags win, except for lists. ERR_INVALID: unknown flag (with the nearest name), half a number, a value
   out of range, a combination that cannot be. Texts point into argv or into static memory. */
MUST_USE bool options_parse(int argc, char **argv, struct options *ret_options, struct err *err);
void options_clear(struct options *options);

/* The --help text, from the same table. */
void options_help(struct buf *out);

#endif
