/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - the one gate between a sample and a number that an HPA acts on. What does not pass is absent, never 0. */
#ifndef GAUGELET_MODEL_POLICY_H
#define GAUGELET_MODEL_POLICY_H

#include "base/base.h"
#include "base/histogram.h"

struct rule_spec;

enum verdict {
	VERDICT_GOOD,
	VERDICT_NAN,
	VERDICT_INFINITE,
	VERDICT_NEGATIVE, /* where that cannot be */
	VERDICT_RANGE,	  /* does not fit a quantity: thousandths in 64 bits */
	VERDICT_STALE,
	VERDICT_FUTURE,	     /* further ahead of now than clocks may differ */
	VERDICT_DUPLICATE,   /* several samples of one object, whose values differ */
	VERDICT_UNKNOWN_AGE, /* the age was asked for, and there is none */
	VERDICT_COUNT,
};

/* What several samples of one object make. */
enum on_duplicate {
	DUPLICATE_UNSAID, /* a rule that says nothing: the flag's */
	DUPLICATE_ERROR,  /* values that differ are none; equal ones are one */
	DUPLICATE_LAST,	  /* the last one counts, good or not, as upstream */
	DUPLICATE_SUM,
	DUPLICATE_MAX,
};

/* "error" and the others, as flags and rules say it: from DUPLICATE_ERROR on, then NULL. */
extern const char *const policy_duplicate_words[];

struct policy {
	int64_t now_ms;		   /* since 1970 */
	int64_t max_sample_age_ms; /* 0: any */
	int64_t max_ahead_ms;	   /* of now; 0: any */
	double infinite;	   /* what +Inf stands for; 0: nothing, it is absent */
	enum on_duplicate on_duplicate;
	bool not_negative; /* a number is zero or more */
};

/* What a rule says, and where it says nothing the flags, whose values these are. */
struct policy policy_of(const struct rule_spec *rule, int64_t now_ms, int64_t max_sample_age_ms, int64_t max_ahead_ms,
			enum on_duplicate on_duplicate);

/* The number of one object. Zeroed at first: no sample yet. */
struct number {
	size_t samples;
	enum verdict verdict;	/* of what `samples` make together */
	double value;		/* these three are set when the verdict is good, or DUPLICATE: of the first */
	int64_t milli, time_ms; /* thousandths, truncated toward zero; the time is the oldest sample's */
};

/* One more sample of it. What a sum or a maximum lacks would make it wrong: one that is refused refuses them. The verdict is
   the number's from now on. */
enum verdict policy_take(const struct policy *policy, struct number *number, double value, int64_t time_ms);

/* The number of one object is as old as `time_ms`, if that is earlier than the time it has. */
enum verdict policy_age(const struct policy *policy, struct number *number, int64_t time_ms);

bool number_good(const struct number *number);

/* "NaN", "infinite", ... for messages. */
const char *verdict_name(enum verdict verdict);

/* ---- which pods count */

struct pod_policy {
	bool ready;	     /* those that are not ready do not */
	int64_t min_ready_s; /* nor those that became ready later than this many seconds ago; 0: any */
};

struct pod_facts {
	bool deleting, failed, ready;
	int64_t ready_since_s; /* since 1970; 0: not known */
};

struct pod_policy pod_policy_of(const struct rule_spec *rule);
bool pod_counts(const struct pod_policy *policy, const struct pod_facts *pod, int64_t now_s);

/* ---- what was dropped, and how old the rest is */

enum drop {
	DROP_NAN,
	DROP_INFINITE,
	DROP_NEGATIVE,
	DROP_RANGE,
	DROP_STALE,
	DROP_FUTURE,
	DROP_DUPLICATE,
	DROP_UNKNOWN_AGE,
	DROP_FOREIGN, /* of another object or namespace than was asked for */
	DROP_UNLABELLED,
	DROP_MALFORMED,
	DROP_NOT_LIVE, /* a pod, before anything is asked for it */
	DROP_COUNT,
};

/* "nan", "infinite", ...: the value of a metric's label. */
const char *drop_name(enum drop drop);

struct policy_stats {
	uint64_t answered; /* numbers that went out */
	uint64_t dropped[DROP_COUNT];
	struct age_histogram custom_freshness, external_freshness; /* ages of the numbers that went out */
};

void policy_count_refused(struct policy_stats *stats, enum verdict verdict, size_t count);

#endif
