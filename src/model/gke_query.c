/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gke_query.h"

#include "base/buf.h"
#include "model/gke_name.h"
#include "model/query.h"
#include "text/quote.h"

static const struct str METRIC_LABELS = STR_INIT("metric.labels.");
static const struct str RESOURCE_LABELS = STR_INIT("resource.labels.");
static const struct str RESOURCE_TYPE = STR_INIT("resource.type");
static const struct str REDUCER = STR_INIT("reducer");

/* Labels of the monitored resource, by what Prometheus calls them as well. */
static const char *const target_labels[] = {"cluster", "instance", "job", "location", "namespace", "project_id", NULL};
static const char *const system_labels[] = {"cluster_name", "container_name", "location",   "namespace_name",
					    "node_name",    "pod_name",	      "project_id", NULL};

static const struct reducer {
	const char *name;
	const char *operation; /* NULL: REDUCE_NONE */
	const char *quantile;
} reducers[] = {
	{"REDUCE_NONE", NULL, NULL},
	{"REDUCE_MEAN", "avg", NULL},
	{"REDUCE_MIN", "min", NULL},
	{"REDUCE_MAX", "max", NULL},
	{"REDUCE_SUM", "sum", NULL},
	{"REDUCE_STDDEV", "stddev", NULL},
	{"REDUCE_COUNT", "count", NULL},
	{"REDUCE_PERCENTILE_99", "quantile", "0.99"},
	{"REDUCE_PERCENTILE_95", "quantile", "0.95"},
	{"REDUCE_PERCENTILE_50", "quantile", "0.50"},
	{"REDUCE_PERCENTILE_05", "quantile", "0.05"},
};

/* What is at hand while a selector is translated. */
struct translation {
	const struct gke_name *name;
	bool external;
	struct arena *arena;
	const struct reducer *reducer;
	bool one_quantile;
	struct selector_requirement *requirements;
	struct gke_query query;
};

static bool no_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the selector is too large");
}

static bool is_among(const char *const *texts, struct str text)
{
	for (; *texts; texts++)
		if (str_eq(text, str_of(*texts)))
			return true;
	return false;
}

static bool is_equality(const struct selector_requirement *requirement)
{
	return requirement->op == SELECTOR_EQUALS || requirement->op == SELECTOR_DOUBLE_EQUALS ||
	       (requirement->op == SELECTOR_IN && requirement->value_count == 1);
}

/* ---- keys and operators */

static bool refuse_key(const struct translation *translation, struct str key, struct err *err)
{
	const char *more = !translation->external      ? ""
			   : translation->name->system ? ", resource.type, metadata.system_labels.NAME, "
							 "metadata.user_labels.NAME, and resource.labels.NAME with "
							 "cluster_name, container_name, location, namespace_name, "
							 "node_name, pod_name, project_id"
						       : ", resource.type, and resource.labels.NAME with cluster, "
							 "instance, job, location, namespace, project_id";

	return err_set(err, ERR_INVALID,
		       "Metric label: \"%.*s\" is not allowed. fix: a selector here has the keys reducer, "
		       "metric.labels.NAME%s",
		       STR_ARG(key), more);
}

static bool refuse_reducer(struct str value, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "Metric label: \"Specified reducer is not supported: %.*s\" is not allowed. fix: %s",
		       STR_ARG(value), why);
}

static bool take_reducer(struct translation *translation, const struct selector_requirement *requirement,
			 struct err *err)
{
	if (!is_equality(requirement))
		return err_set(err, ERR_INVALID,
			       "Metric label: \"reducer\" is not allowed. fix: one reducer, as reducer: REDUCE_MEAN "
			       "under matchLabels");
	for (size_t i = 0; i < COUNT_OF(reducers); i++)
		if (str_eq(requirement->values[0], str_of(reducers[i].name))) {
			translation->reducer = &reducers[i];
			return true;
		}
	if (str_ends(requirement->values[0], STR("_TRUE")) || str_ends(requirement->values[0], STR("_FALSE")))
		return refuse_reducer(requirement->values[0], "Prometheus has no values that are true or false", err);
	return refuse_reducer(requirement->values[0],
			      "there are REDUCE_NONE, _MEAN, _MIN, _MAX, _SUM, _STDDEV, _COUNT, _PERCENTILE_99, _95, "
			      "_50, _05",
			      err);
}

static struct str type_of_target(const void *object, struct str key)
{
	(void)object;
	(void)key;
	return STR("prometheus_target");
}

static bool check_type(const struct selector_requirement *requirement, struct err *err)
{
	const struct selector alone = {requirement, 1};

	if (selector_matches(&alone, type_of_target, NULL))
		return true;
	return err_set(err, ERR_NOT_FOUND,
		       "the selector's resource.type leaves out prometheus_target, which is that of every metric of "
		       "Prometheus. fix: take it out of the selector");
}

/* A label of the name that PromQL takes as it is, or else in quotes. */
static bool keep_label(struct translation *translation, const char *prefix, struct str label, struct str *ret_label,
		       struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf written = {0};

	buf_puts(&text, prefix);
	buf_put(&text, label);
	query_write_label(&written, buf_str(&text));
	return arena_copy(translation->arena, buf_str(&written), ret_label) || no_room(err);
}

static struct str behind(struct str key, struct str prefix)
{
	return str_starts(key, prefix) ? str_slice(key, prefix.len, key.len) : (struct str){0};
}

/* The label of Prometheus that a key means. */
static bool label_of(struct translation *translation, struct str key, struct str *ret_label, struct err *err)
{
	const bool system = translation->name->system;
	struct str label = behind(key, METRIC_LABELS);

	if (label.len)
		return keep_label(translation, "", label, ret_label, err);
	if (!translation->external)
		return refuse_key(translation, key, err);
	label = behind(key, RESOURCE_LABELS);
	if (is_among(system ? system_labels : target_labels, label)) {
		*ret_label = label;
		return true;
	}
	if (!system)
		return refuse_key(translation, key, err);
	if (str_eq(key, RESOURCE_TYPE)) {
		*ret_label = STR("monitored_resource");
		return true;
	}
	if ((label = behind(key, STR("metadata.system_labels."))).len)
		return keep_label(translation, "metadata_system_", label, ret_label, err);
	if ((label = behind(key, STR("metadata.user_labels."))).len)
		return keep_label(translation, "metadata_user_", label, ret_label, err);
	return refuse_key(translation, key, err);
}

/* Each value stands for itself alone, also where several become a regular expression. */
static bool quote_values(const struct translation *translation, struct selector_requirement *requirement,
			 struct err *err)
{
	struct str *values = arena_calloc(translation->arena, requirement->value_count, sizeof(*values));

	if (values == NULL)
		return no_room(err);
	for (size_t i = 0; i < requirement->value_count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		quote_regexp(&text, requirement->values[i]);
		if (!arena_copy(translation->arena, buf_str(&text), &values[i]))
			return no_room(err);
	}
	requirement->values = values;
	return true;
}

static bool take_label(struct translation *translation, const struct selector_requirement *requirement, struct err *err)
{
	struct selector_requirement made = *requirement;

	if (!label_of(translation, requirement->key, &made.key, err))
		return false;
	if (made.op == SELECTOR_GREATER || made.op == SELECTOR_LESS)
		return err_set(
			err, ERR_INVALID,
			"the selector on %.*s uses %s, for which PromQL has no matcher. fix: name the values with "
			"In",
			STR_ARG(requirement->key), made.op == SELECTOR_LESS ? "<" : ">");
	if ((made.op == SELECTOR_IN || made.op == SELECTOR_NOT_IN) && !quote_values(translation, &made, err))
		return false;
	translation->one_quantile |= str_eq(made.key, STR("quantile")) && is_equality(requirement);
	translation->requirements[translation->query.selector.count++] = made;
	return true;
}

static bool take_requirement(struct translation *translation, const struct selector_requirement *requirement,
			     struct err *err)
{
	if (str_eq(requirement->key, REDUCER))
		return take_reducer(translation, requirement, err);
	if (str_eq(requirement->key, RESOURCE_TYPE) && translation->external && !translation->name->system)
		return check_type(requirement, err);
	return take_label(translation, requirement, err);
}

/* ---- the query */

/* A name that is no identifier stands in quotes within the braces. */
static void write_series(struct buf *out, bool plain, const char *ending)
{
	if (plain)
		buf_printf(out, "<<.Series>>%s{<<.LabelMatchers>>}", ending);
	else
		buf_printf(out, "{<<printf \"%%s%s\" .Series | printf \"%%q\">>,<<.LabelMatchers>>}", ending);
}

static void write_rate(struct buf *out, bool plain, const char *ending)
{
	buf_puts(out, "rate(");
	write_series(out, plain, ending);
	buf_puts(out, "[2m])");
}

/* `sum by (pod) (`; an external metric is one number for all. */
static void open_aggregation(struct buf *out, const char *operation, const char *first_label, bool external)
{
	buf_puts(out, operation);
	if (*first_label || !external)
		buf_printf(out, " by (%s%s%s) ", first_label, *first_label && !external ? "," : "",
			   external ? "" : "<<.GroupBy>>");
	buf_putc(out, '(');
}

static void write_histogram(struct buf *out, const struct translation *translation, bool plain)
{
	const struct reducer *reducer = translation->reducer;
	const char *quantile = reducer && reducer->quantile ? reducer->quantile : "0.95";
	bool mean = reducer && reducer->operation && !reducer->quantile;

	if (!mean)
		buf_printf(out, "histogram_quantile(%s, ", quantile);
	open_aggregation(out, "sum", mean ? "" : "le", translation->external);
	write_rate(out, plain, mean ? "_sum" : "_bucket");
	buf_putc(out, ')');
	if (!mean) {
		buf_putc(out, ')');
		return;
	}
	buf_puts(out, " / ");
	open_aggregation(out, "sum", "", translation->external);
	write_rate(out, plain, "_count");
	buf_putc(out, ')');
}

static void write_numbers(struct buf *out, const struct translation *translation, bool plain)
{
	const struct reducer *reducer = translation->reducer;
	const char *operation = reducer && reducer->operation ? reducer->operation
				: translation->external	      ? NULL
							      : "sum";

	if (operation)
		open_aggregation(out, operation, "", translation->external);
	if (reducer && reducer->quantile)
		buf_printf(out, "%s, ", reducer->quantile);
	if (translation->name->kind == GKE_COUNTER)
		write_rate(out, plain, "");
	else
		write_series(out, plain, "");
	if (operation)
		buf_putc(out, ')');
}

/* Buckets have no value of their own, and the quantiles of a summary cannot be added up. */
static bool check_kind(const struct translation *translation, struct err *err)
{
	const struct reducer *reducer = translation->reducer;
	bool reduced = reducer && reducer->operation;

	if (translation->name->kind == GKE_SUMMARY && !translation->one_quantile)
		return err_set(err, ERR_INVALID,
			       "the quantiles of a summary cannot be added up. fix: choose one in the selector, as "
			       "metric.labels.quantile: \"0.95\", or ask for the metric's _sum|summary:counter");
	if (translation->name->kind != GKE_HISTOGRAM)
		return true;
	if (reduced && !reducer->quantile && strcmp(reducer->operation, "avg") != 0)
		return refuse_reducer(str_of(reducer->name),
				      "for a histogram there are REDUCE_MEAN and REDUCE_PERCENTILE_99, "
				      "_95, _50, _05",
				      err);
	if (translation->external && !reduced)
		return err_set(
			err, ERR_INVALID,
			"Distributions are not supported without a reducer. fix: add one to the selector, as reducer: "
			"REDUCE_PERCENTILE_95 or REDUCE_MEAN");
	return true;
}

static bool finish(struct translation *translation, struct gke_query *ret_query, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf listed = {0};
	struct gke_query *query = &translation->query;
	bool histogram = translation->name->kind == GKE_HISTOGRAM;
	bool plain = query_plain_name(translation->name->series);

	(histogram ? write_histogram : write_numbers)(&text, translation, plain);
	buf_put(&listed, translation->name->series);
	buf_puts(&listed, histogram ? "_count" : "");
	query->series = translation->name->series;
	query->selector.requirements = translation->requirements;
	if (!arena_copy(translation->arena, buf_str(&text), &query->text) ||
	    !arena_copy(translation->arena, buf_str(&listed), &query->listed))
		return no_room(err);
	*ret_query = *query;
	return true;
}

bool gke_query_make(const struct gke_name *name, const struct selector *selector, bool external, struct arena *arena,
		    struct gke_query *ret_query, struct err *err)
{
	struct translation translation = {
		.name = name,
		.external = external,
		.arena = arena,
		.requirements = arena_calloc(arena, selector->count, sizeof(struct selector_requirement)),
	};

	if (translation.requirements == NULL)
		return no_room(err);
	for (size_t i = 0; i < selector->count; i++)
		if (!take_requirement(&translation, &selector->requirements[i], err))
			return false;
	return check_kind(&translation, err) && finish(&translation, ret_query, err);
}

/* ---- what comes back */

bool gke_label_write(struct buf *out, bool system, struct str label)
{
	if (str_eq(label, STR("__name__")))
		return false;
	if (system && str_eq(label, STR("monitored_resource"))) {
		buf_put(out, RESOURCE_TYPE);
		return true;
	}
	buf_put(out, is_among(system ? system_labels : target_labels, label) ? RESOURCE_LABELS : METRIC_LABELS);
	buf_put(out, label);
	return true;
}
