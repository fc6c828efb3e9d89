/* SPDX-License-Identifier: Apache-2.0 */
/* Why no object has a number. */
#include "api_in.h"

#include <math.h>

#include "model/catalog.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/rule.h"
#include "text/promql.h"

enum { TEXT_SHOWN = 60, DIVISOR_SHOWN = 160, LABELS_SHOWN = 300, THEN_SHOWN = 240, HOST_SHOWN = 100 };

static bool is_external(const struct api_plan *plan)
{
	return plan->request->route == ROUTE_EXTERNAL;
}

/* ---- values that are none */

static bool set_values(struct reason *reason, const struct tally *tally)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++) {
		if (tally->refused[verdict] == 0)
			continue;
		buf_printf(&text, "%s%zu %s", text.len ? ", " : "", tally->refused[verdict], verdict_name(verdict));
		buf_puts(&text, verdict == VERDICT_INFINITE ? " (Inf)" : "");
	}
	reason_set(reason, "values", buf_str(&text), SIZE_MAX);
	return text.len > 0;
}

static enum reason_code code_of_values(const struct api_plan *plan, const struct tally *tally)
{
	if (tally->refused[VERDICT_STALE])
		return REASON_OLD_SAMPLES;
	if (tally->refused[VERDICT_FUTURE])
		return REASON_FUTURE_SAMPLES;
	if (plan->gke)
		return REASON_BAD_GKE_VALUES;
	if (tally->refused[VERDICT_DUPLICATE])
		return tally->twins[0] ? REASON_SEVERAL_SAMPLES : REASON_TWINS;
	if (tally->refused[VERDICT_UNKNOWN_AGE])
		return REASON_UNKNOWN_AGE;
	return tally->refused[VERDICT_INFINITE] || tally->refused[VERDICT_NAN] ? REASON_DIVIDED : REASON_BAD_VALUES;
}

/* The divisor of the outermost division: the last one of the text's order. */
static bool set_divisor(struct reason *reason, const struct api_plan *plan)
{
	const struct promql_node *divisor = NULL;
	struct promql_tree tree;
	struct err ignored;

	if (!promql_read(buf_str(&plan->promql), plan->arena, &tree, &ignored))
		return false;
	for (const struct promql_node *at = tree.first; at; at = at == tree.root ? NULL : at->next)
		if (at->kind == PROMQL_BINARY && str_eq(at->word, STR("/")) &&
		    at->child->sibling->kind != PROMQL_NUMBER)
			divisor = at->child->sibling;
	if (divisor)
		reason_set(reason, "divisor", divisor->text, DIVISOR_SHOWN);
	return divisor != NULL;
}

/* A label that tells the two apart, or its value on one side alone. */
static void put_difference(struct buf *out, const struct sample *sample, const struct sample *other)
{
	for (size_t i = 0; i < sample->label_count; i++) {
		struct str label = sample->labels[i].name;

		if (str_eq(sample_label(other, label), sample->labels[i].value) || str_contains(buf_str(out), label))
			continue;
		buf_printf(out, "%s%.*s (\"%.*s\", \"%.*s\")", out->len ? ", " : "",
			   STR_ARG(str_front(label, TEXT_SHOWN)),
			   STR_ARG(str_front(sample->labels[i].value, TEXT_SHOWN)),
			   STR_ARG(str_front(sample_label(other, label), TEXT_SHOWN)));
	}
}

static void set_number(struct reason *reason, const char *name, double value)
{
	if (isnan(value))
		reason_set(reason, name, STR("NaN"), SIZE_MAX);
	else
		reason_print(reason, name, isinf(value) ? "%+f" : "%.15g", value);
}

static void set_twins(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	CLEANUP(buf_clear) struct buf labels = {0};

	put_difference(&labels, tally->twins[0], tally->twins[1]);
	put_difference(&labels, tally->twins[1], tally->twins[0]);
	reason_print(reason, "object", "%.*s %.*s", STR_ARG(plan->metric->resource->singular),
		     STR_ARG(str_front(tally->twins_name, TEXT_SHOWN)));
	set_number(reason, "one", tally->twins[0]->value);
	set_number(reason, "other", tally->twins[1]->value);
	reason_set(reason, "labels", buf_str(&labels), LABELS_SHOWN);
}

static void explain_values(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = code_of_values(plan, tally);
	reason_age(reason, "age", tally->newest_age_ms / 1000 * 1000);
	reason_age(reason, "ahead", plan->view->max_ahead_ms);
	reason_age(reason, "limit",
		   policy_of(plan->metric->rule->spec, 0, plan->view->max_sample_age_ms, 0, DUPLICATE_ERROR)
			   .max_sample_age_ms);
	reason_set_query(reason, plan);
	if (tally->refused[VERDICT_INFINITE])
		reason_set(reason, "infinite", STR("+Inf"), SIZE_MAX);
	if (reason->code == REASON_DIVIDED && !set_divisor(reason, plan))
		reason->code = REASON_BAD_VALUES;
	if (reason->code == REASON_SEVERAL_SAMPLES)
		set_twins(reason, plan, tally);
}

/* ---- samples that fit nothing */

/* What a name of GKE's needs before its query can give something. */
static void set_gke_needs(struct reason *reason, const struct api_plan *plan)
{
	if (plan->name_count)
		reason_print(reason, "needs", "%s%.*s", plan->request->namespaced ? "namespace and " : "",
			     STR_ARG(plan->metric->object_label));
	else if (plan->view->known == NULL)
		reason_set(reason, "unknown",
			   STR("Prometheus has not told its names of metrics yet, so the letters are as they came"),
			   SIZE_MAX);
}

static void explain_nothing(struct reason *reason, const struct api_plan *plan)
{
	reason->code = plan->gke	   ? REASON_GKE_NO_SAMPLES
		       : is_external(plan) ? REASON_NO_EXTERNAL_SAMPLES
					   : REASON_NO_SAMPLES;
	if (!is_external(plan))
		reason_set_objects(reason, plan);
	reason_set_query(reason, plan);
	if (plan->gke)
		set_gke_needs(reason, plan);
}

/* Inside of histogram_quantile the buckets need their le, too. */
static void set_grouping(struct reason *reason, const struct api_plan *plan)
{
	bool buckets = str_contains(buf_str(&plan->promql), STR("histogram_quantile"));

	reason_set(reason, "by", buckets ? STR("<<.GroupBy>>, le") : STR("<<.GroupBy>>"), SIZE_MAX);
	reason_set(reason, "where", buckets ? STR("inside histogram_quantile, in") : STR("in"), SIZE_MAX);
}

static void explain_unlabelled(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = REASON_NO_LABEL;
	reason_count(reason, "count", tally->unlabelled, "sample");
	reason_set(reason, "label", plan->metric->object_label, TEXT_SHOWN);
	reason_set_labels(reason, tally->labels, tally->label_count);
	set_grouping(reason, plan);
}

static void explain_foreign(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = REASON_OTHER_OBJECTS;
	reason_count(reason, "count", tally->foreign, "sample");
	reason_set(reason, "stranger", tally->stranger, TEXT_SHOWN);
	reason_print(reason, "asked", "%zu", plan->name_count);
}

static void explain_malformed(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = REASON_NO_SAMPLE_AT_ALL;
	reason_count(reason, "count", tally->malformed, "sample");
	reason_set(reason, "upstream", plan->view->upstream, HOST_SHOWN);
}

static void explain_samples(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason_begin(reason, REASON_NO_SAMPLES);
	reason_set_rule(reason, plan->metric->rule);
	if (set_values(reason, tally))
		explain_values(reason, plan, tally);
	else if (tally->unlabelled)
		explain_unlabelled(reason, plan, tally);
	else if (tally->foreign)
		explain_foreign(reason, plan, tally);
	else if (tally->malformed)
		explain_malformed(reason, plan, tally);
	else
		explain_nothing(reason, plan);
}

static void set_place(struct reason *reason, const char *name, const struct rule *rule)
{
	CLEANUP(buf_clear) struct buf text = {0};

	rule_write_place(&text, rule);
	reason_set(reason, name, buf_str(&text), SIZE_MAX);
}

/* To rename the one that is hidden comes first; then what the later one lacks. */
void reason_of_no_samples(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	const struct rule *hidden = plan->metric->hides;
	CLEANUP(reason_clear) struct reason later = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	if (hidden == NULL) {
		explain_samples(reason, plan, tally);
		return;
	}
	explain_samples(&later, plan, tally);
	reason_begin(reason, REASON_HIDES_RULE);
	set_place(reason, "hidden", hidden);
	set_place(reason, "place", plan->metric->rule);
	reason_write_cause(&text, &later);
	reason_set_elastic(reason, "cause", buf_str(&text), (struct str){0});
	buf_reset(&text);
	reason_write_fix(&text, &later);
	reason_set(reason, "then", buf_str(&text), THEN_SHOWN);
}
