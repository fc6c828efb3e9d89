/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#include "model/rule_spec.h"
#include "refusal.h"
#include "text/selector.h"

enum { LABEL_SHOWN = 60, VALUE_SHOWN = 100, SELECTOR_SHOWN = 200 };

static bool is_among(struct str value, const struct selector_requirement *requirement)
{
	for (size_t i = 0; i < requirement->value_count; i++)
		if (str_eq(value, requirement->values[i]))
			return true;
	return false;
}

static bool contradicts(const struct sample *sample, const struct selector_requirement *requirement)
{
	struct str value = sample_label(sample, requirement->key);

	if (value.len == 0)
		return false;
	switch (requirement->op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_IN:
		return !is_among(value, requirement);
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_NOT_IN:
		return is_among(value, requirement);
	case SELECTOR_NOT_EXISTS:
		return true;
	case SELECTOR_EXISTS:
	case SELECTOR_GREATER: /* no query is made of these */
	case SELECTOR_LESS:
		break;
	}
	return false;
}

static void refuse_item(struct api_plan *plan, const struct sample *sample, struct str label)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_FOREIGN_ITEM);
	reason_set_rule(&reason, plan->metric->rule);
	reason_set(&reason, "label", label, LABEL_SHOWN);
	reason_set(&reason, "value", sample_label(sample, label), VALUE_SHOWN);
	reason_set(&reason, "asked", plan->parameters.label_selector_text, SELECTOR_SHOWN);
	refusal_make_not_found(plan, true, &reason);
}

/* Whose it is may not be said to everybody. */
static void refuse_namespace(struct api_plan *plan)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_FOREIGN_NAMESPACE);
	reason_set_rule(&reason, plan->metric->rule);
	reason_set(&reason, "asked", plan->request->namespace, LABEL_SHOWN);
	if (plan->may_explain)
		reason_set(&reason, "value", plan->foreign_namespace, LABEL_SHOWN);
	refusal_make_not_found(plan, true, &reason);
}

void api_explained(struct api_plan *plan)
{
	refuse_namespace(plan);
}

static void refuse_foreign(struct api_plan *plan, const struct sample *sample)
{
	refuse_namespace(plan);
	if (arena_copy(plan->arena, sample_label(sample, plan->metric->namespace_label), &plan->foreign_namespace))
		plan->step = API_EXPLAIN, plan->reply.open = true;
}

static const struct selector_requirement *contradicted(const struct selector *selector, const struct sample *sample)
{
	for (size_t i = 0; i < selector->count; i++)
		if (contradicts(sample, &selector->requirements[i]))
			return &selector->requirements[i];
	return NULL;
}

bool foreign_refuse(struct api_plan *plan, const struct samples *samples)
{
	bool namespaced = plan->metric->rule->spec->resources.namespaced;

	/* The labels of GKE's names are others, and their query is our own. */
	for (size_t i = 0; plan->gke == NULL && i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		const struct selector_requirement *requirement = contradicted(&plan->parameters.label_selector, sample);

		if (requirement)
			refuse_item(plan, sample, requirement->key);
		else if (namespaced && sample_is_foreign(plan, sample))
			refuse_foreign(plan, sample);
		else
			continue;
		return true;
	}
	return false;
}
