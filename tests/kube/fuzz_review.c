/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a kube-apiserver answers to a review: nobody is let in without a name, and who is let in can be asked about in a document
   that is JSON. The first byte says which review, and the answer's status. */
#include "../../src/kube/review.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUESTION                                                                                                       \
	"{\"kind\":\"SubjectAccessReview\",\"spec\":{\"nonResourceAttributes\":{\"path\":\"/"                          \
	"metrics\",\"verb\":\"get\"},\"user\":\"u\"}}"

static void check_identity(const struct identity *identity)
{
	CLEANUP(buf_clear) struct buf document = {0};
	const struct access_attributes attributes = {.verb = STR("get"), .path = STR("/metrics")};
	json_auto_t *root = NULL;
	struct err err = {0};

	CHECK(identity->user.len > 0);
	review_access_write(&document, identity, &attributes);
	if (!json_document_parse(buf_str(&document), &root, &err)) {
		CHECK(err.code == ERR_INVALID &&
		      identity->extra_count > 1); /* keys that differ in case alone are one */
		return;
	}
	CHECK(str_eq(json_document_text(json_object_get(root, "spec"), "user"), identity->user));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 201, 403, 0};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	unsigned first = size ? data[0] : 0;
	struct kube_answer answer = {.status = statuses[first / 2 % COUNT_OF(statuses)], .text = "words"};
	json_auto_t *root = NULL;
	struct identity identity = {0};
	struct str reason = STR("");
	struct err err = {0};
	bool good = false;

	answer.body = str_slice((struct str){(const char *)data, size}, 1, size);
	if (first % 2 ? read_token_review(&answer, &root, arena, &identity, &good, &err)
		      : read_access_review(&answer, STR(QUESTION), &root, &good, &reason, &err))
		CHECK(err.code == ERR_NONE && answer.status / 100 == 2);
	else
		CHECK(err.code != ERR_NONE && err.msg[0] && str_is_utf8(str_of(err.msg)));
	if (first % 2 && good && err.code == ERR_NONE)
		check_identity(&identity);
	return 0;
}
