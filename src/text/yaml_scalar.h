/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - what a scalar is by its text and its tag, as go-yaml v2 has it. */
#ifndef GAUGELET_TEXT_YAML_SCALAR_H
#define GAUGELET_TEXT_YAML_SCALAR_H

#include "base/base.h"
#include "base/str.h"

/* Plain `null`, `~` and nothing. */
bool yaml_scalar_null(struct str text);

enum yaml_tagged {
	YAML_TAGGED_TEXT,  /* a text, whatever it looks like */
	YAML_TAGGED_PLAIN, /* as without the tag */
	YAML_TAGGED_NULL,
	YAML_TAGGED_BINARY, /* base64 */
	YAML_TAGGED_WRONG,  /* the text is none of what the tag says */
};

enum yaml_tagged yaml_scalar_tagged(struct str tag, struct str text);

#endif
