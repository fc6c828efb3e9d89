/* SPDX-License-Identifier: Apache-2.0 */
/* What is near to what was asked: names of metrics, resources and labels. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/found_series.h"
#include "text/distance.h"

enum { LABEL_SHOWN = 40, LABELS_SHOWN = 5, LIKE_SHOWN = 3 };

/* `vllm_x` for `vllm:x` is the mistake people make. */
static char folded(char c)
{
	if (c == ':' || c == '.' || c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool is_like(struct str asked, struct str name)
{
	return distance_between(asked, name, folded, asked.len / 2) <= asked.len / 2;
}

/* ---- metrics */

static const struct metric *nearest(const struct api_plan *plan, const struct resource *resource)
{
	bool external = plan->request->route == ROUTE_EXTERNAL;
	const struct catalog *catalog = plan->view->catalog;
	size_t best = plan->request->metric.len / 3 + 1;
	const struct metric *found = NULL;

	for (size_t i = 0; i < catalog_count(catalog, external); i++) {
		const struct metric *metric = catalog_at(catalog, external, i);
		bool same = !resource || (metric->resource && resource_same(metric->resource, resource));
		size_t off = same ? distance_between(plan->request->metric, metric->name, folded, best - 1) : best;

		if (off < best) {
			best = off;
			found = metric;
		}
	}
	return found;
}

bool explain_near(struct buf *out, const struct api_plan *plan, const struct resource *resource,
		  enum reason_code *ret_code)
{
	const struct metric *near = nearest(plan, resource);

	if (near == NULL && resource)
		near = nearest(plan, NULL);
	if (near == NULL)
		return false;
	buf_printf(out, "there is no such metric. fix: the nearest name is %.*s", STR_ARG(text_front(near->name, 120)));
	if (resource && near->resource && !resource_same(near->resource, resource)) {
		buf_puts(out, ", of ");
		resource_write(out, near->resource);
	}
	*ret_code = REASON_NEAR_NAME;
	return true;
}

enum reason_code explain_no_rule(struct buf *out, const struct api_plan *plan)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);
	bool external = plan->request->route == ROUTE_EXTERNAL;

	buf_printf(out, "none of the %zu rules gives it (%zu of rules, %zu of externalRules)", rules->count,
		   rules->custom_count, rules->count - rules->custom_count);
	buf_printf(out, ". fix: the names that there are stand in /apis/%s/v1beta1",
		   external ? API_EXTERNAL_GROUP : API_CUSTOM_GROUP);
	if (plan->view->gke_names)
		buf_puts(out, "; names of GKE's adapter are written prometheus.googleapis.com|METRIC|gauge");
	return REASON_NO_RULE;
}

/* ---- resources */

static size_t distance_to(struct str asked, const struct resource *resource, size_t most)
{
	struct str name = str_slice(asked, 0, str_index(asked, '.'));
	size_t plural = distance_between(name, resource->plural, folded, most);
	size_t singular = distance_between(name, resource->singular, folded, most);

	return plural < singular ? plural : singular;
}

void explain_unknown_resource(struct buf *out, const struct api_plan *plan)
{
	const struct resource_table *table = catalog_resources(plan->view->catalog);
	struct str asked = plan->request->resource;
	size_t best = str_index(asked, '.') / 3 + 1;
	const struct resource *found = NULL;

	for (size_t i = 0; i < resource_table_count(table) && best; i++) {
		size_t off = distance_to(asked, resource_table_at(table, i), best - 1);

		if (off < best) {
			best = off;
			found = resource_table_at(table, i);
		}
	}
	buf_printf(out, "the cluster does not know the resource %.*s", STR_ARG(text_front(asked, 100)));
	if (found) {
		buf_puts(out, "; the nearest one it knows is ");
		resource_write(out, found);
	}
	buf_puts(out, ". fix: kubectl api-resources lists what it knows");
}

/* ---- labels */

void write_label_list(struct buf *out, const struct str *labels, size_t count)
{
	size_t shown = count < LABELS_SHOWN ? count : LABELS_SHOWN;

	if (count == 0)
		buf_puts(out, "no labels at all");
	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s\"%.*s\"", i ? ", " : "", STR_ARG(text_front(labels[i], LABEL_SHOWN)));
	if (count > shown)
		buf_printf(out, " and %zu more", count - shown);
}

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

void write_near_labels(struct buf *out, const struct found_series *series, struct str wanted,
		       const struct resource *resource)
{
	size_t shown = 0;

	for (size_t level = 0; level < LABELS_SHOWN; level++)
		for (size_t i = 0; i < series->label_count && shown < LIKE_SHOWN; i++)
			if (unlikeness(series->labels[i], wanted, resource) == level)
				buf_printf(out, "%s\"%.*s\"", shown++ ? ", " : "",
					   STR_ARG(text_front(series->labels[i], LABEL_SHOWN)));
	if (shown == 0)
		write_label_list(out, series->labels, series->label_count);
}
