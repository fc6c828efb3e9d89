/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "daemon/options.h"

enum { ARGUMENTS_MAX = 12, MINUTE_MS = 60000 };

static void write_list(struct buf *out, const char *name, const struct text_list *list)
{
	if (list->count == 0) {
		assert_null(list->items);
		return;
	}
	assert_null(list->items[list->count]);
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%s[%s]", out->len ? " " : "", name, list->items[i]);
}

static void write_text(struct buf *out, const char *name, const char *value, const char *usual)
{
	if (value == NULL || usual == NULL ? value != usual : strcmp(value, usual) != 0)
		buf_printf(out, "%s%s=%s", out->len ? " " : "", name, value ? value : "NULL");
}

static void write_number(struct buf *out, const char *name, int64_t value, int64_t usual)
{
	if (value != usual)
		buf_printf(out, "%s%s=%lld", out->len ? " " : "", name, (long long)value);
}

/* A list that was not given has its default, `usual`. */
static void write_slice(struct buf *out, const char *name, const struct text_list *list, const char *usual)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&text, "%s%s", i ? "|" : "", list->items[i]);
	if (list->count > 0)
		assert_null(list->items[list->count]);
	if (list->given)
		buf_printf(out, "%s%s(%zu)=%s", out->len ? " " : "", name, list->count, buf_cstr(&text));
	else
		assert_string_equal(buf_cstr(&text), usual);
}

static void write_sni(struct buf *out, const struct options *o)
{
	for (size_t i = 0; i < o->tls_sni_count; i++) {
		buf_printf(out, "%ssni=%s;%s", out->len ? " " : "", o->tls_sni[i].cert_file, o->tls_sni[i].key_file);
		for (size_t j = 0; j < o->tls_sni[i].names.count; j++)
			buf_printf(out, ";%s", o->tls_sni[i].names.items[j]);
	}
}

static void write_auth(struct buf *out, const struct options *o)
{
	write_number(out, "skip-lookup", o->authentication_skip_lookup, false);
	write_number(out, "tolerate", o->authentication_tolerate_lookup_failure, false);
	write_number(out, "token-ttl", o->token_cache_ttl_ms, 10000);
	write_number(out, "authorized-ttl", o->authorized_cache_ttl_ms, 10000);
	write_number(out, "unauthorized-ttl", o->unauthorized_cache_ttl_ms, 10000);
	write_slice(out, "paths", &o->always_allow_paths, "/healthz|/readyz|/livez");
	write_text(out, "client-ca", o->client_ca_file, NULL);
	write_text(out, "proxy-ca", o->requestheader_client_ca_file, NULL);
	write_slice(out, "proxy-names", &o->requestheader_allowed_names, "");
	write_slice(out, "user-headers", &o->requestheader_username_headers, "x-remote-user");
	write_slice(out, "group-headers", &o->requestheader_group_headers, "x-remote-group");
	write_slice(out, "extra-headers", &o->requestheader_extra_headers_prefix, "x-remote-extra-");
	write_slice(out, "uid-headers", &o->requestheader_uid_headers, "");
}

/* Every field that differs from what `--config=c` alone gives. */
static void write_differences(struct buf *out, const struct options *o)
{
	write_text(out, "config", o->config, "c");
	if (o->prometheus_urls.count != 1 || strcmp(o->prometheus_urls.items[0], "https://localhost") != 0)
		write_list(out, "url", &o->prometheus_urls);
	write_text(out, "verb", o->prometheus_verb, "GET");
	write_list(out, "header", &o->prometheus_headers);
	write_list(out, "header-file", &o->prometheus_header_files);
	write_list(out, "header-env", &o->prometheus_header_envs);
	write_number(out, "managed", o->managed, false);
	write_number(out, "incluster", o->prometheus_auth_incluster, false);
	write_text(out, "auth", o->prometheus_auth_config, NULL);
	write_text(out, "ca", o->prometheus_ca_file, NULL);
	write_text(out, "client-cert", o->prometheus_client_tls_cert_file, NULL);
	write_text(out, "client-key", o->prometheus_client_tls_key_file, NULL);
	write_text(out, "token", o->prometheus_token_file, NULL);
	write_number(out, "insecure", o->prometheus_insecure, false);
	write_number(out, "relist", o->metrics_relist_interval_ms, 10 * MINUTE_MS);
	write_number(out, "max-age", o->metrics_max_age_ms, 10 * MINUTE_MS);
	write_number(out, "cache", o->cache_ttl_ms, 5000);
	write_number(out, "stale", o->serve_stale_ms, 0);
	write_number(out, "sample-age", o->max_sample_age_ms, 5 * MINUTE_MS);
	write_text(out, "sandbox", str_eq(str_of(o->sandbox), STR("on")) ? NULL : o->sandbox, NULL);
	write_number(out, "response-bytes", o->max_response_bytes, 32 << 20);
	write_number(out, "ask-age", o->sample_age, false);
	write_number(out, "empty-ok", o->empty_list_ok, false);
	write_number(out, "partial", o->allow_partial, false);
	write_number(out, "gke-names", o->gke_names, false);
	write_text(out, "bind", o->bind_address, "0.0.0.0");
	write_number(out, "bind-given", o->bind_address_given, false);
	write_number(out, "port", o->secure_port, 443);
	write_text(out, "cert-dir", o->cert_dir, "apiserver.local.config/certificates");
	write_text(out, "cert", o->tls_cert_file, NULL);
	write_text(out, "key", o->tls_private_key_file, NULL);
	write_text(out, "tls", o->tls_min_version, "VersionTLS12");
	write_slice(out, "suites", &o->tls_cipher_suites, "");
	write_sni(out, o);
	write_text(out, "lister", o->lister_kubeconfig, NULL);
	write_text(out, "authn", o->authentication_kubeconfig, NULL);
	write_text(out, "authz", o->authorization_kubeconfig, NULL);
	if (o->client_qps < 5 || o->client_qps > 5)
		buf_printf(out, "%sqps=%g", out->len ? " " : "", o->client_qps);
	write_number(out, "burst", o->client_burst, 10);
	write_number(out, "discovery", o->discovery_interval_ms, 10 * MINUTE_MS);
	write_auth(out, o);
	write_number(out, "standalone", o->standalone, false);
	write_number(out, "remote", o->standalone_allow_remote, false);
	write_text(out, "format", o->logging_format, "text");
	write_number(out, "v", o->verbosity, 0);
	write_number(out, "help", o->help, false);
	write_number(out, "version", o->version, false);
	write_number(out, "check", o->check_config, false);
	write_list(out, "unused", &o->unused);
}

static struct options_case {
	const char *name;
	const char *arguments[ARGUMENTS_MAX];
	const char *want; /* write_differences; NULL: refused */
	const char *message;
} cases[] = {
	/* defaults and syntax */
	{"defaults", {"--config=c"}, "", ""},
	{"value in the next argument", {"--config", "d"}, "config=d", ""},
	{"value with =", {"--config=a=b"}, "config=a=b", ""},
	{"value that looks like a flag", {"--config", "--v"}, "config=--v", ""},
	{"last one wins", {"--config=c", "--secure-port=1", "--secure-port", "2"}, "port=2", ""},
	{"switch", {"--config=c", "--prometheus-insecure"}, "insecure=1", ""},
	{"switch does not take the next", {"--config=c", "--prometheus-insecure", "false"}, "insecure=1", ""},
	{"switch off", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=false"}, "", ""},
	{"partial answers", {"--config=c", "--allow-partial"}, "partial=1", ""},
	{"switch =1", {"--config=c", "--prometheus-insecure=1"}, "insecure=1", ""},
	{"switch =t", {"--config=c", "--prometheus-insecure=t"}, "insecure=1", ""},
	{"switch =T", {"--config=c", "--prometheus-insecure=T"}, "insecure=1", ""},
	{"switch =TRUE", {"--config=c", "--prometheus-insecure=TRUE"}, "insecure=1", ""},
	{"switch =true", {"--config=c", "--prometheus-insecure=true"}, "insecure=1", ""},
	{"switch =True", {"--config=c", "--prometheus-insecure=True"}, "insecure=1", ""},
	{"switch =0", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=0"}, "", ""},
	{"switch =f", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=f"}, "", ""},
	{"switch =F", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=F"}, "", ""},
	{"switch =FALSE", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=FALSE"}, "", ""},
	{"switch =False", {"--config=c", "--prometheus-insecure", "--prometheus-insecure=False"}, "", ""},
	{"switch =yes",
	 {"--config=c", "--prometheus-insecure=yes"},
	 NULL,
	 "--prometheus-insecure: \"yes\" is neither true nor false"},
	{"switch =",
	 {"--config=c", "--prometheus-insecure="},
	 NULL,
	 "--prometheus-insecure: \"\" is neither true nor false"},
	{"-v=2", {"--config=c", "-v=2"}, "v=2", ""},
	{"-v 2", {"--config=c", "-v", "2"}, "v=2", ""},
	{"-v2", {"--config=c", "-v2"}, "v=2", ""},
	{"--v=10", {"--config=c", "--v=10"}, "v=10", ""},
	{"--v 6", {"--config=c", "--v", "6"}, "v=6", ""},
	{"-v11", {"--config=c", "-v11"}, NULL, "--v: \"11\" is no whole number from 0 to 10"},
	{"-v=-1", {"--config=c", "-v=-1"}, NULL, "--v: \"-1\" is no whole number from 0 to 10"},
	{"-v endless", {"--config=c", "-v=99999999999999999999"}, NULL, "is no whole number from 0 to 10"},
	{"-v at the end", {"--config=c", "-v"}, NULL, "flag needs an argument: --v"},
	{"flag at the end", {"--config"}, NULL, "flag needs an argument: --config"},
	{"positional arguments", {"/adapter", "--config=c", "x", "-", "-v1"}, "v=1", ""},
	{"-- ends flags", {"--config=c", "--", "--nonsense", "-v3"}, "", ""},
	{"underscores", {"--config=c", "--secure_port=6443"}, "port=6443", ""},

	/* unknown flags */
	{"misspelt",
	 {"--config=c", "--metrics-relist-intervall=1m"},
	 NULL,
	 "unknown flag: --metrics-relist-intervall (did you mean --metrics-relist-interval?)"},
	{"misspelt, no secret repeated",
	 {"--prometheus-headers=Authorization=secret"},
	 NULL,
	 "unknown flag: --prometheus-headers (did you mean --prometheus-header?)"},
	{"front of a name",
	 {"--prometheus-tok=x"},
	 NULL,
	 "unknown flag: --prometheus-tok (did you mean --prometheus-token-file?)"},
	{"far from any",
	 {"--zzzzzzzz"},
	 NULL,
	 "unknown flag: --zzzzzzzz (it means nothing here, nor to prometheus-adapter; leave it out, or see --help)"},
	{"two rules files",
	 {"--config=a", "--config", "b"},
	 NULL,
	 "--config is given twice, as a and b; there is one rules file"},
	{"-c", {"-c", "x"}, NULL, "unknown flag: -c (did you mean --config?)"},
	{"one dash", {"-config=x"}, NULL, "unknown flag: -config (did you mean --config?)"},
	{"three dashes", {"---config=x"}, NULL, "unknown flag: ---config (did you mean --config?)"},
	{"no name",
	 {"--=x"},
	 NULL,
	 "unknown flag: -- (it means nothing here, nor to prometheus-adapter; leave it out, or see --help)"},
	{"case counts", {"--Config=x"}, NULL, "unknown flag: --Config (did you mean --config?)"},
	{"longer than any",
	 {"--configconfigconfigconfigconfigconfigconfigconfigconfigconfigconfigconfig"},
	 NULL,
	 "(it means nothing here, nor to prometheus-adapter; leave it out, or see --help)"},

	/* rules and Prometheus */
	{"config missing", {"-v1"}, NULL, "--config is required: the path of the rules file"},
	{"config empty", {"--config="}, NULL, "--config is required"},
	{"config missing with --check-config", {"--check-config"}, NULL, "--config is required"},
	{"url", {"--config=c", "--prometheus-url=http://p:9090/x"}, "url[http://p:9090/x]", ""},
	{"two urls",
	 {"--config=c", "--prometheus-url=http://p:9090/x", "--prometheus-url", "https://q"},
	 "url[http://p:9090/x] url[https://q]",
	 ""},
	{"the same url twice",
	 {"--config=c", "--prometheus-url=http://p", "--prometheus-url=http://q", "--prometheus-url=http://p"},
	 "url[http://p] url[http://q]",
	 ""},
	{"the default named", {"--config=c", "--prometheus-url=https://localhost"}, "", ""},
	{"second url wrong",
	 {"--config=c", "--prometheus-url=http://p", "--prometheus-url=q"},
	 NULL,
	 "--prometheus-url: a URL must begin with http:// or https://"},
	{"url without scheme",
	 {"--config=c", "--prometheus-url=p:9090"},
	 NULL,
	 "--prometheus-url: a URL must begin with http:// or https://"},
	{"url empty", {"--config=c", "--prometheus-url="}, NULL, "--prometheus-url: a URL must begin with"},
	{"url keeps its secret",
	 {"--config=c", "--prometheus-url=http://u:secret/x@h"},
	 NULL,
	 "--prometheus-url: the port must"},
	{"verb", {"--config=c", "--prometheus-verb=POST"}, "verb=POST", ""},
	{"verb in lower case",
	 {"--config=c", "--prometheus-verb=post"},
	 NULL,
	 "--prometheus-verb: \"post\" is none of GET, POST"},
	{"verb empty", {"--config=c", "--prometheus-verb="}, NULL, "--prometheus-verb: \"\" is none of GET, POST"},
	{"headers",
	 {"--config=c", "--prometheus-header=A=b=", "--prometheus-header", "X-Y=z", "--prometheus-header=E"},
	 "header[A=b=] header[X-Y=z] header[E]",
	 ""},
	{"header without name",
	 {"--config=c", "--prometheus-header==secret"},
	 NULL,
	 "--prometheus-header: the name is missing"},
	{"header empty", {"--config=c", "--prometheus-header="}, NULL, "--prometheus-header: the name is missing"},
	{"credentials",
	 {"--config=c", "--prometheus-auth-incluster", "--prometheus-ca-file=a", "--prometheus-client-tls-cert-file=b",
	  "--prometheus-client-tls-key-file=d", "--prometheus-token-file=e"},
	 "incluster=1 ca=a client-cert=b client-key=d token=e",
	 ""},
	{"headers from elsewhere",
	 {"--config=c", "--prometheus-header-file=A=/f", "--prometheus-header-env=B=V",
	  "--prometheus-header-file=C=/g"},
	 "header-file[A=/f] header-file[C=/g] header-env[B=V]",
	 ""},
	{"header file without name",
	 {"--config=c", "--prometheus-header-file==/f"},
	 NULL,
	 "--prometheus-header-file: the name is missing"},
	{"auth config", {"--config=c", "--prometheus-auth-config=k"}, "auth=k", ""},
	{"auth config and incluster",
	 {"--config=c", "--prometheus-auth-config=k", "--prometheus-auth-incluster"},
	 NULL,
	 "--prometheus-auth-incluster and --prometheus-auth-config exclude each other"},
	{"auth config and incluster with a CA file",
	 {"--config=c", "--prometheus-auth-config=k", "--prometheus-auth-incluster", "--prometheus-ca-file=a"},
	 "incluster=1 auth=k ca=a",
	 ""},
	{"empty file names are none",
	 {"--config=c",
	  "--prometheus-ca-file=", "--prometheus-token-file=", "--tls-cert-file=", "--lister-kubeconfig="},
	 "",
	 ""},

	/* times */
	{"relist sets max-age", {"--config=c", "--metrics-relist-interval=1m"}, "relist=60000 max-age=60000", ""},
	{"max-age 0",
	 {"--config=c", "--metrics-max-age=0", "--metrics-relist-interval=30s"},
	 "relist=30000 max-age=30000",
	 ""},
	{"max-age longer", {"--config=c", "--metrics-max-age=1h30m"}, "max-age=5400000", ""},
	{"max-age shorter",
	 {"--config=c", "--metrics-max-age=30s"},
	 NULL,
	 "--metrics-max-age 30s, --metrics-relist-interval 10m0s: max age must not be less than relist interval"},
	{"relist 0",
	 {"--config=c", "--metrics-relist-interval=0"},
	 NULL,
	 "--metrics-relist-interval: \"0\" is too short"},
	{"relist negative",
	 {"--config=c", "--metrics-relist-interval=-1m"},
	 NULL,
	 "--metrics-relist-interval: \"-1m\" is negative"},
	{"relist without unit",
	 {"--config=c", "--metrics-relist-interval=60"},
	 NULL,
	 "--metrics-relist-interval: a duration is written as 90s, 1m30s or 500ms: time: missing unit in duration "
	 "\"60\""},
	{"relist in days",
	 {"--config=c", "--metrics-relist-interval=1d"},
	 NULL,
	 "unknown unit \"d\" in duration \"1d\""},
	{"relist greatest",
	 {"--config=c", "--metrics-relist-interval=2562047h"},
	 "relist=9223369200000 max-age=9223369200000",
	 ""},
	{"cache", {"--config=c", "--cache-ttl=1500ms"}, "cache=1500", ""},
	{"cache off", {"--config=c", "--cache-ttl=0"}, "cache=0", ""},
	{"stale", {"--config=c", "--serve-stale=2m"}, "stale=120000", ""},
	{"cache below 1ms",
	 {"--config=c", "--cache-ttl=10us"},
	 NULL,
	 "--cache-ttl: \"10us\" is too short, 1ms is the least"},
	{"sample age", {"--config=c", "--max-sample-age=1m"}, "sample-age=60000", ""},
	{"sample age off", {"--config=c", "--max-sample-age", "0s"}, "sample-age=0", ""},
	{"sample age asked for", {"--config=c", "--sample-age"}, "ask-age=1", ""},
	{"empty list ok", {"--config=c", "--empty-list=ok"}, "empty-ok=1", ""},
	{"GKE's names", {"--config=c", "--gke-names"}, "gke-names=1", ""},
	{"GKE's names without rules", {"--gke-names"}, "config=NULL gke-names=1", ""},
	{"GKE's names switched off without rules", {"--gke-names=false"}, NULL, "--config is required"},
	{"empty list error", {"--config=c", "--empty-list=ok", "--empty-list=error"}, "", ""},
	{"empty list other", {"--config=c", "--empty-list=true"}, NULL, "--empty-list: \"true\" is none of error, ok"},

	/* serving */
	{"bind", {"--config=c", "--bind-address=10.0.0.1"}, "bind=10.0.0.1 bind-given=1", ""},
	{"bind to the default", {"--config=c", "--bind-address=0.0.0.0"}, "bind-given=1", ""},
	{"bind IPv6", {"--config=c", "--bind-address=::"}, "bind=:: bind-given=1", ""},
	{"bind to a name",
	 {"--config=c", "--bind-address=localhost"},
	 NULL,
	 "--bind-address: \"localhost\" is no IP address"},
	{"bind to nothing", {"--config=c", "--bind-address="}, NULL, "--bind-address: \"\" is no IP address"},
	{"port 0", {"--config=c", "--secure-port=0"}, "port=0", ""},
	{"port 65535", {"--config=c", "--secure-port=65535"}, "port=65535", ""},
	{"port 65536",
	 {"--config=c", "--secure-port=65536"},
	 NULL,
	 "--secure-port: \"65536\" is no whole number from 0 to 65535"},
	{"port half a number",
	 {"--config=c", "--secure-port=6443x"},
	 NULL,
	 "--secure-port: \"6443x\" is no whole number"},
	{"port empty", {"--config=c", "--secure-port="}, NULL, "--secure-port: \"\" is no whole number"},
	{"cert-dir", {"--config=c", "--cert-dir=/tmp"}, "cert-dir=/tmp", ""},
	{"cert-dir empty: in memory", {"--config=c", "--cert-dir="}, "cert-dir=", ""},
	{"pair", {"--config=c", "--tls-cert-file=a", "--tls-private-key-file=b"}, "cert=a key=b", ""},
	{"certificate alone", {"--config=c", "--tls-cert-file=a"}, NULL, "--tls-private-key-file is missing"},
	{"key alone", {"--config=c", "--tls-private-key-file=a"}, NULL, "--tls-cert-file is missing"},
	{"TLS 1.3", {"--config=c", "--tls-min-version=VersionTLS13"}, "tls=VersionTLS13", ""},
	{"TLS 1.2", {"--config=c", "--tls-min-version=VersionTLS12"}, "", ""},
	{"TLS 1.1 is raised", {"--config=c", "--tls-min-version=VersionTLS11"}, "", ""},
	{"TLS 1.0 is raised", {"--config=c", "--tls-min-version=VersionTLS10"}, "", ""},
	{"TLS empty", {"--config=c", "--tls-min-version="}, "", ""},
	{"TLS other",
	 {"--config=c", "--tls-min-version=1.2"},
	 NULL,
	 "--tls-min-version: \"1.2\" is none of VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13"},

	{"cipher suites",
	 {"--config=c", "--tls-cipher-suites=TLS_A,TLS_B", "--tls-cipher-suites=TLS_C"},
	 "suites(3)=TLS_A|TLS_B|TLS_C",
	 ""},
	{"SNI", {"--config=c", "--tls-sni-cert-key=a.crt,a.key"}, "sni=a.crt;a.key", ""},
	{"SNI with names, twice",
	 {"--config=c", "--tls-sni-cert-key= a.crt , a.key : x.example, *.y.example ", "--tls-sni-cert-key", "b,c:z"},
	 "sni=a.crt;a.key;x.example;*.y.example sni=b;c;z",
	 ""},
	{"SNI without a key",
	 {"--config=c", "--tls-sni-cert-key=a.crt"},
	 NULL,
	 "--tls-sni-cert-key: \"a.crt\" is not CERT,KEY or CERT,KEY:NAME,..."},
	{"SNI with three files", {"--config=c", "--tls-sni-cert-key=a,b,c"}, NULL, "is not CERT,KEY"},
	{"SNI without names", {"--config=c", "--tls-sni-cert-key=a,b:"}, NULL, "is not CERT,KEY"},
	{"SNI with an empty name", {"--config=c", "--tls-sni-cert-key=a,b:x,,y"}, NULL, "is not CERT,KEY"},
	{"SNI of nothing", {"--config=c", "--tls-sni-cert-key="}, NULL, "is not CERT,KEY"},

	/* Kubernetes */
	{"kubeconfigs",
	 {"--config=c", "--lister-kubeconfig=a", "--authentication-kubeconfig=b", "--authorization-kubeconfig=d"},
	 "lister=a authn=b authz=d",
	 ""},
	{"client limits", {"--config=c", "--client-qps=50.5", "--client-burst", "100"}, "qps=50.5 burst=100", ""},
	{"client without a limit", {"--config=c", "--client-qps=-1"}, "qps=-1", ""},
	{"qps half a number", {"--config=c", "--client-qps=5x"}, NULL, "--client-qps: \"5x\" is no number"},
	{"qps NaN", {"--config=c", "--client-qps=NaN"}, NULL, "--client-qps: \"NaN\" is no number"},
	{"qps infinite", {"--config=c", "--client-qps=+Inf"}, NULL, "--client-qps: \"+Inf\" is no number"},
	{"burst 0", {"--config=c", "--client-burst=0"}, NULL, "--client-burst: \"0\" is no whole number from 1 to"},
	{"discovery", {"--config=c", "--discovery-interval=1m"}, "discovery=60000", ""},
	{"discovery once", {"--config=c", "--discovery-interval=0"}, "discovery=0", ""},

	/* who asks */
	{"lookup",
	 {"--config=c", "--authentication-skip-lookup", "--authentication-tolerate-lookup-failure=true"},
	 "skip-lookup=1 tolerate=1",
	 ""},
	{"caches of reviews",
	 {"--config=c", "--authentication-token-webhook-cache-ttl=1m",
	  "--authorization-webhook-cache-authorized-ttl=2m", "--authorization-webhook-cache-unauthorized-ttl=0"},
	 "token-ttl=60000 authorized-ttl=120000 unauthorized-ttl=0",
	 ""},
	{"CA files",
	 {"--config=c", "--client-ca-file=a", "--requestheader-client-ca-file=b"},
	 "client-ca=a proxy-ca=b",
	 ""},
	{"CA file empty", {"--config=c", "--client-ca-file="}, "", ""},
	{"proxy headers",
	 {"--config=c", "--requestheader-allowed-names=front,aggregator", "--requestheader-username-headers=X-User",
	  "--requestheader-group-headers=X-Group", "--requestheader-extra-headers-prefix=X-Extra-",
	  "--requestheader-uid-headers=X-Uid"},
	 "proxy-names(2)=front|aggregator user-headers(1)=X-User group-headers(1)=X-Group extra-headers(1)=X-Extra- "
	 "uid-headers(1)=X-Uid",
	 ""},
	{"list replaces the default",
	 {"--config=c", "--authorization-always-allow-paths=/a,/b/*"},
	 "paths(2)=/a|/b/*",
	 ""},
	{"list grows",
	 {"--config=c", "--authorization-always-allow-paths=/a,/b", "--authorization-always-allow-paths", "/c"},
	 "paths(3)=/a|/b|/c",
	 ""},
	{"list of nothing", {"--config=c", "--authorization-always-allow-paths="}, "paths(0)=", ""},
	{"list with empty items", {"--config=c", "--requestheader-allowed-names=,a,"}, "proxy-names(3)=|a|", ""},
	{"list with quotes",
	 {"--config=c", "--requestheader-allowed-names=\"a,b\",\"say \"\"c\"\"\",d"},
	 "proxy-names(3)=a,b|say \"c\"|d",
	 ""},
	{"list with a line's end", {"--config=c", "--requestheader-allowed-names=a,b\r\n"}, "proxy-names(2)=a|b", ""},
	{"list with open quotes",
	 {"--config=c", "--requestheader-allowed-names=\"a"},
	 NULL,
	 "--requestheader-allowed-names: the quotes in \"\"a\" do not fit"},
	{"list with quotes inside", {"--config=c", "--requestheader-allowed-names=a\"b\""}, NULL, "do not fit"},
	{"list with text behind quotes", {"--config=c", "--requestheader-allowed-names=\"a\"b"}, NULL, "do not fit"},
	{"list with one quote", {"--config=c", "--requestheader-allowed-names=\""}, NULL, "do not fit"},
	{"allowed path with * inside",
	 {"--config=c", "--authorization-always-allow-paths=/a,/*/b"},
	 NULL,
	 "--authorization-always-allow-paths: \"/*/b\" has a * that is not at its end"},
	{"standalone", {"--config=c", "--standalone"}, "bind=127.0.0.1 standalone=1", ""},
	{"standalone on another loopback",
	 {"--config=c", "--standalone", "--bind-address=127.9.9.9"},
	 "bind=127.9.9.9 bind-given=1 standalone=1",
	 ""},
	{"standalone on ::1",
	 {"--config=c", "--standalone", "--bind-address=::1"},
	 "bind=::1 bind-given=1 standalone=1",
	 ""},
	{"standalone on mapped loopback",
	 {"--config=c", "--standalone", "--bind-address=::ffff:127.0.0.1"},
	 "bind=::ffff:127.0.0.1 bind-given=1 standalone=1",
	 ""},
	{"standalone for all",
	 {"--config=c", "--standalone", "--bind-address=0.0.0.0"},
	 NULL,
	 "--bind-address 0.0.0.0 can be reached by others: bind to 127.0.0.1, or add --standalone-allow-remote"},
	{"standalone for all, IPv6",
	 {"--config=c", "--standalone", "--bind-address=::"},
	 NULL,
	 "add --standalone-allow-remote"},
	{"standalone for all, mapped",
	 {"--config=c", "--standalone", "--bind-address=::ffff:10.0.0.1"},
	 NULL,
	 "add --standalone-allow-remote"},
	{"standalone, remote allowed",
	 {"--config=c", "--standalone", "--bind-address=0.0.0.0", "--standalone-allow-remote"},
	 "bind-given=1 standalone=1 remote=1",
	 ""},
	{"remote allowed without standalone",
	 {"--config=c", "--standalone-allow-remote"},
	 NULL,
	 "only together with --standalone"},

	/* logs and others */
	{"format", {"--config=c", "--logging-format=json"}, "format=json", ""},
	{"format other",
	 {"--config=c", "--logging-format=xml"},
	 NULL,
	 "--logging-format: \"xml\" is none of text, json"},
	{"check-config", {"--config=c", "--check-config"}, "check=1", ""},
	{"version without config", {"--version"}, "config=NULL max-age=0 version=1", ""},
	{"help without config", {"--help"}, "config=NULL max-age=0 help=1", ""},
	{"-h", {"-h"}, "config=NULL max-age=0 help=1", ""},
	{"help ends the reading", {"--help", "--nonsense"}, "config=NULL max-age=0 help=1", ""},
	{"joined letters", {"--config=c", "-hv3"}, "max-age=0 v=3 help=1", ""},

	/* known flags without effect */
	{"unused with value",
	 {"--config=c", "--tls-curve-preferences=X25519", "--vmodule", "100"},
	 "unused[--tls-curve-preferences] unused[--vmodule]",
	 ""},
	{"unused twice is named once",
	 {"--config=c", "--tls-curve-preferences=a", "--tls-curve-preferences=b"},
	 "unused[--tls-curve-preferences]",
	 ""},
	{"unused switch",
	 {"--config=c", "--profiling=false", "--disable-http2"},
	 "unused[--profiling] unused[--disable-http2]",
	 ""},
	{"unused switch takes no next", {"--config=c", "--logtostderr", "--v=4"}, "v=4 unused[--logtostderr]", ""},
	{"unused switch with nonsense",
	 {"--config=c", "--profiling=maybe"},
	 NULL,
	 "--profiling: \"maybe\" is neither true nor false"},
	{"unused without its value", {"--config=c", "--vmodule"}, NULL, "flag needs an argument: --vmodule"},
	{"unused audit flags",
	 {"--config=c", "--audit-log-path=-", "--audit-policy-file=p", "--audit-webhook-batch-throttle-enable",
	  "--audit-log-truncate-max-batch-size", "1"},
	 "unused[--audit-log-path] unused[--audit-policy-file] unused[--audit-webhook-batch-throttle-enable] "
	 "unused[--audit-log-truncate-max-batch-size]",
	 ""},
	{"unused klog flag with underscores", {"--config=c", "--log_dir=/x"}, "unused[--log-dir]", ""},
	{"chart of prometheus-adapter",
	 {"/adapter", "--secure-port=6443", "--cert-dir=/tmp/cert",
	  "--prometheus-url=http://prometheus.default.svc:9090", "--metrics-relist-interval=1m", "--v=4",
	  "--config=/etc/adapter/config.yaml"},
	 "config=/etc/adapter/config.yaml url[http://prometheus.default.svc:9090] relist=60000 max-age=60000 port=6443 "
	 "cert-dir=/tmp/cert v=4",
	 ""},
	{"kube-prometheus",
	 {"--cert-dir=/var/run/serving-cert", "--config=/etc/adapter/config.yaml", "--metrics-relist-interval=1m",
	  "--prometheus-url=https://prometheus-k8s.monitoring.svc:9090/", "--secure-port=6443",
	  "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA"},
	 "config=/etc/adapter/config.yaml url[https://prometheus-k8s.monitoring.svc:9090/] relist=60000 max-age=60000 "
	 "port=6443 cert-dir=/var/run/serving-cert "
	 "suites(2)=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256|TLS_RSA_WITH_AES_256_CBC_SHA",
	 ""},
	{"ACK",
	 {"--config=c", "--prometheus-insecure=false", "--cost-weights={\"cpu\": \"1.0\"}", "--metrics-max-age=20m"},
	 "max-age=1200000 unused[--cost-weights]",
	 ""},
	{"nothing at all", {NULL}, NULL, "--config is required"},
};

static void test_case(void **state)
{
	const struct options_case *c = *state;
	char *argv[ARGUMENTS_MAX + 2] = {strdup("gaugelet")};
	struct options options = {.verbosity = -7};
	struct buf got = {0};
	struct err err = {0};
	int argc = 1;

	for (; argc <= ARGUMENTS_MAX && c->arguments[argc - 1] != NULL; argc++)
		argv[argc] = strdup(c->arguments[argc - 1]);
	assert_int_equal(options_parse(argc, argv, &options, &err), c->want != NULL);
	assert_int_equal(err.code, c->want != NULL ? ERR_NONE : ERR_INVALID);
	if (strstr(err.msg, c->message) == NULL || (c->message[0] == '\0') != (err.msg[0] == '\0'))
		assert_string_equal(err.msg, c->message);
	assert_null(strstr(err.msg, "secret"));
	if (c->want != NULL) {
		write_differences(&got, &options);
		assert_string_equal(buf_cstr(&got), c->want);
	} else {
		assert_int_equal(options.verbosity, -7); /* untouched on failure */
		options = (struct options){0};
	}
	options_clear(&options);
	buf_clear(&got);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
}

static void test_no_program_name(void **state)
{
	char *argv[] = {NULL};
	struct options options;
	struct err err = {0};

	(void)state;
	assert_false(options_parse(0, argv, &options, &err));
	assert_non_null(strstr(err.msg, "--config is required"));
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[count++] = (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, &cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_no_program_name);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
