/* SPDX-License-Identifier: Apache-2.0 */
/* investigation.h - an empty result is investigated: a few queries find out which part of a query, and which matcher of it, has
   nothing to give. The plan is refused already; it gets a better reason, or keeps the one that it has. */
#ifndef GAUGELET_API_INVESTIGATION_H
#define GAUGELET_API_INVESTIGATION_H

#include "api_in.h"
#include "probe_matchers.h"
#include "probe_parts.h"

enum { NAMESPACE_LABELS_MAX = 8 };

enum investigation_stage {
	STAGE_PARTS,	 /* which parts of the query give something? */
	STAGE_DROPS,	 /* without which matcher does the selector? */
	STAGE_VALUES,	 /* what does its label say there? */
	STAGE_NAMES,	 /* is there a series of that name, or of one like it? */
	STAGE_RANGE,	 /* how far apart are the samples? */
	STAGE_SIDES,	 /* which labels have the two sides of an operator? */
	STAGE_NAMESPACE, /* which label has the namespace? */
};

struct investigation {
	enum investigation_stage stage;
	bool of_series; /* of the rule's seriesQuery, not of its query */
	bool of_metric; /* no rule concerns the metric: is there a series of its name? */
	const struct rule *rule;
	struct parts parts;
	struct drops drops;
	struct {
		struct str name;
		bool had;   /* there were series of it lately */
	} names[PARTS_MAX]; /* that the query has */
	size_t name_count;
	struct str name; /* that is looked for */
	struct str labels[NAMESPACE_LABELS_MAX];
	size_t label_count;
	size_t probes;
};

/* The refusal is made; may it be told better? `plan->step` says so. */
void investigation_of_samples(struct api_plan *plan);			      /* the query gives nothing */
void investigation_of_series(struct api_plan *plan, const struct rule *rule); /* the seriesQuery does */
void investigation_of_metric(struct api_plan *plan);			      /* no rule gives the metric */
void investigation_of_namespace(struct api_plan *plan);			      /* no label stands for the namespace */

#endif
