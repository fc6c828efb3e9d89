/* SPDX-License-Identifier: Apache-2.0 */
#include "server/own_metrics.h"

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
#include "text/exposition.h"

enum { QUERY_LABEL_BYTES = 200 }; /* of a seriesQuery; a label of many kilobytes would be with every sample of it */

#define LABELS EXPOSITION_LABELS

/* A search as it is labelled. */
struct search {
	struct buf rule, query;
	const struct series_finding *finding;
};

/* Where the numbers are; what is not there has its pointer NULL. */
struct sources {
	const struct own_metrics *metrics;
	struct process_stats process;
	struct loop_stats loop;
	const struct auth_stats *auth;
	const struct rules *rules;
	const struct prom_stats *prom;
	struct query_cache_stats cache;
	struct search *searches;
	size_t search_count;
};

/* A sample of a family whose samples differ in one label. */
struct labelled {
	const char *value;
	uint64_t count;
};

static void write_labelled(struct exposition *out, const char *label, const struct labelled *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		exposition_count(out, LABELS({label, str_of(all[i].value)}), all[i].count);
}

/* ---- the process */

/* ---- requests */

static void write_requests(const struct traffic *traffic, struct exposition *out)
{
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
}

/* Several rows of the table may be one code to the reader. */
static void write_refusals(const struct traffic_refusals *refusals, struct exposition *out)
{
	for (enum traffic_route route = 0; route < TRAFFIC_ROUTES; route++) {
		for (enum reason_code code = REASON_NONE + 1, next; code < REASON_COUNT; code = next) {
			uint64_t count = refusals->count[route][code];

			for (next = code + 1; next < REASON_COUNT && reason_form(next)->code == NULL; next++)
				count += refusals->count[route][next];
			if (count)
				exposition_count(out,
						 LABELS({"api", str_of(traffic_route_name(route))},
							{"code", str_of(reason_name(code))}),
						 count);
		}
	}
}

static void write_request_seconds(const struct traffic *traffic, struct exposition *out)
{
	for (size_t route = 0; route < TRAFFIC_ROUTES; route++)
		exposition_histogram(out, LABELS({"route", str_of(traffic_route_name((enum traffic_route)route))}),
				     &traffic->seconds[route]);
}

static void write_closings(const struct traffic *traffic, struct exposition *out)
{
	for (size_t i = 0; i < TRAFFIC_CLOSINGS; i++)
		exposition_count(out,
				 EXPOSITION_LABELS({"reason", str_of(traffic_closing_name((enum traffic_closing)i))}),
				 traffic->closed[i]);
}

/* A file that serves several names is one sample. */
static bool is_repeated(const struct certificate *certificate, size_t before, struct str file)
{
	for (size_t i = 0; i < before; i++)
		if (str_eq(certificate_end_of(certificate, i).file, file))
			return true;
	return false;
}

static void write_certificate(const struct certificate *certificate, struct exposition *out)
{
	for (size_t i = 0; i < certificate_count(certificate); i++) {
		struct certificate_end end = certificate_end_of(certificate, i);

		if (!is_repeated(certificate, i, end.file))
			exposition_number(out, LABELS({"file", end.file}), (double)end.end_s);
	}
}

/* ---- reviews */

static const struct str REVIEWS[AUTH_REVIEWS] = {[AUTH_TOKEN] = STR_INIT("token"), [AUTH_ACCESS] = STR_INIT("access")};

static void write_lookups(const struct auth_stats *auth, struct exposition *out)
{
	for (size_t i = 0; i < AUTH_REVIEWS; i++) {
		const struct auth_review_stats *stats = auth->reviews[i];

		exposition_count(out, LABELS({"review", REVIEWS[i]}, {"result", STR("hit")}), stats->hits);
		exposition_count(out, LABELS({"review", REVIEWS[i]}, {"result", STR("joined")}), stats->joined);
		exposition_count(out, LABELS({"review", REVIEWS[i]}, {"result", STR("sent")}), stats->sent);
	}
}

static void write_review_seconds(const struct auth_stats *auth, struct exposition *out)
{
	for (size_t i = 0; i < AUTH_REVIEWS; i++)
		exposition_histogram(out, LABELS({"review", REVIEWS[i]}), &auth->reviews[i]->seconds);
}

static void write_review_failures(const struct auth_stats *auth, struct exposition *out)
{
	for (size_t i = 0; i < AUTH_REVIEWS; i++)
		exposition_count(out, LABELS({"review", REVIEWS[i]}), auth->reviews[i]->failures);
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

/* ---- discovery */

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

typedef double search_number(const struct series_finding *finding);

static double search_age_s(const struct series_finding *finding)
{
	return (double)finding->age_ms / 1000;
}

static double search_series(const struct series_finding *finding)
{
	return (double)finding->series;
}

static double search_kinds(const struct series_finding *finding)
{
	return (double)finding->kinds;
}

static double search_failures(const struct series_finding *finding)
{
	return (double)finding->failures;
}

static double search_failing_s(const struct series_finding *finding)
{
	return (double)finding->failing_s;
}

static void write_searches(const struct sources *m, struct exposition *out, bool only_found, search_number *number)
{
	for (const struct search *search = m->searches; search < m->searches + m->search_count; search++)
		if (search->finding->found || !only_found)
			exposition_number(
				out,
				LABELS({"rule", buf_str(&search->rule)}, {"series_query", buf_str(&search->query)}),
				number(search->finding));
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

static void write_paths(const struct prom_stats *stats, struct exposition *out, path_writer *write)
{
	CLEANUP(buf_clear) struct buf path = {0};
	CLEANUP(buf_clear) struct buf server = {0};

	for (size_t i = 0; i < stats->count; i++) {
		(void)server_of(stats, i, &server);
		for (size_t j = 0; j < PROM_PATH_COUNT; j++) {
			buf_reset(&path);
			buf_printf(&path, "/api/v1/%s", prom_path_name((enum prom_path)j));
			write(out, buf_str(&path), buf_str(&server), &stats->upstreams[i].paths[j]);
		}
	}
}

static void write_prom_seconds(struct exposition *out, struct str path, struct str server,
			       const struct prom_path_stats *stats)
{
	exposition_histogram(out, LABELS({"path", path}, {"server", server}), &stats->seconds);
}

static void write_prom_latency(struct exposition *out, struct str path, struct str server,
			       const struct prom_path_stats *stats)
{
	exposition_histogram(out, LABELS({"endpoint", path}, {"server", server}), &stats->seconds);
}

static void write_prom_results(struct exposition *out, struct str path, struct str server,
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

static void write_prom_retries(struct exposition *out, struct str path, struct str server,
			       const struct prom_path_stats *stats)
{
	exposition_count(out, LABELS({"path", path}, {"server", server}), stats->retries);
}

static void write_prom_not_asked(struct exposition *out, struct str path, struct str server,
				 const struct prom_path_stats *stats)
{
	exposition_count(out, LABELS({"path", path}, {"server", server}), stats->not_asked);
}

static void write_breaker_state(const struct prom_stats *prom, struct exposition *out)
{
	static const struct str STATES[] = {[BREAKER_CLOSED] = STR_INIT("closed"),
					    [BREAKER_OPEN] = STR_INIT("open"),
					    [BREAKER_HALF_OPEN] = STR_INIT("half_open"),
					    [BREAKER_BACKING_OFF] = STR_INIT("backing_off")};
	CLEANUP(buf_clear) struct buf server = {0};

	for (size_t i = 0; i < prom->count; i++)
		for (size_t j = 0; j < COUNT_OF(STATES); j++)
			exposition_count(out, LABELS({"server", server_of(prom, i, &server)}, {"state", STATES[j]}),
					 (size_t)prom->upstreams[i].breaker == j);
}

static void write_breaker_opened(const struct prom_stats *prom, struct exposition *out)
{
	CLEANUP(buf_clear) struct buf server = {0};

	for (size_t i = 0; i < prom->count; i++)
		exposition_count(out, LABELS({"server", server_of(prom, i, &server)}), prom->upstreams[i].times_opened);
}

static void write_clock_skew(const struct prom_stats *prom, struct exposition *out)
{
	CLEANUP(buf_clear) struct buf server = {0};

	for (size_t i = 0; i < prom->count; i++)
		if (prom->upstreams[i].has_clock)
			exposition_number(out, LABELS({"server", server_of(prom, i, &server)}),
					  (double)prom->upstreams[i].ahead_ms / 1000);
}

/* ---- samples */

static void write_dropped(const struct policy_stats *policy, struct exposition *out)
{
	for (size_t i = 0; i < DROP_COUNT; i++)
		exposition_count(out, LABELS({"reason", str_of(drop_name((enum drop)i))}), policy->dropped[i]);
}

static void write_freshness(const struct policy_stats *policy, struct exposition *out)
{
	exposition_ages(out, LABELS({"group", STR(API_CUSTOM_GROUP)}), &policy->custom_freshness);
	exposition_ages(out, LABELS({"group", STR(API_EXTERNAL_GROUP)}), &policy->external_freshness);
}

/* ---- the table */

struct own_row {
	struct family family; /* without a name: `holds` is for the rows behind it */
	void (*write)(const struct sources *m, struct exposition *out);
	bool (*holds)(const struct sources *m);
};

#define WRITER(name, ...)                                                                                              \
	static void own_##name(const struct sources *m, struct exposition *out)                                        \
	{                                                                                                              \
		(void)m;                                                                                               \
		__VA_ARGS__;                                                                                           \
	}
#define LABEL(name, text)
#define SECTION(title, text)
#define ONLY_IF(id, condition)                                                                                         \
	static bool own_##id(const struct sources *m)                                                                  \
	{                                                                                                              \
		(void)m;                                                                                               \
		return condition;                                                                                      \
	}
#define COUNTER(name, help, value)	 WRITER(name, exposition_count(out, NULL, value))
#define GAUGE(name, help, value)	 WRITER(name, exposition_count(out, NULL, value))
#define GAUGE_SECONDS(name, help, value) WRITER(name, exposition_number(out, NULL, value))
#define COUNTERS(name, label, help, ...)                                                                               \
	WRITER(name, const struct labelled all[] = {__VA_ARGS__}; write_labelled(out, label, all, COUNT_OF(all)))
#define GAUGES				       COUNTERS
#define FAMILY(type, name, labels, help, call) WRITER(name, call)
#include "own_metrics.def"

#undef ONLY_IF
#undef COUNTER
#undef GAUGE
#undef GAUGE_SECONDS
#undef COUNTERS
#undef GAUGES
#undef FAMILY
#define ROW(type_, name_, help_)                                                                                       \
	{.family = {.name = #name_, .type = FAMILY_##type_, .help = (help_)}, .write = own_##name_},
#define ONLY_IF(id, condition)		       {.holds = own_##id},
#define COUNTER(name, help, value)	       ROW(COUNTER, name, help)
#define GAUGE(name, help, value)	       ROW(GAUGE, name, help)
#define GAUGE_SECONDS(name, help, value)       ROW(GAUGE, name, help)
#define COUNTERS(name, label, help, ...)       ROW(COUNTER, name, help)
#define GAUGES(name, label, help, ...)	       ROW(GAUGE, name, help)
#define FAMILY(type, name, labels, help, call) ROW(type, name, help)

static const struct own_row rows[] = {
#include "own_metrics.def"
};

static struct sources sources_of(const struct own_metrics *metrics)
{
	struct sources sources = {.metrics = metrics, .process = process_stats(), .loop = loop_stats(metrics->loop)};

	if (metrics->auth)
		sources.auth = auth_stats(metrics->auth);
	if (metrics->catalog) {
		sources.rules = catalog_rules(metrics->catalog);
		sources.search_count = sources.rules->series_query_count;
		sources.searches = searches_new(metrics);
	}
	if (metrics->prom)
		sources.prom = prom_stats(metrics->prom);
	if (metrics->cache)
		sources.cache = query_cache_stats(metrics->cache);
	return sources;
}

void own_metrics_write(const struct own_metrics *metrics, struct buf *out)
{
	struct sources sources = sources_of(metrics);
	struct exposition exposition;
	bool holds = true;

	exposition_init(&exposition, out);
	for (const struct own_row *row = rows; row < rows + COUNT_OF(rows); row++) {
		if (row->holds) {
			holds = row->holds(&sources);
		} else if (holds) {
			exposition_family(&exposition, &row->family);
			row->write(&sources, &exposition);
		}
	}
	searches_free(sources.searches, sources.search_count);
}
