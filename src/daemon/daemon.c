/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <stdio.h>

#include "cluster.h"
#include "confine.h"
#include "credentials.h"
#include "heap.h"

#include <signal.h>

#include "api/reason.h"
#include "api/status.h"
#include "base/log.h"
#include "base/vec.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "kube/objects.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "net/loop.h"
#include "net/process.h"
#include "prom/client.h"
#include "prom/discovery.h"
#include "prom/names.h"
#include "prom/query_cache.h"
#include "server/certificate.h"
#include "server/dispatch.h"
#include "server/http.h"
#include "server/own_metrics.h"

enum {
	MAX_CONNECTIONS = 1000,
	FILES_MIN = 4096,	  /* descriptors: connections twice, while they are closed, and everything else */
	IDLE_TIMEOUT_MS = 120000, /* the aggregator keeps its connections for 90 s */
	HANDSHAKE_TIMEOUT_MS = 5000,
	REQUEST_TIMEOUT_MS = 32000, /* for the head and body of a request to arrive */
	UNREAD_TIMEOUT_MS = 10000,
	DRAIN_MS = 25000, /* for requests under way; kubelet kills after 30 s */
	DRAIN_LOOK_MS = 20,
	QUERY_TIMEOUT_MS = 30000,
	SERIES_TIMEOUT_MS = 30000,
	QUERY_BYTES_MAX_ANSWER = 64 << 20,
	PROMETHEUS_CONNECTIONS = 32,
	NEGATIVE_TTL_MS = 1000,
	RULES_LOOK_MS = 60000,
	RULES_SETTLE_MS = 50, /* and as much again in the watch */
	RULES_GONE_MS = 1000,
	NEW_RULES_DEADLINE_MS = 10000,
	CACHE_BYTES_MAX = 32 << 20,
	PROBES_TTL_MS = 30 * 1000,
	PROBES_BYTES_MAX = 8 << 20,
};

struct daemon {
	const struct options *options;
	struct loop *loop;
	struct reload *reload;
	struct rules *rules;	      /* that the start was with */
	const struct rules *served;   /* of dispatch's catalog; lent */
	struct resource_table *table; /* of resources */
	struct cluster *cluster;      /* NULL when standalone */
	struct credentials *credentials;
	struct prom *prom;
	struct query_cache *cache, *probes; /* probes: NULL when nothing is investigated */
	struct discovery *discovery;
	struct names *names; /* NULL without --gke-names */
	struct certificate *certificate;
	struct dispatch *dispatch;
	struct http_server *server;
	struct buf overload; /* the answer to those for whom no memory is left */
	struct heap heap;
	struct loop_timer drain;
	int64_t drain_until_ms;
};

/* ---- life */

static enum on_duplicate on_duplicate_of(const char *word)
{
	size_t i = 0;

	while (policy_duplicate_words[i] && !str_eq(str_of(policy_duplicate_words[i]), str_of(word)))
		i++;
	return (enum on_duplicate)(i + DUPLICATE_ERROR); /* the table of flags takes no other word */
}

static struct api_groups groups_of(const struct daemon *daemon, const struct rules *rules)
{
	bool gke_names = daemon->options->gke_names;

	return (struct api_groups){
		.custom = rules->custom_count > 0 || gke_names, .external = true, .resource = rules->resource != NULL};
}

static void keep_pod_states(struct daemon *daemon, const struct rules *rules)
{
	if (daemon->cluster && (rules->resource || rules_want_ready_pods(rules)))
		objects_keep_pod_states(cluster_objects(daemon->cluster));
}

/* The only moment at which requests see other rules. */
static void set_catalog(void *context, struct catalog *catalog)
{
	struct daemon *daemon = context;
	const struct rules *rules = catalog_rules(catalog);

	dispatch_set_catalog(daemon->dispatch, catalog, groups_of(daemon, rules));
	if (rules == daemon->served)
		return;
	daemon->served = rules;
	keep_pod_states(daemon, rules);
	query_cache_clear(daemon->cache);
	log_info("serving the new rules from now on, %zu custom and %zu external", rules->custom_count,
		 rules->count - rules->custom_count);
}

static void set_rules(void *context, struct rules *rules)
{
	struct daemon *daemon = context;

	discovery_set_rules(daemon->discovery, rules);
	rules_unref(rules);
}

static const struct series_finding *findings(void *context)
{
	struct daemon *daemon = context;

	return discovery_findings(daemon->discovery);
}

static bool look(void *context, const struct rules *rules, size_t series_query, int64_t until_ms,
		 struct discovery_wait *wait)
{
	struct daemon *daemon = context;

	return discovery_wait(daemon->discovery, rules, series_query, until_ms, wait);
}

static const struct metric_names *known(void *context)
{
	struct daemon *daemon = context;

	return names_known(daemon->names);
}

static void add_own_metrics(void *context, struct own_metrics *metrics)
{
	const struct daemon *daemon = context;
	struct reload_stats stats = reload_stats(daemon->reload);

	metrics->server = daemon->server;
	metrics->certificate = daemon->certificate;
	if (daemon->options->config == NULL)
		return;
	metrics->reloads = (struct own_reloads){.good = stats.good,
						.failed = stats.failed,
						.unchanged = stats.unchanged,
						.last_good = stats.last_good,
						.last_good_ms = stats.last_good_ms};
}

/* Before discovery has found anything there is a catalog without metrics. */
static struct catalog *empty_catalog(struct daemon *daemon)
{
	CLEANUP(catalog_builder_free_at) struct catalog_builder *builder = NULL;
	const struct series_set **none = xcalloc(daemon->rules->series_query_count, sizeof(struct series_set *));

	builder = catalog_builder_new(daemon->rules, daemon->table, none);
	while (!catalog_builder_step(builder, SIZE_MAX))
		;
	vec_release(none);
	return catalog_builder_take(builder);
}

static void look_drained(void *context)
{
	struct daemon *daemon = context;

	if (http_server_active(daemon->server) && loop_now_ms(daemon->loop) < daemon->drain_until_ms)
		loop_timer_set(daemon->loop, &daemon->drain, DRAIN_LOOK_MS);
	else
		loop_stop(daemon->loop);
}

/* Not ready, accept no more, let what is under way end; a second signal does not wait. */
static void stop(void *context, int number)
{
	struct daemon *daemon = context;

	if (daemon->drain.handler) {
		loop_stop(daemon->loop);
		return;
	}
	log_info("stopping on signal %d", number);
	dispatch_stop(daemon->dispatch);
	http_server_stop_accepting(daemon->server);
	daemon->drain = (struct loop_timer){.handler = look_drained, .context = daemon};
	daemon->drain_until_ms = loop_now_ms(daemon->loop) + DRAIN_MS;
	loop_timer_set(daemon->loop, &daemon->drain, 0);
}

static bool start_prometheus(struct daemon *daemon, struct err *err)
{
	const struct options *options = daemon->options;
	struct prom_options prom = {
		.url = options->prometheus_urls.items[0],
		.more_urls = options->prometheus_urls.items + 1,
		.post = str_eq(str_of(options->prometheus_verb), STR("POST")),
		.query_timeout_ms = QUERY_TIMEOUT_MS,
		.series_timeout_ms = SERIES_TIMEOUT_MS,
		.query_bytes_max = QUERY_BYTES_MAX_ANSWER,
		.samples_bytes_max = (size_t)options->max_samples_bytes,
		.max_connections = PROMETHEUS_CONNECTIONS,
		.max_clock_skew_ms = options->max_clock_skew_ms,
		.allow_partial = options->allow_partial,
	};
	const struct query_cache_options cache = {.ttl_ms = options->cache_ttl_ms,
						  .negative_ttl_ms = NEGATIVE_TTL_MS,
						  .serve_stale_ms = options->serve_stale_ms,
						  .max_bytes = CACHE_BYTES_MAX};
	/* What an investigation found is told again to the next request. */
	const struct query_cache_options probes = {
		.ttl_ms = PROBES_TTL_MS, .negative_ttl_ms = PROBES_TTL_MS, .max_bytes = PROBES_BYTES_MAX};
	const struct discovery_options discovery = {.relist_ms = options->metrics_relist_interval_ms,
						    .max_age_ms = options->metrics_max_age_ms,
						    .deadline_ms = NEW_RULES_DEADLINE_MS};
	const struct names_options names = {.relist_ms = discovery.relist_ms, .max_age_ms = discovery.max_age_ms};

	daemon->credentials = credentials_new(daemon->loop, options, &prom, err);
	daemon->prom = daemon->credentials ? prom_new(daemon->loop, &prom, err) : NULL;
	if (daemon->prom == NULL)
		return false;
	daemon->cache = query_cache_new(daemon->loop, daemon->prom, &cache);
	if (options->investigate)
		daemon->probes = query_cache_new(daemon->loop, daemon->prom, &probes);
	daemon->discovery = discovery_new(daemon->loop, daemon->prom, daemon->rules, daemon->table, &discovery,
					  set_catalog, daemon);
	if (options->gke_names)
		daemon->names = names_new(daemon->loop, daemon->prom, &names);
	return true;
}

/* ---- the cluster */

static void set_resources(void *context, struct resource_table *table)
{
	struct daemon *daemon = context;

	resource_table_unref(daemon->table);
	daemon->table = table;
	discovery_set_resources(daemon->discovery, table);
	log_v(2, "the cluster has %zu resources", resource_table_count(table));
}

static bool start_cluster(struct daemon *daemon, struct err *err)
{
	daemon->cluster = cluster_new(daemon->loop, daemon->options, set_resources, daemon, err);
	keep_pod_states(daemon, daemon->rules);
	return daemon->cluster != NULL;
}

static bool start_certificate(struct daemon *daemon, struct err *err)
{
	const struct options *options = daemon->options;

	daemon->certificate = options->tls_cert_file
				      ? certificate_load(options->tls_cert_file, options->tls_private_key_file, err)
				      : certificate_make(options->cert_dir, options->bind_address, err);
	if (daemon->certificate == NULL)
		return false;
	for (size_t i = 0; i < options->tls_sni_count; i++) {
		const struct sni_option *sni = &options->tls_sni[i];

		if (!certificate_add(daemon->certificate, sni->cert_file, sni->key_file, sni->names.items, err))
			return err_wrap(err, "--tls-sni-cert-key");
	}
	certificate_watch(daemon->certificate, daemon->loop);
	return true;
}

static void overload_write(struct buf *out)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_OVERLOADED);
	status_write(out, NULL, STATUS_UNAVAILABLE, STR(""), &reason, NULL, false);
}

static bool start_serving(struct daemon *daemon, struct err *err)
{
	const struct options *options = daemon->options;
	struct http_server_options http = {
		.bind_address = options->bind_address,
		.port = options->secure_port,
		.max_connections = MAX_CONNECTIONS,
		.handshake_timeout_ms = HANDSHAKE_TIMEOUT_MS,
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.request_timeout_ms = REQUEST_TIMEOUT_MS,
		.unread_timeout_ms = UNREAD_TIMEOUT_MS,
		.response_bytes_max = (uint64_t)options->max_response_bytes,
		.min_tls_version = options->tls_min_version,
		.cipher_suites = options->tls_cipher_suites.items,
		.ask_certificate = !options->standalone,
	};
	struct dispatch_settings settings = {
		.loop = daemon->loop,
		.prom = daemon->prom,
		.cache = daemon->cache,
		.probes = daemon->probes,
		.on_duplicate = on_duplicate_of(options->on_duplicate),
		.groups = groups_of(daemon, daemon->rules),
		.empty_list_ok = options->empty_list_ok,
		.lenient_resource_metrics = options->lenient_resource_metrics,
		.gke_names = options->gke_names,
		.max_age_ms = options->metrics_max_age_ms,
		.max_sample_age_ms = options->max_sample_age_ms,
		.max_clock_skew_ms = options->max_clock_skew_ms,
		.sample_age = options->sample_age,
		.findings = findings,
		.look = look,
		.known = known,
		.add_own_metrics = add_own_metrics,
		.context = daemon,
	};

	if (!start_certificate(daemon, err))
		return false;
	overload_write(&daemon->overload);
	http.overload_body = buf_cstr(&daemon->overload);
	if (daemon->cluster) {
		settings.auth = cluster_auth(daemon->cluster);
		settings.objects = cluster_objects(daemon->cluster);
		settings.resources = cluster_resources(daemon->cluster);
	}
	daemon->served = daemon->rules;
	daemon->dispatch = dispatch_new(&settings, empty_catalog(daemon));
	daemon->server =
		http_server_new(daemon->loop, &http, daemon->certificate, dispatch_handle, daemon->dispatch, err);
	if (daemon->server == NULL)
		return false;
	log_info("serving on %s:%u", options->bind_address, http_server_port(daemon->server));
	return true;
}

static bool start(struct daemon *daemon, struct err *err)
{
	signal(SIGPIPE, SIG_IGN);
	process_raise_files(FILES_MIN);
	daemon->loop = loop_new(err);
	daemon->table = daemon->options->standalone ? resource_table_builtin() : resource_table_new();
	return daemon->loop && loop_signal(daemon->loop, SIGTERM, stop, daemon, err) &&
	       loop_signal(daemon->loop, SIGINT, stop, daemon, err) && start_prometheus(daemon, err) &&
	       (daemon->options->standalone || start_cluster(daemon, err)) && start_serving(daemon, err) &&
	       reload_watch(daemon->reload, daemon->loop, set_rules, daemon, err);
}

static void take_apart(struct daemon *daemon)
{
	heap_end(&daemon->heap);
	reload_free(daemon->reload);
	http_server_free(daemon->server);
	buf_clear(&daemon->overload);
	dispatch_free(daemon->dispatch);
	certificate_free(daemon->certificate);
	cluster_free(daemon->cluster);
	names_free(daemon->names);
	discovery_free(daemon->discovery);
	query_cache_free(daemon->probes);
	query_cache_free(daemon->cache);
	prom_free(daemon->prom);
	credentials_free(daemon->credentials);
	resource_table_unref(daemon->table);
	rules_unref(daemon->rules);
	loop_free(daemon->loop);
}

static void warn_of_unused(const struct options *options)
{
	CLEANUP(buf_clear) struct buf names = {0};

	for (size_t i = 0; i < options->unused.count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", options->unused.items[i]);
	if (names.len)
		log_warn("flags that have no effect here: %s", buf_cstr(&names));
}

/* For `--check-config`: that all is well, and how much of it there is. */
static void print_checked(const struct daemon *daemon)
{
	const struct rules_spec *spec = daemon->rules->spec;
	size_t rules = spec->rule_count + spec->external_rule_count + 2 * (size_t)spec->has_resource_rules;
	size_t warnings = reload_warnings(daemon->reload);

	printf("OK: %zu rule%s, %zu warning%s\n", rules, rules == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

enum daemon_exit daemon_run(const struct options *options)
{
	const struct reload_options reload = {.path = options->config,
					      .external_from_rules = options->external_from_rules,
					      .exact_names = options->managed,
					      .look_ms = RULES_LOOK_MS,
					      .settle_ms = RULES_SETTLE_MS,
					      .gone_ms = RULES_GONE_MS};
	struct daemon daemon = {.options = options, .reload = reload_new(&reload)};
	enum daemon_exit how = DAEMON_STOPPED;
	struct err err = {0};

	log_setup(str_eq(str_of(options->logging_format), STR("json")) ? LOG_JSON : LOG_TEXT, (int)options->verbosity);
	if (!reload_first(daemon.reload, &daemon.rules)) {
		reload_free(daemon.reload);
		return DAEMON_REFUSED;
	}
	warn_of_unused(options);
	if (options->check_config) {
		print_checked(&daemon);
	} else if (start(&daemon, &err)) {
		heap_watch(&daemon.heap, daemon.loop);
		confine(options);
		loop_run(daemon.loop);
		log_info("stopped");
	} else {
		log_error("cannot start: %s", err.msg);
		how = err.code == ERR_INVALID ? DAEMON_REFUSED : DAEMON_FAILED;
	}
	take_apart(&daemon);
	return how;
}
