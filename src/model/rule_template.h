/* SPDX-License-Identifier: Apache-2.0 */
/* rule_template.h - the templates of a rule. */
#ifndef GAUGELET_MODEL_RULE_TEMPLATE_H
#define GAUGELET_MODEL_RULE_TEMPLATE_H

#include "model/rule_spec.h"
#include "text/template.h"

/* `key` is the rule's, `name` what Go's messages call the template. Nothing is an empty template. False with a problem. */
MUST_USE bool rule_template_parse(const struct spelled *spelled, const char *key, const char *name,
				  struct problems *problems, struct template_tree **ret_tree);

#endif
