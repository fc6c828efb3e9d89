/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of API discovery, one behind another's end of line: what comes of them are names that can stand in a path. */
#include "../../src/kube/resources.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_version(const struct version *version)
{
	CHECK(version->group.len == 0 || is_name(version->group));
	CHECK(is_name(version->version));
	for (size_t i = 0; i < version->count; i++) {
		const struct resource *resource = &version->items[i];

		CHECK(resource->plural.len && resource->kind.len &&
		      str_index(resource->plural, '/') == resource->plural.len);
		CHECK(str_eq(resource->group, version->group) && str_eq(resource->version, version->version));
	}
}

static void read_resources_of(struct version *version, struct str text)
{
	json_auto_t *root = NULL;
	struct err err = {0};

	if (!json_document_parse(text, &root, &err) || !read_legacy_resources(version, root, &err))
		CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resources resources = {.round = round_new()};
	struct str rest = {(const char *)data, size}, text;
	CLEANUP(buf_clear) struct buf table_text = {0};
	struct version legacy = {.owner = &resources, .group = STR("apps"), .version = STR("v1")};

	while (str_split(&rest, '\n', &text)) {
		const struct kube_answer answer = {.status = 200, .body = text};
		struct err err = {0};

		if (!read_index(&resources, &answer, &err))
			CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
		read_resources_of(&legacy, text);
	}
	for (size_t i = 0; i < resources.round->count; i++)
		check_version(resources.round->items[i]);
	check_version(&legacy);
	vec_clear(&legacy);
	resource_table_unref(make_table(resources.round, NULL, &table_text));
	round_free(resources.round);
	return 0;
}
