/* SPDX-License-Identifier: Apache-2.0 */
/* template_run.h - one run of a template: its limits, its variables, its failures. */
#ifndef GAUGELET_TEXT_TEMPLATE_RUN_H
#define GAUGELET_TEXT_TEMPLATE_RUN_H

#include "template_node.h"
#include "template_value.h"

struct variable {
	struct str name;
	struct value value;
	struct variable *below;
};

struct run {
	const struct template_tree *tree;
	const struct template_field *fields;
	size_t field_count;
	struct arena *scratch;
	struct buf *out;
	struct err *err;
	struct variable *variables, *spare; /* the top of the stack; popped ones */
	const struct definition *definition;
	const struct node *at; /* for messages */
	unsigned depth;
	size_t steps; /* nodes visited; work on long texts counts as well */
};

/* Always false. The first puts Go's place and context before the message. */
bool template_run_fail(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
bool template_run_fail_call(struct run *run, const struct node *node, const char *format, ...) PRINTF_LIKE(3, 4);
bool template_run_fail_limit(struct run *run, const char *what);

/* Counts work, of which this many bytes of a text are one step; false when it is more than a run may take. */
enum { RUN_BYTES_A_STEP = 64 };
MUST_USE bool template_run_steps(struct run *run, size_t count);

/* A text that a function made stands at the end of `out`, from `mark` on: moves it to the arena. */
MUST_USE bool template_run_take_text(struct run *run, size_t mark, struct value *ret_value);

/* One level deeper; the caller takes it back from run->depth. */
MUST_USE bool template_run_deeper(struct run *run);

/* False when `out` is full. */
MUST_USE bool template_run_check_output(struct run *run);

MUST_USE bool template_run_push_variable(struct run *run, struct str name, const struct value *value);

/* The innermost variable of this name; NULL has set the error. */
struct variable *template_run_find_variable(struct run *run, struct str name);

/* Of the innermost variable of this name. */
MUST_USE bool template_run_set_variable(struct run *run, struct str name, const struct value *value);

/* Takes the variables above `mark` off the stack. */
void template_run_pop_to(struct run *run, struct variable *mark);

/* As Go calls it; of the root the name of the struct that prometheus-adapter hands to its query and label templates. */
const char *template_run_type(const struct run *run, const struct value *value);

#endif
