/* SPDX-License-Identifier: Apache-2.0 */
/* What is near to what was asked: names of metrics, resources and labels. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/found_series.h"
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

bool near_find(struct reason *reason, const struct api_plan *plan, const struct resource *resource)
{
	const struct metric *near = nearest(plan, resource);
	CLEANUP(buf_clear) struct buf other = {0};

	if (near == NULL && resource)
		near = nearest(plan, NULL);
	if (near == NULL)
		return false;
	reason_begin(reason, REASON_NEAR_NAME);
	reason_set(reason, "near", near->name, NAME_SHOWN);
	if (resource && near->resource && !resource_same(near->resource, resource)) {
		resource_write(&other, near->resource);
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
