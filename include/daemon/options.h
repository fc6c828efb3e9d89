/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line: prometheus-adapter's flags and ours, from one table. */
#ifndef GAUGELET_DAEMON_OPTIONS_H
#define GAUGELET_DAEMON_OPTIONS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

struct arena;

struct text_list {
	const char **items; /* NULL-ended; NULL when there are none */
	size_t count;
	bool given; /* what was given took the default's place */
};

/* --tls-sni-cert-key */
struct sni_option {
	const char *cert_file, *key_file;
	struct text_list names; /* none: those in the certificate */
};

struct options {
	/* rules and Prometheus */
	const char *config; /* NULL only with gke_names */
	bool external_from_rules;
	struct text_list prometheus_urls;				  /* at least one; the preferred one first */
	const char *prometheus_verb;					  /* GET or POST */
	struct text_list prometheus_headers;				  /* Name=value */
	struct text_list prometheus_header_files, prometheus_header_envs; /* Name=path, Name=variable */
	bool prometheus_auth_incluster;
	const char *prometheus_auth_config, *prometheus_ca_file, *prometheus_client_tls_cert_file,
		*prometheus_client_tls_key_file, *prometheus_token_file;
	bool prometheus_insecure, prometheus_redirects_any;
	const char *aws_sigv4;				      /* a region */
	const char *google_auth;			      /* auto, metadata or a path */
	const char *gmp_project, *gmp_location, *gmp_cluster; /* each may be auto */
	bool managed;			    /* Prometheus is Google's: a --gmp flag, or the URL says so */
	int64_t metrics_relist_interval_ms; /* default 10 m */
	int64_t metrics_max_age_ms;	    /* 0: the relist interval */
	int64_t cache_ttl_ms;		    /* default 5 s */
	int64_t serve_stale_ms;		    /* default 0: not */
	int64_t max_sample_age_ms;	    /* default 5 m */
	int64_t max_samples_bytes;
	int64_t max_clock_skew_ms; /* default 30 s; 0: any */
	bool sample_age;
	const char *on_duplicate;
	bool empty_list_ok; /* --empty-list=ok */
	bool lenient_resource_metrics;
	bool investigate;
	bool allow_partial;
	bool gke_names;
	/* serving */
	const char *bind_address; /* 0.0.0.0; with --standalone 127.0.0.1 */
	bool bind_address_given;
	uint16_t secure_port; /* 443 */
	const char *cert_dir; /* apiserver.local.config/certificates */
	const char *sandbox; /* off, warn or on */
	int64_t max_response_bytes;
	const char *tls_cert_file, *tls_private_key_file, *tls_min_version;
	struct text_list tls_cipher_suites; /* IANA names; none: our own choice */
	struct sni_option *tls_sni;
	size_t tls_sni_count;
	/* Kubernetes */
	const char *lister_kubeconfig, *authentication_kubeconfig, *authorization_kubeconfig;
	double client_qps;	       /* requests a second, default 5; 0 or less: any number */
	int64_t client_burst;	       /* default 10 */
	int64_t discovery_interval_ms; /* default 10 m; 0: resources are looked up once */
	bool standalone, standalone_allow_remote;
	/* authentication and authorization */
	bool authentication_skip_lookup, authentication_tolerate_lookup_failure;
	int64_t token_cache_ttl_ms; /* these three: default 10 s */
	int64_t authorized_cache_ttl_ms, unauthorized_cache_ttl_ms;
	struct text_list always_allow_paths; /* a `*` at the end is a prefix */
	const char *client_ca_file, *requestheader_client_ca_file;
	struct text_list requestheader_allowed_names, requestheader_username_headers, requestheader_group_headers,
		requestheader_extra_headers_prefix, requestheader_uid_headers;
	/* logs */
	const char *logging_format; /* text or json */
	int64_t verbosity;
	/* what to do instead of serving */
	bool help, version, check_config;
	/* owned by options_parse */
	struct text_list unused; /* known flags that were given and do nothing here */
	struct arena *texts;	 /* parts of texts that were taken apart */
};

/* Parses argv in pflag's syntax: --f v, --f=v, --bool, --bool=false, -v=2, -v 2, -- ends flags; positional arguments are
   ignored. Later flags win, except for lists: these grow, and the first value given takes the place of the default.
   ERR_INVALID: unknown flag (with the nearest name), half a number, a value out of range, a combination that cannot be.
   Texts point into argv or into static memory, or live until options_clear. */
MUST_USE bool options_parse(int argc, char **argv, struct options *ret_options, struct err *err);
void options_clear(struct options *options);

/* The --help text, from the same table. */
void options_help(struct buf *out);

#endif
