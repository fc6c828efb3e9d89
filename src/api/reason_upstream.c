/* SPDX-License-Identifier: Apache-2.0 */
/* Why Prometheus gave no answer. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/rule.h"
#include "model/upstream_error.h"

enum { UPSTREAM_SHOWN = 240, KEY_SHOWN = 40, TYPE_SHOWN = 20, HOST_SHOWN = 100 };

static enum reason_code code_of_status(const struct upstream_error *problem)
{
	switch (problem->status) {
	case 400:
	case 422:
		return REASON_QUERY_REFUSED;
	case 401:
	case 403:
		return problem->credential ? REASON_CREDENTIAL : REASON_NO_CREDENTIAL;
	case 404:
	case 405:
		return REASON_PATH;
	case 429:
		return REASON_THROTTLED;
	default:
		return REASON_UPSTREAM_STATUS;
	}
}

static enum reason_code code_of(const struct upstream_error *problem)
{
	switch (problem->fault) {
	case UPSTREAM_REFUSED:
		return REASON_REFUSED;
	case UPSTREAM_UNRESOLVED:
		return REASON_UNRESOLVED;
	case UPSTREAM_TIMEOUT:
		return REASON_TIMEOUT;
	case UPSTREAM_IDENTITY:
		return REASON_CREDENTIAL_SOURCE;
	case UPSTREAM_TLS:
		return REASON_TLS;
	case UPSTREAM_STATUS:
		return code_of_status(problem);
	case UPSTREAM_NOT_JSON:
		return REASON_NOT_JSON;
	case UPSTREAM_CUT:
		return REASON_CUT_OFF;
	case UPSTREAM_TOO_BIG:
		return REASON_TOO_BIG;
	case UPSTREAM_PARTIAL:
		return REASON_PARTIAL;
	case UPSTREAM_MALFORMED:
		return REASON_MALFORMED;
	case UPSTREAM_OVERLOAD:
		return REASON_OVERLOADED_READING;
	case UPSTREAM_CLOCK:
		return REASON_CLOCK_SKEW;
	case UPSTREAM_REDIRECT:
		return REASON_REDIRECT;
	case UPSTREAM_OK:
	case UPSTREAM_OTHER:
		break;
	}
	return REASON_UPSTREAM;
}

void reason_of_problem(struct reason *reason, const struct upstream_error *problem, const char *key)
{
	const char *credential =
		problem->credential ? problem->credential : "--gmp-project, --gmp-location, --gmp-cluster";

	reason_begin(reason, code_of(problem));
	reason_set(reason, "text", str_of(problem->text), UPSTREAM_SHOWN);
	reason_set(reason, "key", str_of(key), KEY_SHOWN);
	reason_set(reason, "credential", str_of(credential), SIZE_MAX);
}

/* Which query it was: `query of rule PLACE: QUERY`. */
static void set_query(struct reason *reason, const struct api_plan *plan)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, "query of rule ");
	rule_write_place(&text, plan->metric->rule);
	buf_puts(&text, ": ");
	buf_put(&text, buf_str(&plan->promql));
	reason_set_elastic(reason, "query", buf_str(&text), (struct str){0});
}

void reason_of_upstream(struct reason *reason, const struct api_plan *plan, const struct upstream_error *problem)
{
	reason_of_problem(reason, problem, "metricsQuery");
	set_query(reason, plan);
}

void reason_of_type(struct reason *reason, const struct api_plan *plan, const char *type)
{
	reason_begin(reason, REASON_NO_VECTOR);
	reason_set(reason, "upstream", plan->view->upstream, HOST_SHOWN);
	reason_set(reason, "type", str_of(type), TYPE_SHOWN);
	set_query(reason, plan);
}
