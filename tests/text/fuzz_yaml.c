/* SPDX-License-Identifier: Apache-2.0 */
#include "text/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything in the tree can be read, its depth and size are what the header promises. */
static size_t walk(const struct yaml_node *node, unsigned depth)
{
	size_t count = 1;
	bool value;

	CHECK(depth <= YAML_DEPTH_MAX);
	if (node->kind == YAML_SCALAR)
		CHECK(node->text.ptr[node->text.len] == '\0');
	if (yaml_bool(node, &value))
		CHECK(node->kind == YAML_SCALAR && !node->quoted);
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		count += walk(node->items[i], depth + 1);
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
		const struct yaml_node *key = node->pairs[i].key;

		CHECK(key->kind == YAML_SCALAR || key->kind == YAML_NULL);
		CHECK(key->kind == YAML_NULL || yaml_get(node, key->text) != NULL);
		count += 1 + walk(node->pairs[i].value, depth + 1);
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	struct arena *arena = arena_new(64 << 20);
	const struct yaml_node *root = NULL;
	char *exact = malloc(size ? size : 1);

	CHECK(exact != NULL);
	if (size)
		memcpy(exact, data, size);
	if (yaml_parse((struct str){exact, size}, arena, &problems, &root))
		CHECK(problems.errors == 0 && walk(root, 0) <= YAML_NODES_MAX);
	else
		CHECK(problems.errors > 0 && root == NULL);
	free(exact);
	arena_free(arena);
	problems_clear(&problems);
	return 0;
}
