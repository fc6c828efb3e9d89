/* SPDX-License-Identifier: Apache-2.0 */
#include "model/policy.h"

#include <math.h>

#include "model/rule_spec.h"
#include "text/quantity.h"

const char *const policy_duplicate_words[] = {"error", "last", "sum", "max", NULL};

struct policy policy_of(const struct rule_spec *rule, int64_t now_ms, int64_t max_sample_age_ms, int64_t max_ahead_ms,
			enum on_duplicate on_duplicate)
{
	const struct extension_spec *extension = &rule->extension;

	return (struct policy){
		.now_ms = now_ms,
		.max_sample_age_ms = extension->has_max_sample_age ? extension->max_sample_age_ms : max_sample_age_ms,
		.max_ahead_ms = max_ahead_ms,
		.infinite = extension->infinite,
		.on_duplicate = extension->on_duplicate ? extension->on_duplicate : on_duplicate,
	};
}

/* ---- one sample */

static bool is_stale(const struct policy *policy, int64_t time_ms)
{
	return policy->max_sample_age_ms && time_ms < policy->now_ms - policy->max_sample_age_ms;
}

static bool is_of_future(const struct policy *policy, int64_t time_ms)
{
	return policy->max_ahead_ms && time_ms > policy->now_ms + policy->max_ahead_ms;
}

static enum verdict judge(const struct policy *policy, double value, int64_t time_ms, int64_t *ret_milli)
{
	int64_t milli;

	if (isnan(value))
		return VERDICT_NAN;
	if (isinf(value) && value > 0 && policy->infinite > 0)
		value = policy->infinite;
	if (isinf(value))
		return VERDICT_INFINITE;
	if (!quantity_milli(value, &milli))
		return VERDICT_RANGE;
	if (policy->not_negative && milli < 0)
		return VERDICT_NEGATIVE;
	if (is_stale(policy, time_ms))
		return VERDICT_STALE;
	if (is_of_future(policy, time_ms))
		return VERDICT_FUTURE;
	*ret_milli = milli;
	return VERDICT_GOOD;
}

/* ---- the number of an object */

bool number_good(const struct number *number)
{
	return number->samples && number->verdict == VERDICT_GOOD;
}

static void replace(const struct policy *policy, struct number *number, double value, int64_t time_ms)
{
	number->verdict = judge(policy, value, time_ms, &number->milli);
	number->value = value;
	number->time_ms = time_ms;
}

static void combine(const struct policy *policy, struct number *number, double value, int64_t time_ms)
{
	int64_t ignored;
	enum verdict verdict = judge(policy, value, time_ms, &ignored);

	if (number->verdict != VERDICT_GOOD)
		return;
	if (verdict != VERDICT_GOOD) {
		number->verdict = verdict;
		number->time_ms = time_ms;
		return;
	}
	if (policy->on_duplicate == DUPLICATE_SUM)
		value += number->value;
	else if (number->value > value)
		value = number->value;
	replace(policy, number, value, time_ms < number->time_ms ? time_ms : number->time_ms);
}

/* Equal ones are one, as old as the older; which of others is right nobody knows. */
static void compare(const struct policy *policy, struct number *number, double value, int64_t time_ms)
{
	if (number->value < value || number->value > value || isnan(number->value) != isnan(value))
		number->verdict = VERDICT_DUPLICATE;
	else if (number->verdict != VERDICT_DUPLICATE && time_ms < number->time_ms)
		replace(policy, number, value, time_ms);
}

enum verdict policy_take(const struct policy *policy, struct number *number, double value, int64_t time_ms)
{
	if (number->samples++ == 0 || policy->on_duplicate == DUPLICATE_LAST)
		replace(policy, number, value, time_ms);
	else if (policy->on_duplicate == DUPLICATE_SUM || policy->on_duplicate == DUPLICATE_MAX)
		combine(policy, number, value, time_ms);
	else
		compare(policy, number, value, time_ms);
	return number->verdict;
}

enum verdict policy_age(const struct policy *policy, struct number *number, int64_t time_ms)
{
	if (number->verdict != VERDICT_GOOD)
		return number->verdict;
	if (time_ms < number->time_ms)
		number->time_ms = time_ms;
	if (is_stale(policy, number->time_ms))
		number->verdict = VERDICT_STALE;
	else if (is_of_future(policy, time_ms))
		number->verdict = VERDICT_FUTURE;
	return number->verdict;
}

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_GOOD:
		return "good";
	case VERDICT_NAN:
		return "NaN";
	case VERDICT_INFINITE:
		return "infinite";
	case VERDICT_NEGATIVE:
		return "negative";
	case VERDICT_RANGE:
		return "out of range";
	case VERDICT_STALE:
		return "stale";
	case VERDICT_FUTURE:
		return "of the future";
	case VERDICT_DUPLICATE:
		return "given more than once";
	case VERDICT_UNKNOWN_AGE:
		return "of unknown age";
	case VERDICT_COUNT:
		break;
	}
	return "unknown";
}

/* ---- pods */

struct pod_policy pod_policy_of(const struct rule_spec *rule)
{
	return (struct pod_policy){
		.ready = rule->extension.drop_not_ready || rule->extension.min_ready_s > 0,
		.min_ready_s = rule->extension.min_ready_s,
	};
}

bool pod_counts(const struct pod_policy *policy, const struct pod_facts *pod, int64_t now_s)
{
	if (pod->deleting || pod->failed)
		return false;
	if (policy->ready && !pod->ready)
		return false;
	return policy->min_ready_s == 0 ||
	       (pod->ready_since_s > 0 && now_s - pod->ready_since_s >= policy->min_ready_s);
}

/* ---- counting */

const char *drop_name(enum drop drop)
{
	static const char *const names[DROP_COUNT] = {
		[DROP_NAN] = "nan",
		[DROP_INFINITE] = "infinite",
		[DROP_NEGATIVE] = "negative",
		[DROP_RANGE] = "range",
		[DROP_STALE] = "stale",
		[DROP_FUTURE] = "future",
		[DROP_DUPLICATE] = "duplicate",
		[DROP_UNKNOWN_AGE] = "unknown_age",
		[DROP_FOREIGN] = "foreign",
		[DROP_UNLABELLED] = "unlabelled",
		[DROP_MALFORMED] = "malformed",
		[DROP_NOT_LIVE] = "not_live",
	};

	return names[drop];
}

void policy_count_refused(struct policy_stats *stats, enum verdict verdict, size_t count)
{
	static const enum drop drops[VERDICT_COUNT] = {
		[VERDICT_NAN] = DROP_NAN,
		[VERDICT_INFINITE] = DROP_INFINITE,
		[VERDICT_NEGATIVE] = DROP_NEGATIVE,
		[VERDICT_RANGE] = DROP_RANGE,
		[VERDICT_STALE] = DROP_STALE,
		[VERDICT_FUTURE] = DROP_FUTURE,
		[VERDICT_DUPLICATE] = DROP_DUPLICATE,
		[VERDICT_UNKNOWN_AGE] = DROP_UNKNOWN_AGE,
	};

	if (verdict != VERDICT_GOOD)
		stats->dropped[drops[verdict]] += count;
}
