/* SPDX-License-Identifier: Apache-2.0 */
/* Why no object has a number. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/rule.h"

enum { TEXT_SHOWN = 60, THEN_SHOWN = 240, HOST_SHOWN = 100 };

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
		return is_external(plan) ? REASON_TWINS : REASON_SEVERAL_SAMPLES;
	return tally->refused[VERDICT_UNKNOWN_AGE] ? REASON_UNKNOWN_AGE : REASON_BAD_VALUES;
}

static void explain_values(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = code_of_values(plan, tally);
	reason_age(reason, "age", tally->newest_age_ms / 1000 * 1000);
	reason_age(reason, "ahead", plan->view->max_ahead_ms);
	reason_age(reason, "limit",
		   policy_of(plan->metric->rule->spec, 0, plan->view->max_sample_age_ms, 0).max_sample_age_ms);
	reason_set_query(reason, plan);
	if (tally->refused[VERDICT_INFINITE])
		reason_set(reason, "infinite", STR("+Inf"), SIZE_MAX);
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

static void explain_unlabelled(struct reason *reason, const struct api_plan *plan, const struct tally *tally)
{
	reason->code = REASON_NO_LABEL;
	reason_count(reason, "count", tally->unlabelled, "sample");
	reason_set(reason, "label", plan->metric->object_label, TEXT_SHOWN);
	reason_set_labels(reason, tally->labels, tally->label_count);
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
