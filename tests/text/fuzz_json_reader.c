/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json_reader.c - the same document, whole and in pieces whose size the first byte says, makes the same events and
   the same verdict. */
#include "../pieces.h"
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

static bool take(void *reader, struct str piece, struct err *err)
{
	return json_reader_feed(reader, piece, err);
}

static bool read_in_pieces(struct str text, size_t piece, struct buf *events, struct err *err)
{
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, events);

	return feed_in_pieces(take, reader, text, piece, err) && json_reader_finish(reader, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf whole = {0};
	CLEANUP(buf_clear) struct buf pieces = {0};
	struct err whole_err = {0};
	struct err pieces_err = {0};
	size_t piece = size ? data[0] % 16 + 1U : 1;
	struct str text = str_slice((struct str){(const char *)data, size}, 1, size);
	bool ok = read_in_pieces(text, size + 1, &whole, &whole_err);

	CHECK(ok == read_in_pieces(text, piece, &pieces, &pieces_err));
	CHECK(whole_err.code == pieces_err.code && strcmp(whole_err.msg, pieces_err.msg) == 0);
	CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
