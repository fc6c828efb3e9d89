/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "base/err.h"

bool lint_is_namespace(struct str resource)
{
	return str_eq_nocase(resource, STR("namespace")) || str_eq_nocase(resource, STR("namespaces"));
}

void lint_warn(const struct lint *lint, const char *code, const char *format, ...)
{
	char text[sizeof(((struct problem *)NULL)->text)];
	va_list args;

	va_start(args, format);
	err_format(text, sizeof(text), format, args);
	va_end(args);
	problem_warn(lint->problems, lint->rule->spec->metrics_query.at, "metricsQuery: %.340s [%s]", text, code);
}
