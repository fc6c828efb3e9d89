/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a connection are judged alike, whole and in pieces; what is refused has a status and a reason. The first byte says how
   long the pieces are. */
#include "../../src/server/http_head.h"

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t judge(struct http_head *head, struct str text, size_t piece)
{
	size_t taken = 0;

	while (taken < text.len && head->status == 0) {
		struct str bytes = str_slice(text, taken, taken + piece);
		size_t good = http_head_judge(head, bytes);

		CHECK(good == bytes.len || (good < bytes.len && head->status && head->reason));
		taken += good;
	}
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_slice((struct str){(const char *)data, size}, 1, size);
	struct http_head whole = {0}, pieces = {0};
	size_t taken = judge(&whole, text, size + 1);

	CHECK(taken == judge(&pieces, text, size ? data[0] % 16 + 1U : 1));
	CHECK(whole.status == pieces.status && whole.state == pieces.state && whole.cost == pieces.cost);
	CHECK(whole.reason == pieces.reason && whole.left == pieces.left && whole.total == pieces.total);
	return 0;
}
