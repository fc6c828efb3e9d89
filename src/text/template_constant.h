/* SPDX-License-Identifier: Apache-2.0 */
/* template_constant.h - Go's constants: texts in quotes, numbers, characters. */
#ifndef GAUGELET_TEXT_TEMPLATE_CONSTANT_H
#define GAUGELET_TEXT_TEMPLATE_CONSTANT_H

#include "text/template.h"

/* The value of a Go constant with its quotes ("..", `..`, '.'), into `out`. False when it is malformed. */
MUST_USE bool template_constant_unquote(struct str written, struct buf *out);

enum number_kind { NUMBER_INT, NUMBER_FLOAT, NUMBER_TOO_LARGE /* fits only an unsigned number */ };

struct number {
	enum number_kind kind;
	int64_t integer;
	double real;
};

/* A Go number or character constant. The message is Go's. */
MUST_USE bool template_constant_number(struct str written, struct number *ret_number, struct err *err);

#endif
