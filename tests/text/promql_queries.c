/* SPDX-License-Identifier: Apache-2.0 */
/* promql_queries.c KIND: rules files for promtool. `taken`: what the reader takes; `refused`: what it refuses; `ranks`: expressions of
   numbers, each compared with the same one in the brackets that the reader's tree has. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "text/promql.h"

enum { EXPRESSIONS = 400, OPERATIONS_MAX = 8 };

static const struct {
	const char *in, *selectors, *added, *aggregation;
} rows[] = {
#include "promql_results.h"
};

static const struct {
	const char *in, *message;
} errors[] = {
#include "promql_errors.h"
};

/* The last rows are of later versions than Debian's. */
enum { LATER = 6 };

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '\n')
			printf("\\n");
		else if (*text == '\t')
			printf("\\t");
		else
			printf(strchr("\"\\", *text) ? "\\%c" : "%c", *text);
	printf("\"\n");
}

static void print_rules(const char *const *texts, size_t count, size_t stride)
{
	printf("groups:\n- name: g\n  rules:\n");
	for (size_t i = 0; i < count; i++) {
		const char *text = *(const char *const *)(const void *)((const char *)texts + i * stride);

		printf("  - record: r%zu\n    expr: ", i);
		print_quoted(text);
	}
}

/* ---- ranks */

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33) % limit;
}

static void write_expression(struct buf *out, uint64_t *state)
{
	static const char *const operators[] = {"+", "-", "*", "/", "%", "^", "atan2", "== bool", "< bool", ">= bool"};
	static const char *const numbers[] = {"2", "3", "0.5", "7", "1.25", "(3 - 1)", "-2", "- -3"};
	uint32_t operations = 1 + random_below(state, OPERATIONS_MAX);

	for (uint32_t i = 0; i <= operations; i++) {
		if (i)
			buf_printf(out, " %s ", operators[random_below(state, COUNT_OF(operators))]);
		buf_puts(out, numbers[random_below(state, COUNT_OF(numbers))]);
	}
}

static void write_bracketed(struct buf *out, const struct promql_node *node)
{
	if (node->child == NULL) {
		buf_put(out, node->text);
		return;
	}
	buf_putc(out, '(');
	if (node->kind == PROMQL_UNARY)
		buf_put(out, node->word);
	write_bracketed(out, node->child);
	if (node->kind == PROMQL_BINARY) {
		buf_printf(out, " %.*s%s ", STR_ARG(node->word), node->returns_bool ? " bool" : "");
		write_bracketed(out, node->child->sibling);
	}
	buf_putc(out, ')');
}

static bool print_rank(uint64_t *state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf bracketed = {0};
	struct promql_tree tree;
	struct err err = {0};

	write_expression(&text, state);
	if (!promql_read(buf_str(&text), arena, &tree, &err)) {
		fprintf(stderr, "%s: %s\n", buf_cstr(&text), err.msg);
		return false;
	}
	write_bracketed(&bracketed, tree.root);
	/* what is no number on either side is none on the other */
	printf("  - expr: \"count((vector(%s) == vector(%s)) or (vector(%s) != vector(%s) and vector(%s) != "
	       "vector(%s)))\"\n"
	       "    eval_time: 0s\n    exp_samples: [{labels: '{}', value: 1}]\n",
	       buf_cstr(&text), buf_cstr(&bracketed), buf_cstr(&text), buf_cstr(&text), buf_cstr(&bracketed),
	       buf_cstr(&bracketed));
	return true;
}

static bool print_ranks(void)
{
	uint64_t state = 1;

	printf("tests:\n- promql_expr_test:\n");
	for (int i = 0; i < EXPRESSIONS; i++)
		if (!print_rank(&state))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	const char *kind = argc == 2 ? argv[1] : "";

	if (strcmp(kind, "taken") == 0)
		print_rules(&rows[0].added, COUNT_OF(rows) - LATER, sizeof(rows[0]));
	else if (strcmp(kind, "refused") == 0)
		print_rules(&errors[0].in, COUNT_OF(errors), sizeof(errors[0]));
	else if (strcmp(kind, "ranks") != 0 || !print_ranks())
		return 1;
	return 0;
}
