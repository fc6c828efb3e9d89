/* SPDX-License-Identifier: Apache-2.0 */
/* Why Prometheus gave no answer. */
#include "api_in.h"
#include "model/catalog.h"
#include "model/rule.h"
#include "model/upstream_error.h"

enum { UPSTREAM_SHOWN = 240 };

static enum reason_code code_of_status(int status)
{
	switch (status) {
	case 400:
	case 422:
		return REASON_QUERY_REFUSED;
	case 401:
	case 403:
		return REASON_CREDENTIAL;
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
		return REASON_CREDENTIAL;
	case UPSTREAM_TLS:
		return REASON_TLS;
	case UPSTREAM_STATUS:
		return code_of_status(problem->status);
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
	case UPSTREAM_OK:
	case UPSTREAM_OTHER:
		break;
	}
	return REASON_UPSTREAM;
}

static void write_credential_fix(struct buf *out, const struct upstream_error *problem)
{
	if (problem->fault == UPSTREAM_IDENTITY)
		buf_printf(out, "see to what gives the credential: %s",
			   problem->credential ? problem->credential : "--gmp-project, --gmp-location, --gmp-cluster");
	else if (problem->credential)
		buf_printf(out, "renew the credential in use: %s", problem->credential);
	else
		buf_puts(out, "no credential is in use: give one with --prometheus-token-file or --prometheus-header");
}

/* Short, since they stand behind a query and what Prometheus said of it. */
static const struct {
	enum reason_code code;
	const char *fix;
} fixes[] = {
	{REASON_REFUSED, "see to --prometheus-url"},
	{REASON_UNRESOLVED, "see to --prometheus-url"},
	{REASON_TIMEOUT, "make the query cheaper with a recording rule, or allow it a longer timeout"},
	{REASON_TLS, "see to --prometheus-ca-file and the certificate of Prometheus"},
	{REASON_PATH, "see to the base path in --prometheus-url"},
	{REASON_THROTTLED, "ask fewer or cheaper queries"},
	{REASON_UPSTREAM_STATUS, "see to Prometheus, or to the proxy before it"},
	{REASON_NOT_JSON, "see to --prometheus-url: a login page or a user interface stands there"},
	{REASON_CUT_OFF, "see to the proxy between and its limits"},
	{REASON_TOO_BIG, "see to the proxy between and its limits"},
	{REASON_PARTIAL, "look at the store behind it, or take what is there with --allow-partial"},
};

/* `key`: what holds the query. */
void write_upstream_fix(struct buf *out, const struct upstream_error *problem, const char *key)
{
	enum reason_code code = code_of(problem);

	if (code == REASON_CREDENTIAL) {
		write_credential_fix(out, problem);
		return;
	}
	if (code == REASON_QUERY_REFUSED) {
		buf_printf(out, "correct %s, or the selector whose key is no label name", key);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(fixes); i++) {
		if (fixes[i].code != code)
			continue;
		buf_puts(out, fixes[i].fix);
		return;
	}
	buf_puts(out, "see what stands at --prometheus-url");
}

static void put_place(struct buf *out, const struct api_plan *plan)
{
	buf_puts(out, " (query of rule ");
	rule_write_place(out, plan->metric->rule);
	buf_puts(out, ": ");
	reason_query(out, plan);
	buf_putc(out, ')');
}

enum reason_code reason_upstream(struct buf *out, const struct api_plan *plan, const struct upstream_error *problem)
{
	buf_put(out, text_front(str_of(problem->text), UPSTREAM_SHOWN));
	put_place(out, plan);
	buf_puts(out, ". fix: ");
	write_upstream_fix(out, problem, "metricsQuery");
	return code_of(problem);
}

enum reason_code reason_type(struct buf *out, const struct api_plan *plan, const char *type)
{
	buf_printf(out, "Prometheus %.*s gives a %s, not an instant vector", STR_ARG(plan->view->upstream), type);
	put_place(out, plan);
	buf_puts(out, ". fix: metricsQuery must give an instant vector, without a range at its end");
	return REASON_NO_VECTOR;
}
