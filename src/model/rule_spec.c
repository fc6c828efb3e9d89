/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_spec.h"

void rules_spec_free(struct rules_spec *spec)
{
	if (spec)
		arena_free(spec->arena); /* the spec lives in it */
}
