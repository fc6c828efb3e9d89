/* SPDX-License-Identifier: Apache-2.0 */
/* Why there is no object to ask for. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/rule.h"

enum { TEXT_SHOWN = 60, LISTED_SHOWN = 260 };

static void explain_left_out(struct reason *reason, const struct api_plan *plan)
{
	bool ready = pod_policy_of(plan->metric->rule->spec).ready;

	reason_begin(reason, ready ? REASON_NO_READY_OBJECTS : REASON_NO_LIVE_OBJECTS);
	reason_count(reason, "count", plan->left_out, "pod"); /* of pods alone it is known */
	reason_set(reason, "resource", plan->request->resource, TEXT_SHOWN);
	reason_set_rule(reason, plan->metric->rule);
}

void reason_of_no_objects(struct reason *reason, const struct api_plan *plan)
{
	if (plan->left_out) {
		explain_left_out(reason, plan);
		return;
	}
	reason_begin(reason, REASON_NO_OBJECTS);
	reason_set(reason, "resource", plan->request->resource, TEXT_SHOWN);
	if (plan->request->namespaced)
		reason_set(reason, "namespace", plan->request->namespace, TEXT_SHOWN);
	reason_set(reason, "selector", plan->parameters.label_selector_text, TEXT_SHOWN);
	reason_set(reason, "exist", plan->parameters.label_selector_text.len ? STR("") : STR(" exist"), SIZE_MAX);
}

void reason_of_unlisted(struct reason *reason, struct str resource, enum api_unlisted kind, const char *why)
{
	static const enum reason_code codes[] = {
		[API_UNLISTED_FORBIDDEN] = REASON_MAY_NOT_LIST,
		[API_UNLISTED_FAILED] = REASON_CANNOT_LIST,
		[API_UNLISTED_MANY] = REASON_MANY_OBJECTS,
	};

	reason_begin(reason, codes[kind]);
	reason_set(reason, "resource", resource, TEXT_SHOWN);
	reason_set(reason, "text", str_of(why), LISTED_SHOWN);
}
