/* SPDX-License-Identifier: Apache-2.0 */
/* usage_in.h - shared by the parts of the resource metrics. */
#ifndef GAUGELET_API_USAGE_IN_H
#define GAUGELET_API_USAGE_IN_H

#include "api/usage.h"
#include "model/policy.h"
#include "model/resource_rule.h"

enum usage_kind { USAGE_CPU, USAGE_MEMORY, USAGE_KINDS };

struct usage_amount {
	bool seen, good; /* seen: there is a sample, good or not */
	int64_t milli;
};

/* Of a pod; a node has one without a name. */
struct usage_container {
	struct usage_container *next; /* by name */
	struct str name;
	struct usage_amount amounts[USAGE_KINDS];
};

struct usage_item {
	struct usage_object object; /* in the plan's arena */
	struct usage_container *containers;
	int64_t time_ms; /* of the earliest good sample */
	bool timed;	 /* there is one */
	enum verdict
		spoiled_by; /* VERDICT_GOOD: nothing; else a sample without which the rest would be a wrong number */
	enum usage_kind spoiled; /* whose */
};

struct usage_query {
	enum usage_kind kind;
	size_t first, count; /* of the items it is about */
	bool many;	     /* namespaces: they are told apart by the samples' label */
	bool named;	     /* the items are named in it */
	/* of its answer */
	size_t samples, unlabelled;
};

const struct resource_rule *usage_rule(const struct usage_plan *plan, enum usage_kind kind);
const char *usage_kind_name(enum usage_kind kind);

/* Has it what an answer needs: CPU and memory of one container at least, and nothing spoiled? */
bool usage_is_known(const struct usage_item *item);

/* The query's answer is none. */
void usage_note_failure(struct usage_plan *plan, const struct usage_query *query, const struct reason *why);

/* {kind} and {place} of a resource rule. */
void usage_set_rule(struct reason *reason, const struct usage_plan *plan, enum usage_kind kind);

/* Writes the document for all items that are known. */
void usage_write(struct usage_plan *plan);

/* Answers with a Status: upstream's words and our reason. */
void usage_refuse(struct usage_plan *plan, enum status_kind kind, struct str words, const struct reason *reason,
		  const struct status_details *details);

#endif
