/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gke_name.h"

#include "base/buf.h"

static const struct str PROMETHEUS = STR_INIT("prometheus.googleapis.com|");
static const struct str SYSTEM = STR_INIT("kubernetes.io|");

static const struct suffix {
	const char *text;
	enum gke_kind kind;
} suffixes[] = {
	{"gauge", GKE_GAUGE},
	{"counter", GKE_COUNTER},
	{"histogram", GKE_HISTOGRAM},
	{"summary", GKE_SUMMARY},
	{"summary:counter", GKE_COUNTER},
	{"unknown", GKE_GAUGE},
	{"unknown:counter", GKE_COUNTER},
};

/* The name alone does not tell a gauge from what must be read as a rate; of these we know it. */
static const char *const system_gauges[] = {
	"container|accelerator|duty_cycle",
	"container|accelerator|memory_bandwidth_utilization",
	"container|accelerator|memory_total",
	"container|accelerator|memory_used",
	"container|accelerator|request",
	"container|accelerator|tensorcore_utilization",
	"node|accelerator|duty_cycle",
	"node|accelerator|memory_bandwidth_utilization",
	"node|accelerator|memory_total",
	"node|accelerator|memory_used",
	"node|accelerator|tensorcore_utilization",
};

static bool has_prefix(struct str text, struct str prefix)
{
	return str_eq_nocase(str_slice(text, 0, prefix.len), prefix);
}

bool gke_name_is(struct str text)
{
	return has_prefix(text, PROMETHEUS) || has_prefix(text, SYSTEM);
}

static const struct suffix *find_suffix(struct str text)
{
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (str_eq(text, str_of(suffixes[i].text)))
			return &suffixes[i];
	return NULL;
}

static bool parse_prometheus(struct str text, struct gke_name *ret_name, struct err *err)
{
	struct str rest = str_slice(text, PROMETHEUS.len, text.len);
	size_t bar = str_index(rest, '|');
	struct str series = str_slice(rest, 0, bar);
	const struct suffix *suffix = find_suffix(str_slice(rest, bar + 1, rest.len));

	if (series.len == 0 || !str_is_utf8(series))
		return err_set(err, ERR_NOT_FOUND,
			       "the name has no metric. fix: write it as prometheus.googleapis.com|METRIC|gauge");
	if (suffix == NULL)
		return err_set(err, ERR_NOT_FOUND,
			       "behind the metric stands none of |gauge, |counter, |histogram, |summary, "
			       "|summary:counter, |unknown, |unknown:counter. fix: end the name with the one that is "
			       "the metric's type");
	*ret_name = (struct gke_name){.kind = suffix->kind, .series = series};
	if (suffix->kind == GKE_SUMMARY && str_ends(series, STR("_count")))
		ret_name->kind = GKE_COUNTER; /* it is cumulative, whatever the suffix says */
	return true;
}

static bool is_gauge(struct str path)
{
	for (size_t i = 0; i < COUNT_OF(system_gauges); i++)
		if (str_eq(path, str_of(system_gauges[i])))
			return true;
	return false;
}

static bool parse_system(struct str text, struct arena *arena, struct gke_name *ret_name, struct err *err)
{
	CLEANUP(buf_clear) struct buf series = {0};
	struct str path = str_slice(text, SYSTEM.len, text.len);
	struct gke_name name = {.kind = GKE_GAUGE, .system = true};

	if (!is_gauge(path))
		return err_set(err, ERR_NOT_FOUND,
			       "of kubernetes.io only the use of accelerators is known to be gauges, as "
			       "container|accelerator|duty_cycle. fix: write an external rule for it");
	buf_puts(&series, "kubernetes_io:");
	for (size_t i = 0; i < path.len; i++)
		buf_putc(&series, path.ptr[i] == '|' ? '_' : path.ptr[i]);
	if (!arena_copy(arena, buf_str(&series), &name.series))
		return err_set(err, ERR_LIMIT, "the name is too long");
	*ret_name = name;
	return true;
}

bool gke_name_parse(struct str text, struct arena *arena, struct gke_name *ret_name, struct err *err)
{
	if (has_prefix(text, PROMETHEUS))
		return parse_prometheus(text, ret_name, err);
	return parse_system(text, arena, ret_name, err);
}
