/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - the way of a metric request: plan (request + snapshots -> what to ask Prometheus, or an answer right away) and
   answer (plan + samples -> document). Pure: between the two halves nothing but samples travels. */
#ifndef GAUGELET_API_PLAN_H
#define GAUGELET_API_PLAN_H

#include "api/reason.h"
#include "api/request.h"
#include "base/buf.h"
#include "model/policy.h"

struct api_ages;
struct catalog;
struct gke_metric;
struct investigation;
struct metric;
struct metric_names;
struct upstream_error;
struct resource;
struct rule;
struct samples;
struct series_finding;

/* The snapshots and settings that a request is answered by. It must live as long as the plan. */
struct api_view {
	struct catalog *catalog;
	const struct series_finding *findings; /* one for each of the catalog's rules.series_queries */
	struct str upstream;		       /* HOST:PORT of Prometheus */
	int64_t max_age_ms;		       /* of --metrics-max-age */
	int64_t max_sample_age_ms;	       /* 0: any; a rule may say something else */
	int64_t max_ahead_ms;		       /* of the clock, by a sample; 0: any */
	bool sample_age;		       /* ask for ages, unless a rule says something else */
	struct policy_stats *stats;	       /* counted into; NULL: nobody wants to know */
	bool standalone;		       /* there is no cluster to list objects */
	enum on_duplicate on_duplicate;	       /* a rule may say something else */
	bool empty_list_ok;
	bool investigate;		  /* an empty result may be investigated */
	bool gke_names;			  /* what no rule gives may be a name of GKE's adapter */
	const struct metric_names *known; /* of Prometheus' metrics, during api_begin; NULL: none */
};

enum api_step {
	API_ANSWERED, /* `reply` is the answer */
	API_OBJECTS,  /* find the objects that fit, then api_named or api_unlisted */
	API_LIST,     /* run `promql` to learn which objects there are, then api_listed (standalone) */
	API_AGE,      /* run `promql` to learn how old the series are, then api_aged */
	API_QUERY,    /* run `promql`, then api_answer */
	API_EXPLAIN,  /* it is refused, and may be told better to who may learn more: api_explained */
	API_NAMES, /* it is refused, and may be told better: which of `asked_names` were there lately? api_names_known */
	API_PROBE, /* it is refused, and may be told better: run `probe`, then api_probed; or respond as it is */
};

struct api_reply {
	unsigned status;
	bool open;	       /* a refusal that may be told better: the plan is at API_EXPLAIN or API_PROBE */
	enum reason_code code; /* of a refusal or a warning */
	struct buf body;       /* JSON */
	struct buf reason;     /* of a refusal or a warning, for the log; empty: none */
	struct buf warning;    /* the value of a Warning header; empty: none */
};

struct api_plan {
	enum api_step step;
	struct buf promql;
	struct buf probe;
	struct buf asked_names; /* a selector of series by their names */
	struct api_reply reply;
	bool unknown_resource; /* the cluster may have got it since its resources were last asked for */
	bool missing;	       /* answered, as no metric of that name is there; see api_missed */
	size_t duplicates;     /* samples that a later one of the same object took the place of */
	bool may_explain;      /* the caller may learn of other namespaces; before api_probed */
	/* the rest is the plan's own */
	const struct api_request *request;
	const struct api_view *view;
	struct arena *arena;
	struct api_parameters parameters;
	const struct metric *metric;
	const struct rule *likely; /* of a missing one: a rule whose search found nothing and would give it */
	struct gke_metric *gke;	   /* what the metric was made of when no rule gives it; NULL otherwise */
	const struct str *names;   /* of the objects asked for */
	size_t name_count;
	size_t left_out;		     /* pods that fit and do not count */
	struct buf later;		     /* the rule's query, while ages are asked for */
	struct api_ages *ages;		     /* NULL: not asked for */
	struct investigation *investigation; /* NULL: none */
	struct str foreign_namespace;	     /* of a sample, for who may learn of it */
};

/* First half. Initialises `plan`; request, view and arena must live as long as it. */
void api_begin(struct api_plan *plan, const struct api_request *request, const struct api_view *view,
	       struct arena *arena);

/* Of a plan that is answered as the metric is missing: a rule that may give it, though its search found nothing, or not yet. Rules
   before *next_rule are passed over, and it is set behind the one that is found. False: there is none. */
struct api_missed {
	const struct rule *rule;
	bool likely; /* its series would have that name, as far as one can tell */
};
bool api_missed(const struct api_plan *plan, size_t *next_rule, struct api_missed *ret_missed);

void api_listed(struct api_plan *plan, const struct samples *samples);
void api_aged(struct api_plan *plan, const struct samples *samples);

/* Which objects to find for API_OBJECTS: namespace with ptr NULL is all of them. */
struct api_objects {
	const struct resource *resource;
	struct str namespace;
	const struct selector *selector;
	const struct rule *rule; /* of pods it says which count */
};
struct api_objects api_objects_wanted(const struct api_plan *plan);

/* How many pods fit, too, and do not count by the rule's pod policy; before api_named. */
void api_left_out(struct api_plan *plan, size_t count);

/* `names` in the server's order, living as long as the plan; or why they cannot be listed, in the server's words. */
enum api_unlisted {
	API_UNLISTED_FORBIDDEN, /* the adapter may not */
	API_UNLISTED_FAILED,	/* the kube-apiserver answers with another error, or not at all */
	API_UNLISTED_MANY,	/* there are more than are held, or taken */
};
void api_named(struct api_plan *plan, const struct str *names, size_t count);
void api_unlisted(struct api_plan *plan, enum api_unlisted kind, const char *why);

/* Second half; the plan is answered then. `now_ms` is since 1970. */
void api_answer(struct api_plan *plan, const struct samples *samples, int64_t now_ms);
void api_fail(struct api_plan *plan, const struct upstream_error *problem);

/* `may_explain` is known. */
void api_explained(struct api_plan *plan);

/* Those of the last API_NAMES_MS; NULL: Prometheus cannot be asked for names, which ends the investigation. */
enum { API_NAMES_MS = 7 * 24 * 3600 * 1000 };
void api_names_known(struct api_plan *plan, const struct metric_names *names);

/* What the probe gave. A probe that fails, or for which there is no time, ends the investigation. */
void api_probed(struct api_plan *plan, const struct samples *samples);

void api_plan_clear(struct api_plan *plan);

#endif
