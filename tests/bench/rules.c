/* SPDX-License-Identifier: Apache-2.0 */
/* What rules cost: compiling a file of many, and making one query. Prints `name=number` words, allocations counted by malloc's own
   entries. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "config/rules_file.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_lint.h"
#include "model/rule_spec.h"
#include "text/selector.h"

enum { RULES = 1000, COMPILATIONS = 11, QUERIES = 200 * 1000, NAMES = 10 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static size_t allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

static double now_us(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Rules as they are written by hand and by generators: three of four name their labels, each has a pattern. */
static void write_rules(struct buf *out)
{
	buf_puts(out, "rules:\n");
	for (unsigned i = 0; i < RULES; i++) {
		buf_printf(out, "- seriesQuery: '{__name__=~\"^app%u_.*_total$\",namespace!=\"\",pod!=\"\"}'\n", i);
		buf_puts(out, i % 4 ? "  resources:\n    overrides:\n      namespace: {resource: namespace}\n"
				      "      pod: {resource: pod}\n"
				    : "  resources: {template: '<<.Resource>>'}\n");
		buf_printf(out, "  name: {matches: '^app%u_(.*)_total$', as: 'app%u_${1}_per_second'}\n", i, i);
		if (i % 2)
			buf_puts(out, "  seriesFilters:\n  - isNot: '_(bucket|count|sum)$'\n");
		buf_puts(out, "  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>,container!=\"POD\"}[5m])) by "
			      "(<<.GroupBy>>)'\n");
	}
}

static struct rules *compile(struct str text)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	if (rules_compile(rules_file_parse(text, STR("rules.yaml"), &problems), &problems, &rules))
		rules_lint(rules, &problems);
	if (problems.count) {
		fprintf(stderr, "rules: %s\n", problems.items[0].text);
		exit(1);
	}
	return rules;
}

static struct rules *measure_compile(struct str text)
{
	double best = 0;
	struct rules *rules = NULL;
	size_t heap = heap_bytes();

	for (int i = 0; i < COMPILATIONS; i++) {
		double begun = now_us();
		double took;

		rules_unref(rules);
		rules = compile(text);
		took = now_us() - begun;
		if (i == 0 || took < best)
			best = took;
	}
	printf("rules=%d bytes=%zu compile_ms=%.2f heap_kb=%zu ", RULES, text.len, best / 1e3,
	       (heap_bytes() - heap) / 1024);
	return rules;
}

/* One query in an arena of its own, as a request makes it. */
static void ask(const struct query *query, struct buf *out)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct err err;

	buf_reset(out);
	CHECK(query_write(query, arena, out, &err));
}

static void take_arena(void)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);

	CHECK(arena_alloc(arena, 1) != NULL);
}

static void measure_query(const char *name, const struct query *query)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(QUERY_BYTES_MAX);
	size_t counted = allocations;
	size_t of_arena;
	double begun;

	take_arena();
	of_arena = allocations - counted;
	ask(query, &out); /* the buffer has its size now */
	counted = allocations;
	ask(query, &out);
	counted = allocations - counted;
	begun = now_us();
	for (int i = 0; i < QUERIES; i++)
		ask(query, &out);
	printf("%s_us=%.2f %s_allocations=%zu ", name, (now_us() - begun) / QUERIES, name, counted - of_arena);
}

int main(void)
{
	static const struct str names[NAMES] = {
		STR_INIT("vllm-0"), STR_INIT("vllm-1"), STR_INIT("vllm-2"), STR_INIT("vllm-3"), STR_INIT("vllm-4"),
		STR_INIT("vllm-5"), STR_INIT("vllm-6"), STR_INIT("vllm-7"), STR_INIT("vllm-8"), STR_INIT("vllm-9")};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct selector selector;
	struct rules *rules;
	struct err err;
	struct query query = {.series = STR("app7_requests_total"),
			      .namespace_label = STR("namespace"),
			      .namespace = STR("default"),
			      .object_label = STR("pod"),
			      .names = names,
			      .name_count = 1};

	write_rules(&text);
	rules = measure_compile(buf_str(&text));
	CHECK(selector_parse(STR("code=200,verb in (GET,POST)"), arena, &selector, &err));
	query.text = rules->list[7].query;
	measure_query("one", &query);
	query.name_count = NAMES;
	query.selector = &selector;
	measure_query("ten", &query);
	puts("");
	rules_unref(rules);
	return 0;
}
