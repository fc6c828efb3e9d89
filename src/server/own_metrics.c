/* SPDX-License-Identifier: Apache-2.0 */
#include "server/own_metrics.h"

#include "own_in.h"

#include <stdlib.h>

#include "api/request.h"
#include "kube/objects.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/series.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "net/process.h"
#include "prom/query_cache.h"
#include "prom/stats.h"
#include "server/auth.h"
#include "server/certificate.h"
#include "server/http.h"
#include "server/traffic.h"

enum { QUERY_LABEL_BYTES = 200 }; /* of a seriesQuery; a label of many kilobytes would be with every sample of it */

#define LABELS EXPOSITION_LABELS

/* ---- one family */

static void family(struct exposition *out, enum own_family number)
{
	exposition_family(out, &own_families[number]);
}

static void count(struct exposition *out, enum own_family number, uint64_t value)
{
	family(out, number);
	exposition_count(out, NULL, value);
}

static void number(struct exposition *out, enum own_family number, double value)
{
	family(out, number);
	exposition_number(out, NULL, value);
}

/* A family whose samples differ in one label. */
struct choice {
	const char *value;
	uint64_t count;
};

static void choices(struct exposition *out, enum own_family number, const char *label, const struct choice *all,
		    size_t all_count)
{
	family(out, number);
	for (size_t i = 0; i < all_count; i++)
		exposition_count(out, LABELS({label, str_of(all[i].value)}), all[i].count);
}

#define CHOICES(out, number, label, ...)                                                                               \
	choices(out, number, label, (const struct choice[]){__VA_ARGS__},                                              \
		COUNT_OF(((const struct choice[]){__VA_ARGS__})))

/* ---- the process */

static void write_process(const struct own_metrics *metrics, struct exposition *out)
{
	struct process_stats process = process_stats();
	struct loop_stats loop = loop_stats(metrics->loop);

	family(out, OWN_BUILD_INFO);
	exposition_count(out, LABELS({"version", STR(GAUGELET_VERSION)}), 1);
	number(out, OWN_CPU, process.cpu_s);
	if (process.has_memory) {
		count(out, OWN_RESIDENT, process.resident_bytes);
		count(out, OWN_VIRTUAL, process.virtual_bytes);
	}
	if (process.has_fds)
		count(out, OWN_OPEN_FDS, process.open_fds);
	if (process.max_fds != UINT64_MAX)
		count(out, OWN_MAX_FDS, process.max_fds);
	number(out, OWN_START_TIME, (double)metrics->started_ms / 1000);
	family(out, OWN_LOOP_TURN);
	exposition_histogram(out, NULL, &loop.turns);
	number(out, OWN_LOOP_LONGEST, loop.longest_s);
}

/* ---- requests */

static void write_requests(const struct traffic *traffic, struct exposition *out)
{
	family(out, OWN_REQUESTS);
	for (size_t route = 0; route < TRAFFIC_ROUTES; route++)
		for (size_t verb = 0; verb < TRAFFIC_VERBS; verb++)
			for (size_t code = 0; code < TRAFFIC_CODES; code++)
				if (traffic->answered[route][verb][code])
					exposition_count(
						out,
						LABELS({"route", str_of(traffic_route_name((enum traffic_route)route))},
						       {"verb", str_of(traffic_verb_name(verb))},
						       {"code", str_of(traffic_code_name(code))}),
						traffic->answered[route][verb][code]);
	family(out, OWN_REQUEST_SECONDS);
	for (size_t route = 0; route < TRAFFIC_ROUTES; route++)
		exposition_histogram(out, LABELS({"route", str_of(traffic_route_name((enum traffic_route)route))}),
				     &traffic->seconds[route]);
}

static void write_server(const struct own_metrics *metrics, struct exposition *out)
{
	const struct traffic *traffic = http_server_traffic(metrics->server);

	write_requests(traffic, out);
	count(out, OWN_IN_FLIGHT, http_server_active(metrics->server));
	count(out, OWN_CONNECTIONS, http_server_connections(metrics->server));
	count(out, OWN_CONNECTIONS_MAX, http_server_max_connections(metrics->server));
	count(out, OWN_ACCEPTED, traffic->accepted);
}

/* A file that serves several names is one sample. */
static bool is_told(const struct certificate *certificate, size_t before, struct str file)
{
	for (size_t i = 0; i < before; i++)
		if (str_eq(certificate_end_of(certificate, i).file, file))
			return true;
	return false;
}

static void write_certificate(const struct certificate *certificate, struct exposition *out)
{
	family(out, OWN_CERTIFICATE);
	for (size_t i = 0; i < certificate_count(certificate); i++) {
		struct certificate_end end = certificate_end_of(certificate, i);

		if (!is_told(certificate, i, end.file))
			exposition_number(out, LABELS({"file", end.file}), (double)end.end_s);
	}
}

static void write_reviews(const struct auth_stats *stats, struct exposition *out)
{
	static const struct str NAMES[AUTH_REVIEWS] = {
		[AUTH_TOKEN] = STR_INIT("token"), [AUTH_ACCESS] = STR_INIT("access")};

	family(out, OWN_LOOKUPS);
	for (size_t i = 0; i < AUTH_REVIEWS; i++) {
		exposition_count(out, LABELS({"review", NAMES[i]}, {"result", STR("hit")}), stats->reviews[i]->hits);
		exposition_count(out, LABELS({"review", NAMES[i]}, {"result", STR("joined")}),
				 stats->reviews[i]->joined);
		exposition_count(out, LABELS({"review", NAMES[i]}, {"result", STR("sent")}), stats->reviews[i]->sent);
	}
	family(out, OWN_REVIEW_SECONDS);
	for (size_t i = 0; i < AUTH_REVIEWS; i++)
		exposition_histogram(out, LABELS({"review", NAMES[i]}), &stats->reviews[i]->seconds);
	family(out, OWN_REVIEW_FAILURES);
	for (size_t i = 0; i < AUTH_REVIEWS; i++)
		exposition_count(out, LABELS({"review", NAMES[i]}), stats->reviews[i]->failures);
}

static void write_auth(const struct auth_stats *stats, struct exposition *out)
{
	const uint64_t *verdicts = stats->verdicts;

	CHOICES(out, OWN_CHECKS, "verdict", {"allowed", verdicts[AUTH_ALLOWED]},
		{"unauthenticated", verdicts[AUTH_UNAUTHENTICATED]}, {"forbidden", verdicts[AUTH_FORBIDDEN]},
		{"error", verdicts[AUTH_ERROR]});
	write_reviews(stats, out);
}

/* ---- the cluster */

static void write_objects(void *context, const struct objects_watched *watched)
{
	if (watched->known)
		exposition_count(context, LABELS({"resource", watched->resource}), watched->count);
}

static void write_broken(void *context, const struct objects_watched *watched)
{
	exposition_number(context, LABELS({"resource", watched->resource}), (double)watched->broken_ms / 1000);
}

static void write_watch_failures(void *context, const struct objects_watched *watched)
{
	exposition_count(context, LABELS({"resource", watched->resource}), watched->failures);
}

static void write_watches(const struct objects *objects, struct exposition *out)
{
	family(out, OWN_OBJECTS);
	objects_each_watched(objects, write_objects, out);
	family(out, OWN_WATCH_BROKEN);
	objects_each_watched(objects, write_broken, out);
	family(out, OWN_WATCH_FAILURES);
	objects_each_watched(objects, write_watch_failures, out);
}

/* ---- rules and discovery */

static void write_catalog(const struct own_metrics *metrics, struct exposition *out)
{
	const struct catalog *catalog = metrics->catalog;
	const struct rules *rules = catalog_rules(catalog);
	const struct own_reloads *reloads = &metrics->reloads;

	count(out, OWN_RESOURCES, resource_table_count(catalog_resources(catalog)));
	CHOICES(out, OWN_RULES, "kind", {"custom", rules->custom_count},
		{"external", rules->count - rules->custom_count});
	CHOICES(out, OWN_CATALOG, "kind", {"custom", catalog_count(catalog, false)},
		{"external", catalog_count(catalog, true)});
	if (reloads->last_good_ms == 0)
		return;
	CHOICES(out, OWN_RELOADS, "result", {"good", reloads->good}, {"failed", reloads->failed},
		{"unchanged", reloads->unchanged});
	count(out, OWN_RELOAD_GOOD, reloads->last_good);
	number(out, OWN_RELOAD_TIME, (double)reloads->last_good_ms / 1000);
}

/* A search as it is labelled. */
struct search {
	struct buf rule, query;
	const struct series_finding *finding;
};

/* Each search has labels of its own: its text tells it from the others, or where that is cut its number does. */
static void put_query(struct buf *out, struct str query, size_t number)
{
	struct str front = str_slice(query, 0, QUERY_LABEL_BYTES);

	if (front.len < query.len) {
		front.len = str_whole_characters(front);
		buf_put(out, front);
		buf_printf(out, "... #%zu", number + 1);
	} else {
		buf_put(out, query);
	}
}

static struct search *searches_new(const struct own_metrics *metrics)
{
	const struct rules *rules = catalog_rules(metrics->catalog);
	struct search *searches = xcalloc(rules->series_query_count + 1, sizeof(*searches));

	for (size_t i = 0; i < rules->count; i++)
		if (searches[rules->list[i].series_query].rule.len == 0)
			rule_write_place(&searches[rules->list[i].series_query].rule, &rules->list[i]);
	for (size_t i = 0; i < rules->series_query_count; i++) {
		put_query(&searches[i].query, rules->series_queries[i], i);
		searches[i].finding = &metrics->findings[i];
	}
	return searches;
}

static void searches_free(struct search *searches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_clear(&searches[i].rule);
		buf_clear(&searches[i].query);
	}
	free(searches);
}

#define SEARCH_LABELS(search) LABELS({"rule", buf_str(&(search)->rule)}, {"series_query", buf_str(&(search)->query)})

static void write_findings(const struct search *searches, size_t count, struct exposition *out)
{
	family(out, OWN_DISCOVERY_AGE);
	for (const struct search *search = searches; search < searches + count; search++)
		if (search->finding->found)
			exposition_number(out, SEARCH_LABELS(search), (double)search->finding->age_ms / 1000);
	family(out, OWN_DISCOVERY_SERIES);
	for (const struct search *search = searches; search < searches + count; search++)
		if (search->finding->found)
			exposition_count(out, SEARCH_LABELS(search), search->finding->series);
	family(out, OWN_DISCOVERY_KINDS);
	for (const struct search *search = searches; search < searches + count; search++)
		if (search->finding->found)
			exposition_count(out, SEARCH_LABELS(search), search->finding->kinds);
	family(out, OWN_DISCOVERY_FAILURES);
	for (const struct search *search = searches; search < searches + count; search++)
		exposition_count(out, SEARCH_LABELS(search), search->finding->failures);
	family(out, OWN_DISCOVERY_FAILING);
	for (const struct search *search = searches; search < searches + count; search++)
		exposition_number(out, SEARCH_LABELS(search), (double)search->finding->failing_s);
}

static void write_discovery(const struct own_metrics *metrics, struct exposition *out)
{
	size_t count = catalog_rules(metrics->catalog)->series_query_count;
	struct search *searches = searches_new(metrics);

	write_findings(searches, count, out);
	searches_free(searches, count);
}

/* ---- Prometheus */

/* Its URL; the same one given again, perhaps with other credentials, has a number behind it. */
static struct str server_of(const struct prom_stats *stats, size_t number, struct buf *out)
{
	struct str url = stats->upstreams[number].url;
	size_t same = 1;

	for (size_t i = 0; i < number; i++)
		same += str_eq(stats->upstreams[i].url, url);
	buf_reset(out);
	buf_put(out, url);
	if (same > 1)
		buf_printf(out, " #%zu", same);
	return buf_str(out);
}

typedef void path_writer(struct exposition *out, struct str path, struct str server,
			 const struct prom_path_stats *stats);

static void each_path(const struct prom_stats *stats, struct exposition *out, enum own_family number,
		      path_writer *writer)
{
	CLEANUP(buf_clear) struct buf path = {0};
	CLEANUP(buf_clear) struct buf server = {0};

	family(out, number);
	for (size_t i = 0; i < stats->count; i++) {
		(void)server_of(stats, i, &server);
		for (size_t j = 0; j < PROM_PATH_COUNT; j++) {
			buf_reset(&path);
			buf_printf(&path, "/api/v1/%s", prom_path_name((enum prom_path)j));
			writer(out, buf_str(&path), buf_str(&server), &stats->upstreams[i].paths[j]);
		}
	}
}

static void write_seconds(struct exposition *out, struct str path, struct str server,
			  const struct prom_path_stats *stats)
{
	exposition_histogram(out, LABELS({"path", path}, {"server", server}), &stats->seconds);
}

static void write_latency(struct exposition *out, struct str path, struct str server,
			  const struct prom_path_stats *stats)
{
	exposition_histogram(out, LABELS({"endpoint", path}, {"server", server}), &stats->seconds);
}

static void write_results(struct exposition *out, struct str path, struct str server,
			  const struct prom_path_stats *stats)
{
	char class[] = "0xx";

	for (size_t i = 0; i < PROM_CLASS_COUNT; i++) {
		class[0] = (char)('0' + i);
		if (stats->classes[i])
			exposition_count(out, LABELS({"path", path}, {"server", server}, {"result", str_of(class)}),
					 stats->classes[i]);
	}
	for (size_t i = 0; i < UPSTREAM_FAULT_COUNT; i++)
		if (stats->faults[i])
			exposition_count(out,
					 LABELS({"path", path}, {"server", server},
						{"result", str_of(prom_fault_name((enum upstream_fault)i))}),
					 stats->faults[i]);
}

static void write_retries(struct exposition *out, struct str path, struct str server,
			  const struct prom_path_stats *stats)
{
	exposition_count(out, LABELS({"path", path}, {"server", server}), stats->retries);
}

static void write_not_asked(struct exposition *out, struct str path, struct str server,
			    const struct prom_path_stats *stats)
{
	exposition_count(out, LABELS({"path", path}, {"server", server}), stats->not_asked);
}

static void write_breakers(const struct prom_stats *stats, struct exposition *out)
{
	static const struct {
		enum breaker_state state;
		struct str name;
	} STATES[] = {
		{BREAKER_CLOSED, STR_INIT("closed")},
		{BREAKER_OPEN, STR_INIT("open")},
		{BREAKER_HALF_OPEN, STR_INIT("half_open")},
		{BREAKER_BACKING_OFF, STR_INIT("backing_off")},
	};

	CLEANUP(buf_clear) struct buf server = {0};

	family(out, OWN_PROM_BREAKER);
	for (size_t i = 0; i < stats->count; i++)
		for (size_t j = 0; j < COUNT_OF(STATES); j++)
			exposition_count(out,
					 LABELS({"server", server_of(stats, i, &server)}, {"state", STATES[j].name}),
					 stats->upstreams[i].breaker == STATES[j].state);
	family(out, OWN_PROM_OPENED);
	for (size_t i = 0; i < stats->count; i++)
		exposition_count(out, LABELS({"server", server_of(stats, i, &server)}),
				 stats->upstreams[i].times_opened);
}

static void write_prometheus(const struct prom_stats *stats, struct exposition *out)
{
	each_path(stats, out, OWN_PROM_SECONDS, write_seconds);
	each_path(stats, out, OWN_PROM_LATENCY, write_latency);
	each_path(stats, out, OWN_PROM_REQUESTS, write_results);
	each_path(stats, out, OWN_PROM_RETRIES, write_retries);
	each_path(stats, out, OWN_PROM_NOT_ASKED, write_not_asked);
	write_breakers(stats, out);
	count(out, OWN_PROM_FAILOVERS, stats->fail_overs);
}

static void write_cache(const struct query_cache *cache, struct exposition *out)
{
	struct query_cache_stats stats = query_cache_stats(cache);

	CHOICES(out, OWN_CACHE_REQUESTS, "result", {"hit", stats.hits}, {"miss", stats.misses},
		{"joined", stats.joined}, {"stale", stats.stale});
	count(out, OWN_CACHE_EVICTIONS, stats.evictions);
	count(out, OWN_CACHE_BYTES, stats.bytes);
	count(out, OWN_CACHE_ANSWERS, stats.entries);
	count(out, OWN_CACHE_FLIGHTS, stats.flights);
}

/* ---- samples */

static void write_samples(const struct policy_stats *stats, struct exposition *out)
{
	count(out, OWN_ANSWERED, stats->answered);
	family(out, OWN_DROPPED);
	for (size_t i = 0; i < DROP_COUNT; i++)
		exposition_count(out, LABELS({"reason", str_of(drop_name((enum drop)i))}), stats->dropped[i]);
	family(out, OWN_FRESHNESS);
	exposition_ages(out, LABELS({"group", STR(API_CUSTOM_GROUP)}), &stats->custom_freshness);
	exposition_ages(out, LABELS({"group", STR(API_EXTERNAL_GROUP)}), &stats->external_freshness);
}

/* ---- all */

void own_metrics_write(const struct own_metrics *metrics, struct buf *out)
{
	struct exposition exposition;

	exposition_init(&exposition, out);
	write_process(metrics, &exposition);
	if (metrics->server)
		write_server(metrics, &exposition);
	if (metrics->certificate)
		write_certificate(metrics->certificate, &exposition);
	if (metrics->auth)
		write_auth(auth_stats(metrics->auth), &exposition);
	if (metrics->objects)
		write_watches(metrics->objects, &exposition);
	if (metrics->catalog) {
		write_catalog(metrics, &exposition);
		write_discovery(metrics, &exposition);
	}
	if (metrics->prom)
		write_prometheus(prom_stats(metrics->prom), &exposition);
	if (metrics->cache)
		write_cache(metrics->cache, &exposition);
	if (metrics->policy)
		write_samples(metrics->policy, &exposition);
}
