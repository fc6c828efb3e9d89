/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_template.c - parses the input as a template; when it is one, runs it with fields and without. */
#include <stdlib.h>

#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str groups[] = {STR_INIT("pod"), STR_INIT("container")};
static const struct str keys[] = {STR_INIT("namespace"), STR_INIT("pod")};
static const struct str values[] = {STR_INIT("ns"), STR_INIT("p1|\xc3\xa9\xff")};

static const struct template_field full[] = {
	{.name = STR_INIT("Series"), .kind = TEMPLATE_STRING, .string = STR_INIT("http_requests_total")},
	{.name = STR_INIT("LabelMatchers"), .kind = TEMPLATE_STRING, .string = STR_INIT("pod=~\"a|b\"")},
	{.name = STR_INIT("LabelValuesByName"), .kind = TEMPLATE_MAP, .keys = keys, .items = values, .count = 2},
	{.name = STR_INIT("GroupBy"), .kind = TEMPLATE_STRING, .string = STR_INIT("pod,container")},
	{.name = STR_INIT("GroupBySlice"), .kind = TEMPLATE_LIST, .items = groups, .count = 2},
};

static const struct template_field empty[] = {
	{.name = STR_INIT("Series"), .kind = TEMPLATE_STRING},
	{.name = STR_INIT("LabelMatchers"), .kind = TEMPLATE_STRING},
	{.name = STR_INIT("LabelValuesByName"), .kind = TEMPLATE_MAP},
	{.name = STR_INIT("GroupBy"), .kind = TEMPLATE_STRING},
	{.name = STR_INIT("GroupBySlice"), .kind = TEMPLATE_LIST},
};

static void run(const struct template_tree *tree, const struct template_field *fields)
{
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(1 << 16);
	struct err err = {0};
	bool good = template_run(tree, fields, COUNT_OF(full), scratch, &out, &err);

	if (out.failed || good != (err.code == ERR_NONE) || (!good && out.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	char *copy = malloc(size ? size : 1); /* of exactly this size, so that a sanitizer sees its end */
	struct place at = {0, 0};
	struct err err = {0};

	if (copy == NULL)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (!template_parse((struct str){copy, size}, "metrics-query", &tree, &at, &err)) {
		if (at.line == 0 || at.column == 0 || err.code == ERR_NONE)
			abort();
	} else {
		run(tree, full);
		run(tree, empty);
		template_uses(tree, STR("GroupBy"));
	}
	free(copy);
	return 0;
}
