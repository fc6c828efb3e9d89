/* SPDX-License-Identifier: Apache-2.0 */
/* resource_plan_in.h - shared by the parts of the resource metrics. */
#ifndef GAUGELET_API_RESOURCE_PLAN_IN_H
#define GAUGELET_API_RESOURCE_PLAN_IN_H

#include "api/resource_plan.h"
#include "model/policy.h"
#include "model/resource_rule.h"

enum resource_kind { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_KINDS };

/* Of a pod; a node has one without a name. */
struct resource_container {
	struct resource_container *next; /* by name */
	struct str name;
	struct number numbers[RESOURCE_KINDS];
};

struct resource_item {
	struct resource_object object; /* in the plan's arena */
	struct resource_container *containers;
	/* at the end */
	bool known; /* has what an answer needs: CPU and memory of one container at least, and nothing that spoils it */
	int64_t time_ms; /* of the earliest sample */
	const struct resource_container
		*spoiled;		 /* NULL: nothing. Else the rest would be a wrong number without this one */
	enum resource_kind spoiled_kind; /* whose sample is no number */
};

struct resource_query {
	enum resource_kind kind;
	size_t first, count; /* of the items it is about */
	bool many;	     /* namespaces: they are told apart by the samples' label */
	bool named;	     /* the items are named in it */
	/* of its answer */
	size_t samples, unlabelled;
};

const struct resource_rule *resource_plan_rule(const struct resource_plan *plan, enum resource_kind kind);
const char *resource_kind_name(enum resource_kind kind);

/* The query's answer is none. */
void resource_plan_note_failure(struct resource_plan *plan, const struct resource_query *query,
				const struct reason *why);

/* {kind} and {place} of a resource rule. */
void resource_plan_set_rule(struct reason *reason, const struct resource_plan *plan, enum resource_kind kind);

/* Writes the document for all items that are known. */
void resource_document_write(struct resource_plan *plan);

/* Answers with a Status: upstream's words and our reason. */
void resource_plan_refuse(struct resource_plan *plan, enum status_kind kind, struct str words,
			  const struct reason *reason, const struct status_details *details);

#endif
