/* SPDX-License-Identifier: Apache-2.0 */
#include "api_in.h"
#include "model/gke_name.h"
#include "model/metric_names.h"
#include "model/query.h"
#include "model/resource.h"
#include "model/rule_spec.h"
#include "refusal.h"

/* GKE's adapter takes no heed of the namespace of an external metric, and its users ask across namespaces. */
static const struct rule_spec no_spec = {.resources = {.namespaced = false}};

static void refuse_name(struct api_plan *plan, enum reason_code code, const char *why)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, code);
	(void)reason_split(&reason, str_of(why));
	refusal_make_not_found(plan, false, &reason);
}

/* In the words of GKE's adapter, which refuses it, too. */
static void refuse_selector(struct api_plan *plan, const char *why)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_GKE_SELECTOR);
	(void)reason_split(&reason, str_of(why));
	refusal_make(plan, STATUS_BAD_REQUEST, "", &reason);
}

static void refuse_size(struct api_plan *plan)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_MANY_OBJECTS);
	reason_set(&reason, "resource", STR("objects"), SIZE_MAX);
	reason_set(&reason, "text", STR("there is no room for the request"), SIZE_MAX);
	refusal_make(plan, STATUS_INTERNAL, REFUSAL_NO_FETCH, &reason);
}

/* The label that stands for an object. `job` is a target's scrape job. Of two resources with one name the first has the label, as with
   a rule's template. */
static struct str label_of(const struct api_plan *plan, const struct resource *resource)
{
	const struct resource_table *table = catalog_resources(plan->view->catalog);
	const struct resource *first = resource_find(table, resource->singular, STR(""));

	if (first == NULL || !resource_same(first, resource) || !query_plain_name(resource->singular) ||
	    str_eq(resource->singular, STR("job")))
		return (struct str){0};
	return resource->singular;
}

/* The HPA sends an external name in lower case; Prometheus knows how it is written. */
static bool restore_case(const struct api_plan *plan, struct gke_name *name)
{
	const char *ending = name->kind == GKE_HISTOGRAM ? "_bucket" : "";
	CLEANUP(buf_clear) struct buf text = {0};
	struct str known;

	buf_put(&text, name->series);
	buf_puts(&text, ending);
	known = metric_names_find(plan->view->known, buf_str(&text));
	known = str_slice(known, 0, name->series.len);
	return known.len == 0 || arena_copy(plan->arena, known, &name->series);
}

static bool parse_name(struct api_plan *plan, bool external, struct gke_name *ret_name)
{
	struct err err;

	if (!gke_name_parse(plan->request->metric, plan->arena, ret_name, &err)) {
		refuse_name(plan, REASON_GKE_NAME, err.msg);
		return false;
	}
	if (ret_name->system && !external) {
		refuse_name(plan, REASON_GKE_EXTERNAL, "");
		return false;
	}
	if (external && !ret_name->system && plan->view->known && !restore_case(plan, ret_name)) {
		refuse_size(plan);
		return false;
	}
	return true;
}

static bool make_query(struct api_plan *plan, const struct gke_name *name, bool external, struct gke_metric *gke)
{
	const struct selector *selector =
		external ? &plan->parameters.label_selector : &plan->parameters.metric_selector;
	struct place at;
	struct err err;

	if (!gke_query_make(name, selector, external, plan->arena, &gke->query, &err)) {
		if (err.code == ERR_NOT_FOUND)
			refuse_name(plan, REASON_GKE_NAME, err.msg);
		else
			refuse_selector(plan, err.msg);
		return false;
	}
	CHECK(template_parse(gke->query.text, "gke-names", &gke->rule.query, &at, &err)); /* our own text */
	return true;
}

static void fill_in(struct api_plan *plan, const struct resource *resource, struct str label, struct gke_metric *gke)
{
	gke->rule.spec = &no_spec;
	gke->rule.file = STR("--gke-names");
	gke->rule.external = resource == NULL;
	gke->metric = (struct metric){
		.name = plan->request->metric,
		.series = gke->query.series,
		.rule = &gke->rule,
		.resource = resource,
		.object_label = label,
		.namespace_label = STR("namespace"),
	};
	plan->gke = gke;
	plan->metric = &gke->metric;
}

void gke_begin(struct api_plan *plan, const struct resource *resource)
{
	struct gke_metric *gke;
	struct gke_name name;
	struct str label = {0};

	if (plan->metric || !plan->view->gke_names || !gke_name_is(plan->request->metric))
		return;
	if (!parse_name(plan, resource == NULL, &name))
		return;
	if (resource)
		label = label_of(plan, resource);
	if (resource && label.ptr == NULL) {
		refuse_name(plan, REASON_GKE_OBJECT, "");
		return;
	}
	gke = arena_alloc(plan->arena, sizeof(*gke));
	if (gke == NULL) {
		refuse_size(plan);
		return;
	}
	gke->system = name.system;
	if (make_query(plan, &name, resource == NULL, gke))
		fill_in(plan, resource, label, gke);
}

void gke_end(struct api_plan *plan)
{
	if (plan->gke)
		template_tree_free(plan->gke->rule.query);
	plan->gke = NULL;
}
