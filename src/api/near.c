/* SPDX-License-Identifier: Apache-2.0 */
/* What is near to what was asked: names of metrics, resources and labels. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/found_series.h"
#include "promise.h"
#include "text/distance.h"

enum { NAME_SHOWN = 120, LABEL_SHOWN = 40, LABELS_SHOWN = 5, LIKE_SHOWN = 3 };

/* `vllm_x` for `vllm:x` is the mistake people make. */
static char folded(char c)
{
	if (c == ':' || c == '.' || c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool near_is_like(struct str asked, struct str name)
{
	return distance_between(asked, name, folded, asked.len / 2) <= asked.len / 2;
}

/* ---- metrics */

/* The name as words, so that one that differs in a whole word is not taken for a mistake in it. */
static bool differs_in_a_word(struct str asked, struct str name)
{
	CLEANUP(buf_clear) struct buf left = {0};
	CLEANUP(buf_clear) struct buf right = {0};
	struct str rest, others, word = {0}, other = {0};
	bool differs = false;

	for (size_t i = 0; i < asked.len; i++)
		buf_putc(&left, folded(asked.ptr[i]));
	for (size_t i = 0; i < name.len; i++)
		buf_putc(&right, folded(name.ptr[i]));
	rest = buf_str(&left);
	others = buf_str(&right);
	while (rest.len && others.len && str_split(&rest, '_', &word) && str_split(&others, '_', &other)) {
		size_t most = (word.len > other.len ? word.len : other.len) / 2;

		differs |= distance_between(word, other, folded, most) > most;
	}
	return differs && rest.len == 0 && others.len == 0; /* as many words */
}

struct nearest {
	struct str name;
	const struct metric *metric; /* NULL: a rule promises it, and has nothing now */
	bool external;
	size_t off, best;
};

static void consider(struct nearest *nearest, struct str asked, struct str name, const struct metric *metric,
		     bool external)
{
	size_t off = nearest->best ? distance_between(asked, name, folded, nearest->best - 1) : 0;

	if (nearest->best == 0 || off >= nearest->best || differs_in_a_word(asked, name))
		return;
	nearest->best = off;
	nearest->name = name;
	nearest->metric = metric;
	nearest->external = external;
}

static void consider_catalog(struct nearest *nearest, const struct api_plan *plan, bool external,
			     const struct resource *resource)
{
	const struct catalog *catalog = plan->view->catalog;

	for (size_t i = 0; i < catalog_count(catalog, external); i++) {
		const struct metric *metric = catalog_at(catalog, external, i);

		if (!resource || (metric->resource && resource_same(metric->resource, resource)))
			consider(nearest, plan->request->metric, metric->name, metric, external);
	}
}

/* What rules promise is a name as well, whether they have series or not. */
static void consider_promises(struct nearest *nearest, const struct api_plan *plan, bool external)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);

	for (size_t i = 0; i < rules->count; i++) {
		CLEANUP(buf_clear) struct buf name = {0};
		struct str kept;

		if (rules->list[i].external != external)
			continue;
		promise_write(&name, rules, &rules->list[i]);
		if (name.len && arena_copy(plan->arena, buf_str(&name), &kept))
			consider(nearest, plan->request->metric, kept, NULL, external);
	}
}

bool near_find(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	bool external = plan->request->route == ROUTE_EXTERNAL;
	struct nearest nearest = {.best = plan->request->metric.len / 3 + 1};
	CLEANUP(buf_clear) struct buf other = {0};

	consider_catalog(&nearest, plan, external, resource);
	if (nearest.name.ptr == NULL) {
		consider_catalog(&nearest, plan, external, NULL);
		consider_promises(&nearest, plan, external);
	}
	if (nearest.name.ptr == NULL) {
		consider_catalog(&nearest, plan, !external, NULL);
		consider_promises(&nearest, plan, !external);
	}
	if (nearest.name.ptr == NULL)
		return false;
	reason_begin(reason, nearest.external == external ? REASON_NEAR_NAME : REASON_OTHER_API_NAME);
	reason_set(reason, "near", nearest.name, NAME_SHOWN);
	reason_set(reason, "group", nearest.external ? STR(API_EXTERNAL_GROUP) : STR(API_CUSTOM_GROUP), SIZE_MAX);
	reason_set(reason, "type", nearest.external ? STR("External") : STR("Pods or Object"), SIZE_MAX);
	if (resource && nearest.metric && nearest.metric->resource &&
	    !resource_same(nearest.metric->resource, resource)) {
		resource_write(&other, nearest.metric->resource);
		reason_set(reason, "resource", buf_str(&other), NAME_SHOWN);
	}
	return true;
}

/* ---- resources */

static size_t distance_to(struct str asked, const struct resource *resource, size_t most)
{
	struct str name = str_slice(asked, 0, str_index(asked, '.'));
	size_t plural = distance_between(name, resource->plural, folded, most);
	size_t singular = distance_between(name, resource->singular, folded, most);

	return plural < singular ? plural : singular;
}

void near_find_resource(struct reason *reason, const struct api_plan *plan)
{
	const struct resource_table *table = catalog_resources(plan->view->catalog);
	struct str asked = plan->request->resource;
	size_t best = str_index(asked, '.') / 3 + 1;
	const struct resource *found = NULL;
	CLEANUP(buf_clear) struct buf name = {0};

	for (size_t i = 0; i < resource_table_count(table) && best; i++) {
		size_t off = distance_to(asked, resource_table_at(table, i), best - 1);

		if (off < best) {
			best = off;
			found = resource_table_at(table, i);
		}
	}
	reason_begin(reason, REASON_UNKNOWN_RESOURCE);
	reason_set(reason, "resource", asked, NAME_SHOWN);
	if (found) {
		resource_write(&name, found);
		reason_set(reason, "near", buf_str(&name), NAME_SHOWN);
	}
}

/* ---- labels */

static bool has_word(struct str text, struct str word)
{
	struct str part;

	while (text.len && str_split(&text, '_', &part))
		if (str_eq_nocase(part, word))
			return true;
	return false;
}

/* How well the label may stand for the resource: 0 is best, LABELS_SHOWN not at all. */
static size_t unlikeness(struct str label, struct str wanted, const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf name = {0};

	buf_printf(&name, "%.*s_name", STR_ARG(resource->singular));
	if (str_eq_nocase(label, resource->singular) || str_eq_nocase(label, wanted))
		return 0;
	if (str_ends(label, wanted) || str_ends(label, buf_str(&name)))
		return 1;
	if (str_ends(label, resource->singular) && has_word(label, resource->singular))
		return 2;
	return has_word(label, resource->singular) ? 3 : LABELS_SHOWN;
}

void near_set_labels(struct reason *reason, const struct found_series *series, struct str wanted,
		     const struct resource *resource)
{
	CLEANUP(buf_clear) struct buf text = {0};
	size_t shown = 0;

	for (size_t level = 0; level < LABELS_SHOWN; level++)
		for (size_t i = 0; i < series->label_count && shown < LIKE_SHOWN; i++)
			if (unlikeness(series->labels[i], wanted, resource) == level)
				buf_printf(&text, "%s\"%.*s\"", shown++ ? ", " : "",
					   STR_ARG(str_front(series->labels[i], LABEL_SHOWN)));
	if (shown)
		reason_set(reason, "labels", buf_str(&text), SIZE_MAX);
	else
		reason_set_labels(reason, series->labels, series->label_count);
}

struct str near_best_label(const struct str *labels, size_t count, struct str wanted, const struct resource *resource)
{
	for (size_t level = 0; level < LABELS_SHOWN; level++)
		for (size_t i = 0; i < count; i++)
			if (!str_eq(labels[i], wanted) && unlikeness(labels[i], wanted, resource) == level)
				return labels[i];
	return (struct str){0};
}
