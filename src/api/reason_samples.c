/* SPDX-License-Identifier: Apache-2.0 */
/* Why there is no object, or no sample for it. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/rule.h"
#include "text/duration.h"

enum { QUERY_SHOWN = 90, GKE_QUERY_SHOWN = 240 /* no file shows it */, TEXT_SHOWN = 60, LISTED_SHOWN = 260 };

static void write_duration(struct buf *out, int64_t ms)
{
	duration_write_go(out, ms * 1000000);
}

/* ---- objects */

static enum reason_code explain_left_out(struct buf *out, const struct api_plan *plan)
{
	struct str resource = text_front(plan->request->resource, TEXT_SHOWN);

	buf_printf(out, "%zu %.*s fit, and none counts: they are being deleted", plan->left_out, STR_ARG(resource));
	if (!pod_policy_of(plan->metric->rule->spec).ready) {
		buf_puts(out, ". fix: wait for those that come after them");
		return REASON_NO_LIVE_OBJECTS;
	}
	buf_puts(out, ", or not ready for as long as x-gaugelet wants in rule ");
	rule_write_place(out, plan->metric->rule);
	buf_printf(out, ". fix: see kubectl get %.*s, or change that rule's notReady or minReadySeconds",
		   STR_ARG(resource));
	return REASON_NO_LIVE_OBJECTS;
}

enum reason_code reason_no_objects(struct buf *out, const struct api_plan *plan)
{
	struct str selector = text_front(plan->parameters.label_selector_text, TEXT_SHOWN);
	struct str resource = plan->request->resource;

	if (plan->left_out)
		return explain_left_out(out, plan);
	buf_printf(out, "no %.*s", STR_ARG(resource));
	if (plan->request->namespaced)
		buf_printf(out, " in namespace %.*s", STR_ARG(text_front(plan->request->namespace, TEXT_SHOWN)));
	if (selector.len)
		buf_printf(out, " fit the selector %.*s", STR_ARG(selector));
	else
		buf_puts(out, " exist");
	buf_printf(out, ". fix: see their labels with kubectl get %.*s --show-labels", STR_ARG(resource));
	return REASON_NO_OBJECTS;
}

enum reason_code write_unlisted(struct buf *out, struct str resource, enum api_unlisted kind, const char *why)
{
	buf_printf(out, "%.*s: %.*s. fix: ", STR_ARG(resource), STR_ARG(text_front(str_of(why), LISTED_SHOWN)));
	switch (kind) {
	case API_UNLISTED_FORBIDDEN:
		buf_printf(out, "the adapter's ServiceAccount needs a role with list and watch on %.*s",
			   STR_ARG(resource));
		return REASON_MAY_NOT_LIST;
	case API_UNLISTED_MANY:
		buf_puts(out, "ask with a narrower selector");
		return REASON_MANY_OBJECTS;
	case API_UNLISTED_FAILED:
		break;
	}
	buf_puts(out, "see to the kube-apiserver and the way to it");
	return REASON_CANNOT_LIST;
}

enum reason_code reason_unlisted(struct buf *out, const struct api_plan *plan, enum api_unlisted kind, const char *why)
{
	return write_unlisted(out, text_front(plan->request->resource, TEXT_SHOWN), kind, why);
}

/* ---- samples that fit nothing */

void reason_query(struct buf *out, const struct api_plan *plan)
{
	struct str query = text_front(buf_str(&plan->promql), plan->gke ? GKE_QUERY_SHOWN : QUERY_SHOWN);

	buf_put(out, query);
	if (query.len < plan->promql.len)
		buf_puts(out, "...");
}

static void write_names(struct buf *out, const struct api_plan *plan)
{
	size_t shown = plan->name_count < 3 ? plan->name_count : 3;

	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(text_front(plan->names[i], TEXT_SHOWN)));
	if (plan->name_count > shown)
		buf_printf(out, " and %zu more", plan->name_count - shown);
}

static size_t explain_refused(struct buf *out, const struct tally *tally)
{
	size_t all = 0;

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++) {
		if (tally->refused[verdict] == 0)
			continue;
		buf_printf(out, "%s%zu %s", all ? ", " : "", tally->refused[verdict], verdict_name(verdict));
		buf_puts(out, verdict == VERDICT_INFINITE ? " (Inf)" : "");
		all += tally->refused[verdict];
	}
	return all;
}

/* What a name of GKE's needs before its query can give something. */
static void explain_gke_needs(struct buf *out, const struct api_plan *plan)
{
	if (plan->gke && plan->name_count)
		buf_printf(out, "its series need the labels %s%.*s; ",
			   plan->request->namespaced ? "namespace and " : "", STR_ARG(plan->metric->object_label));
	else if (plan->gke && plan->view->known == NULL)
		buf_puts(out, "Prometheus has not told its names of metrics yet, so the letters are as they came; ");
}

static void fix_values(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	if (tally->refused[VERDICT_DUPLICATE] && plan->request->route == ROUTE_EXTERNAL)
		buf_puts(out, ". fix: see what stands at --prometheus-url, since Prometheus never gives the same "
			      "labels twice");
	else if (tally->refused[VERDICT_DUPLICATE])
		buf_puts(out,
			 ". fix: aggregate by (<<.GroupBy>>) in metricsQuery, or write sum or max as onDuplicate in "
			 "x-gaugelet");
	else if (tally->refused[VERDICT_UNKNOWN_AGE])
		buf_puts(out,
			 ". fix: see in Prometheus whether the series still get samples, or switch sampleAge off");
	else if (tally->refused[VERDICT_INFINITE])
		buf_puts(out, ". fix: put a guard into metricsQuery, as `> 0` or `or`, or write the number that +Inf "
			      "stands for as infinite in x-gaugelet");
	else
		buf_puts(out, ". fix: put a guard into metricsQuery, as `> 0` or `or`");
}

static enum reason_code explain_bad_values(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	buf_puts(out, " gives no usable number: ");
	explain_refused(out, tally);
	if (tally->refused[VERDICT_STALE]) {
		buf_puts(out, "; the newest is ");
		write_duration(out, tally->newest_age_ms / 1000 * 1000);
		buf_puts(out, " old, the limit is ");
		write_duration(out,
			       policy_of(plan->metric->rule->spec, 0, plan->view->max_sample_age_ms).max_sample_age_ms);
		buf_puts(out, ". fix: see to the scrape, or raise --max-sample-age, or maxSampleAge in x-gaugelet");
		return REASON_OLD_SAMPLES;
	}
	if (plan->gke) {
		buf_puts(out, ". fix: write a rule for it with a guard in metricsQuery; the query is ");
		reason_query(out, plan);
		return REASON_BAD_VALUES;
	}
	fix_values(out, plan, tally);
	return REASON_BAD_VALUES;
}

static enum reason_code explain_external(struct buf *out, const struct api_plan *plan)
{
	buf_puts(out, " gives no sample: ");
	reason_query(out, plan);
	buf_puts(out, ". fix: ");
	explain_gke_needs(out, plan);
	buf_puts(out, plan->gke ? "run this query in Prometheus"
				: "compare the selector with the labels of the series; write namespaced: false under "
				  "resources if the series has another namespace");
	return REASON_NO_EXTERNAL_SAMPLES;
}

static enum reason_code explain_nothing(struct buf *out, const struct api_plan *plan)
{
	if (plan->request->route == ROUTE_EXTERNAL)
		return explain_external(out, plan);
	buf_printf(out, " gives no sample for %zu objects (", plan->name_count);
	write_names(out, plan);
	buf_puts(out, "): ");
	reason_query(out, plan);
	buf_puts(out, ". fix: ");
	explain_gke_needs(out, plan);
	buf_puts(out, "run this query in Prometheus");
	return REASON_NO_SAMPLES;
}

static enum reason_code explain_unlabelled(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	buf_printf(out, " gives %zu samples without the label \"%.*s\"; they have ", tally->unlabelled,
		   STR_ARG(plan->metric->object_label));
	write_label_list(out, tally->labels, tally->label_count);
	buf_puts(out, ". fix: aggregate by (<<.GroupBy>>) in metricsQuery");
	return REASON_NO_LABEL;
}

static enum reason_code explain_foreign(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	buf_printf(out,
		   " gives %zu samples of other objects, as %.*s, and none of the %zu asked for. fix: use "
		   "<<.LabelMatchers>> in metricsQuery",
		   tally->foreign, STR_ARG(text_front(tally->stranger, TEXT_SHOWN)), plan->name_count);
	return REASON_OTHER_OBJECTS;
}

static enum reason_code explain_malformed(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	buf_printf(out, " gives %zu samples that are none. fix: see what Prometheus %.*s answers", tally->malformed,
		   STR_ARG(plan->view->upstream));
	return REASON_MALFORMED;
}

static enum reason_code explain_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	bool refused = false;

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++)
		refused |= tally->refused[verdict] > 0;
	buf_puts(out, "the query of rule ");
	rule_write_place(out, plan->metric->rule);
	if (refused)
		return explain_bad_values(out, plan, tally);
	if (tally->unlabelled)
		return explain_unlabelled(out, plan, tally);
	if (tally->foreign)
		return explain_foreign(out, plan, tally);
	if (tally->malformed)
		return explain_malformed(out, plan, tally);
	return explain_nothing(out, plan);
}

/* The cause of the later rule is cut off its own fix: to rename comes first. */
enum reason_code reason_no_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally)
{
	const struct rule *hidden = plan->metric->hides;
	CLEANUP(buf_clear) struct buf cause = {0};
	struct str text;
	size_t at;

	if (hidden == NULL)
		return explain_samples(out, plan, tally);
	explain_samples(&cause, plan, tally);
	text = buf_str(&cause);
	for (at = 0; at < text.len && !str_starts(str_slice(text, at, text.len), STR(". fix: ")); at++)
		continue;
	buf_puts(out, "two rules give it, ");
	rule_write_place(out, hidden);
	buf_puts(out, " and ");
	rule_write_place(out, plan->metric->rule);
	buf_puts(out, ", of which the later one counts: ");
	buf_put(out, str_slice(text, 0, at));
	buf_puts(out, ". fix: give one of them another name.as; and then:");
	buf_put(out, text_front(str_slice(text, at + sizeof(". fix:") - 1, text.len), 140));
	return REASON_HIDES_RULE;
}
