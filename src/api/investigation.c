/* SPDX-License-Identifier: Apache-2.0 */
#include "investigation.h"

#include <math.h>

#include "model/catalog.h"
#include "model/found_series.h"
#include "model/metric_names.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "probe.h"
#include "reason_found.h"
#include "refusal.h"
#include "text/quote.h"

enum {
	PROBES_MAX = 8,
	PROBE_BYTES_MAX = 1 << 20,
	NAME_EXACT = 0, /* numbers of the parts of STAGE_NAMES */
	NAME_NEAR = 1,
};

static bool may_begin(const struct api_plan *plan)
{
	return plan->view->investigate && plan->gke == NULL && plan->investigation == NULL &&
	       !(plan->metric && plan->metric->hides);
}

static struct investigation *begin(struct api_plan *plan, const struct rule *rule)
{
	struct investigation *own = may_begin(plan) ? arena_calloc(plan->arena, 1, sizeof(*own)) : NULL;

	if (own) {
		plan->investigation = own;
		plan->probe = (struct buf)BUF_MAX(PROBE_BYTES_MAX);
		own->rule = rule;
	}
	return own;
}

/* ---- names that were there lately */

static void add_name(struct investigation *own, struct str name)
{
	for (size_t i = 0; i < own->name_count; i++)
		if (str_eq(own->names[i].name, name))
			return;
	if (name.len && own->name_count < PARTS_MAX)
		own->names[own->name_count++].name = name;
}

static void collect_names(struct investigation *own, const struct promql_tree *tree, struct buf *pattern)
{
	for (const struct promql_node *at = tree->first; at; at = at == tree->root ? NULL : at->next) {
		if (at->kind != PROMQL_SELECTOR)
			continue;
		add_name(own, at->selector->name);
		for (size_t i = 0; pattern->len == 0 && at->selector->pattern_name && i < at->selector->count; i++)
			if (str_eq(at->selector->list[i].label, STR("__name__")))
				probe_write_matcher(pattern, &at->selector->list[i]);
	}
}

/* With a pattern alone the names are those that fit it. False: the query names none. */
static bool write_names(struct api_plan *plan)
{
	struct investigation *own = plan->investigation;
	CLEANUP(buf_clear) struct buf pattern = {0};
	CLEANUP(buf_clear) struct buf names = {0};

	if (own->parts.tree.root)
		collect_names(own, &own->parts.tree, &pattern);
	else
		add_name(own, own->of_metric ? plan->request->metric : plan->metric->series);
	for (size_t i = 0; i < own->name_count; i++) {
		buf_puts(&names, i ? "|" : "");
		quote_regexp(&names, own->names[i].name);
	}
	buf_putc(&plan->asked_names, '{');
	if (own->name_count) {
		buf_puts(&plan->asked_names, "__name__=~");
		quote_go(&plan->asked_names, buf_str(&names));
	} else {
		buf_put(&plan->asked_names, buf_str(&pattern));
	}
	buf_putc(&plan->asked_names, '}');
	return own->name_count || pattern.len;
}

static bool was_there(const struct investigation *own, struct str name)
{
	for (size_t i = 0; i < own->name_count; i++)
		if (str_eq(own->names[i].name, name))
			return own->names[i].had;
	return false;
}

void api_names_known(struct api_plan *plan, const struct metric_names *names)
{
	struct investigation *own = plan->investigation;

	plan->step = names ? API_PROBE : API_ANSWERED;
	for (size_t i = 0; names && i < own->name_count; i++)
		own->names[i].had = str_eq(metric_names_find(names, own->names[i].name), own->names[i].name);
}

/* The next probe is written; one that does not fit is not asked. */
static bool ask(struct api_plan *plan, enum investigation_stage stage)
{
	struct investigation *own = plan->investigation;

	own->stage = stage;
	if (plan->probe.failed || own->probes++ == PROBES_MAX || (own->probes == 1 && !write_names(plan))) {
		plan->step = API_ANSWERED;
		return false;
	}
	/* Which names there are is asked first: where that cannot be asked, the rest would be a guess. */
	plan->step = own->probes == 1 ? API_NAMES : API_PROBE;
	plan->reply.open = true;
	return true;
}

static void end(struct api_plan *plan)
{
	plan->step = API_ANSWERED;
}

/* The same refusal, with the reason that was found. */
static void tell(struct api_plan *plan, const struct reason *reason)
{
	refusal_make_not_found(plan, !plan->investigation->of_series && !plan->investigation->of_metric, reason);
}

/* ---- names */

/* `:` for `_` is the mistake that people make, and a suffix too many or too few. */
static void write_near_pattern(struct buf *out, struct str name)
{
	static const char *const suffixes[] = {"_bucket", "_total", "_sum", "_count"};
	CLEANUP(buf_clear) struct buf pattern = {0};
	size_t last = 0;

	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (str_ends(name, str_of(suffixes[i])))
			name = str_slice(name, 0, name.len - str_of(suffixes[i]).len);
	buf_puts(&pattern, "(?i)");
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool gap = c == ':' || c == '_' || c == '.' || c == '-';

		if (gap && i > last)
			quote_regexp(&pattern, str_slice(name, last, i));
		if (gap) {
			buf_puts(&pattern, "[_:.-]+");
			last = i + 1;
		}
	}
	quote_regexp(&pattern, str_slice(name, last, name.len));
	buf_puts(&pattern, "(_bucket|_total|_sum|_count)?");
	buf_puts(out, "count by (__name__) ({__name__=~");
	quote_go(out, buf_str(&pattern));
	buf_puts(out, "})");
}

static void write_named(struct buf *out, const char *before, struct str name, const char *behind)
{
	buf_puts(out, before);
	buf_puts(out, "{__name__=");
	quote_go(out, name);
	buf_putc(out, '}');
	buf_puts(out, behind);
}

/* Is there a series of that name, or one like it? */
static bool ask_names(struct api_plan *plan, struct str name)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (name.len == 0)
		return false;
	plan->investigation->name = name;
	write_named(&text, "count(", name, ")");
	probe_add(&plan->probe, NAME_EXACT, buf_str(&text));
	buf_reset(&text);
	write_near_pattern(&text, name);
	probe_add(&plan->probe, NAME_NEAR, buf_str(&text));
	return ask(plan, STAGE_NAMES);
}

static void judge_names(struct api_plan *plan, const struct samples *samples)
{
	struct investigation *own = plan->investigation;
	CLEANUP(reason_clear) struct reason reason = {0};
	struct found_names found = {0};

	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		struct str name = sample_label(sample, STR("__name__"));

		found.exact |= probe_part_of(sample) == NAME_EXACT;
		if (probe_part_of(sample) == NAME_NEAR && !str_eq(name, own->name) && found.near_count < FOUND_NEAR_MAX)
			found.near[found.near_count++] = name;
	}
	found.ended = was_there(own, own->name);
	if (reason_of_names(&reason, plan, &found))
		tell(plan, &reason);
}

/* ---- matchers */

static bool ask_drops(struct api_plan *plan, const struct promql_node *selector)
{
	struct investigation *own = plan->investigation;

	if (probe_drops_begin(&own->drops, selector, plan, &plan->probe))
		return ask(plan, STAGE_DROPS);
	return ask_names(plan, selector->selector->name);
}

static void judge_drops(struct api_plan *plan, const struct samples *samples)
{
	struct investigation *own = plan->investigation;

	probe_drops_judge(&own->drops, samples);
	if (own->drops.helps > own->drops.count) {
		(void)ask_names(plan, own->drops.selector->selector->name);
		return;
	}
	probe_drops_write_values(&own->drops, &plan->probe);
	(void)ask(plan, STAGE_VALUES);
}

static void judge_values(struct api_plan *plan, const struct samples *samples)
{
	struct investigation *own = plan->investigation;
	CLEANUP(reason_clear) struct reason reason = {0};

	probe_drops_read_values(&own->drops, plan, samples);
	reason_of_drop(&reason, plan);
	tell(plan, &reason);
}

/* ---- ranges: how far apart the samples of a series are, of the one in the middle */

static bool ask_range(struct api_plan *plan)
{
	const struct promql_node *selector = plan->investigation->parts.culprit->child;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf spacing = {0};

	while (selector && selector->kind != PROMQL_SELECTOR)
		selector = selector->sibling;
	if (selector == NULL || probe_is_shifted(selector))
		return false;
	probe_write_selector(&text, selector, NULL, false);
	buf_printf(&spacing, "quantile(0.5,(timestamp(%s)-timestamp(%s offset 5m))/count_over_time(%s[4m59s999ms]))",
		   buf_cstr(&text), buf_cstr(&text), buf_cstr(&text));
	probe_add(&plan->probe, 0, buf_str(&spacing));
	return ask(plan, STAGE_RANGE);
}

static void judge_range(struct api_plan *plan, const struct samples *samples)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	double seconds = samples->list.count ? samples->list.items[0].value : 0;

	reason_of_range(&reason, plan, isfinite(seconds) ? seconds : 0);
	tell(plan, &reason);
}

/* ---- two sides */

static bool ask_sides(struct api_plan *plan)
{
	size_t number = 0;

	for (const struct promql_node *side = plan->investigation->parts.culprit->child; side; side = side->sibling) {
		CLEANUP(buf_clear) struct buf text = {0};

		buf_puts(&text, "topk(1,");
		buf_put(&text, side->text);
		buf_putc(&text, ')');
		probe_add(&plan->probe, number++, buf_str(&text));
	}
	return ask(plan, STAGE_SIDES);
}

static void judge_sides(struct api_plan *plan, const struct samples *samples)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_of_sides(&reason, plan, samples);
	tell(plan, &reason);
}

/* ---- parts */

static void judge_parts(struct api_plan *plan, const struct samples *samples)
{
	struct parts *parts = &plan->investigation->parts;
	CLEANUP(reason_clear) struct reason reason = {0};
	bool asked = false;

	probe_parts_judge(parts, samples);
	if (parts->fault == FAULT_SELECTOR)
		asked = ask_drops(plan, parts->culprit);
	else if (parts->fault == FAULT_RANGE)
		asked = ask_range(plan);
	else if (parts->fault == FAULT_SIDES)
		asked = ask_sides(plan);
	if (!asked && reason_of_part(&reason, plan))
		tell(plan, &reason);
}

/* ---- the namespace */

static void judge_namespace(struct api_plan *plan, const struct samples *samples)
{
	struct investigation *own = plan->investigation;
	CLEANUP(reason_clear) struct reason reason = {0};

	for (size_t i = 0; i < samples->list.count; i++) {
		size_t number = probe_part_of(&samples->list.items[i]);

		if (number >= own->label_count)
			continue;
		reason_of_no_namespace(&reason, plan);
		reason_set(&reason, "found", own->labels[number], SIZE_MAX);
		reason_set(&reason, "label", own->labels[number], SIZE_MAX);
		refusal_make_of_rule(plan, &reason);
		return;
	}
}

/* ---- the beginning and the end */

static bool parse(struct api_plan *plan, struct str query, struct promql_tree *ret_tree)
{
	struct err ignored;

	return promql_read(query, plan->arena, ret_tree, &ignored);
}

void investigation_of_samples(struct api_plan *plan)
{
	struct investigation *own = begin(plan, plan->metric->rule);
	struct promql_tree tree;

	if (own && parse(plan, buf_str(&plan->promql), &tree) && probe_parts_begin(&own->parts, &tree, &plan->probe))
		(void)ask(plan, STAGE_PARTS);
}

void investigation_of_series(struct api_plan *plan, const struct rule *rule)
{
	struct investigation *own = begin(plan, rule);
	struct promql_tree tree;

	if (own == NULL || !parse(plan, rule->spec->series_query.text, &tree) || tree.root->kind != PROMQL_SELECTOR)
		return;
	own->of_series = true;
	own->parts.tree = tree;
	(void)ask_drops(plan, tree.root);
}

void investigation_of_metric(struct api_plan *plan)
{
	struct investigation *own = begin(plan, NULL);

	if (own == NULL)
		return;
	own->of_metric = true;
	(void)ask_names(plan, plan->request->metric);
}

void investigation_of_namespace(struct api_plan *plan)
{
	struct investigation *own = begin(plan, plan->metric->rule);
	const struct found_series *at =
		own ? found_of_series(catalog_found(plan->view->catalog), plan->metric->series) : NULL;

	while (at && at->rule != plan->metric->rule)
		at = at->next_of_series;
	for (size_t i = 0; at && i < at->label_count && own->label_count < NAMESPACE_LABELS_MAX; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (!str_ends(at->labels[i], STR("namespace")))
			continue;
		write_named(&text, "", plan->metric->series, "");
		text.len--; /* the brace */
		buf_putc(&text, ',');
		query_write_label(&text, at->labels[i]);
		buf_putc(&text, '=');
		quote_go(&text, plan->request->namespace);
		buf_putc(&text, '}');
		probe_add_count(&plan->probe, own->label_count, buf_str(&text));
		own->labels[own->label_count++] = at->labels[i];
	}
	if (own && own->label_count > 1)
		(void)ask(plan, STAGE_NAMESPACE);
}

void api_probed(struct api_plan *plan, const struct samples *samples)
{
	static void (*const judges[])(struct api_plan *, const struct samples *) = {
		[STAGE_PARTS] = judge_parts,	     [STAGE_DROPS] = judge_drops, [STAGE_VALUES] = judge_values,
		[STAGE_NAMES] = judge_names,	     [STAGE_RANGE] = judge_range, [STAGE_SIDES] = judge_sides,
		[STAGE_NAMESPACE] = judge_namespace,
	};

	end(plan);
	buf_reset(&plan->probe);
	judges[plan->investigation->stage](plan, samples);
}
