/* SPDX-License-Identifier: Apache-2.0 */
/* template_pipeline.h - pipelines of commands, as far as the parser is concerned. */
#ifndef GAUGELET_TEXT_TEMPLATE_PIPELINE_H
#define GAUGELET_TEXT_TEMPLATE_PIPELINE_H

#include "template_parser.h"

/* NULL is failure. */
struct node *template_pipeline_parse(struct parser *parser, const char *context, enum token_kind end);

#endif
