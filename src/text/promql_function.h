/* SPDX-License-Identifier: Apache-2.0 */
/* promql_function.h - what functions of PromQL do to labels. */
#ifndef GAUGELET_TEXT_PROMQL_FUNCTION_H
#define GAUGELET_TEXT_PROMQL_FUNCTION_H

#include "text/promql.h"

enum promql_effect {
	PROMQL_EFFECT_UNKNOWN,
	PROMQL_EFFECT_DROPS_NAME, /* most of them: a value of each series, which is another metric then */
	PROMQL_EFFECT_KEEPS,
	PROMQL_EFFECT_NONE,    /* no labels */
	PROMQL_EFFECT_ABSENT,  /* those of the selector's `=` */
	PROMQL_EFFECT_BUCKETS, /* without le and the name */
	PROMQL_EFFECT_SETS,    /* a label, named by the second argument */
};

/* Names as written: Prometheus tells letters apart. */
enum promql_effect promql_function_effect(struct str name);
enum promql_type promql_function_type(struct str name);

#endif
