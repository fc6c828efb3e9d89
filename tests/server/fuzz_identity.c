/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a front proxy, `Name: value` a line: whose they are is text that stood in them, and groups come from their headers
   alone. */
#include "../../src/server/identity.h"

#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct headers {
	VEC_OF(struct header);
};

static const struct str USERS[] = {STR_INIT("X-Remote-User")}, GROUPS[] = {STR_INIT("X-Remote-Group")},
			UIDS[] = {STR_INIT("X-Remote-Uid")}, EXTRAS[] = {STR_INIT("X-Remote-Extra-")};

static void read_headers(struct str text, struct headers *headers)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		size_t colon = str_index(line, ':');

		*vec_push(headers) =
			(struct header){str_slice(line, 0, colon), str_trim(str_slice(line, colon + 1, line.len))};
	}
}

static void check_identity(struct identity *identity, const struct headers *headers, struct arena *arena)
{
	struct identity copy;
	size_t groups = 0;

	for (size_t i = 0; i < headers->count; i++)
		groups += str_eq_nocase(headers->items[i].name, GROUPS[0]);
	CHECK(identity->group_count <= groups && identity->extra_count <= headers->count);
	CHECK(identity_add_authenticated(identity, arena) && identity_copy(identity, arena, &copy));
	CHECK(copy.group_count == identity->group_count && str_eq(copy.user, identity->user));
	CHECK(identity->user.len == 0 || str_eq(identity->user, STR(ANONYMOUS)) ||
	      identity_in_group(identity, STR(AUTHENTICATED)) || identity_in_group(identity, STR(UNAUTHENTICATED)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct trust trust = {
		.username_headers = {USERS, 1},
		.group_headers = {GROUPS, 1},
		.uid_headers = {UIDS, 1},
		.extra_prefixes = {EXTRAS, 1},
	};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct str text = {(const char *)data, size};
	struct headers headers = {0};
	struct identity identity = {0};

	read_headers(text, &headers);
	CHECK(identity_of_headers(&trust, headers.items, headers.count, arena, &identity));
	check_identity(&identity, &headers, arena);
	CHECK(identity_token(text).len <= size);
	vec_clear(&headers);
	return 0;
}
