/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json_reader.c - the same document, whole and in pieces whose size the first byte says, makes the same events and
   the same verdict. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "text/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool record(void *context, enum json_event event, struct str text, struct err *err)
{
	struct buf *events = context;

	(void)err;
	CHECK(str_is_utf8(text));
	buf_put_u64(events, event);
	buf_putc(events, ' ');
	buf_put_u64(events, text.len);
	buf_putc(events, ' ');
	buf_put(events, text);
	return true;
}

/* Each piece is a block of its own, so that a sanitizer sees a step over its edge. */
static bool feed_copy(struct json_reader *reader, const uint8_t *data, size_t size, struct err *err)
{
	char *copy = malloc(size ? size : 1);
	bool ok;

	CHECK(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	ok = json_reader_feed(reader, (struct str){copy, size}, err);
	free(copy);
	return ok;
}

static bool read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct buf *events, struct err *err)
{
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, events);

	for (size_t at = 0; at < size; at += piece)
		if (!feed_copy(reader, data + at, size - at < piece ? size - at : piece, err))
			return false;
	return json_reader_finish(reader, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf whole = {0};
	CLEANUP(buf_clear) struct buf pieces = {0};
	struct err whole_err = {0};
	struct err pieces_err = {0};
	size_t piece = size ? data[0] % 16 + 1U : 1;
	bool ok;

	if (size) {
		data++;
		size--;
	}
	ok = read_in_pieces(data, size, size + 1, &whole, &whole_err);
	CHECK(ok == read_in_pieces(data, size, piece, &pieces, &pieces_err));
	CHECK(whole_err.code == pieces_err.code && strcmp(whole_err.msg, pieces_err.msg) == 0);
	CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
