/* SPDX-License-Identifier: Apache-2.0 */
/* The same list or events, whole and in pieces, give the same verdict, and the same notices where it is good. Of an event that is
   wrong in two ways either may be told. The first byte says what is read, and the size of the pieces. */
#include "../../src/kube/watch_reader.h"

#include "../pieces.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_text(struct buf *out, struct str text)
{
	CHECK(str_is_utf8(text));
	buf_printf(out, "%zu ", text.len);
	buf_put(out, text);
}

static bool record(void *context, const struct watch_notice *notice, struct err *err)
{
	const struct watched_object *object = &notice->object;
	struct buf *out = context;

	(void)err;
	buf_printf(out, "%d %d %d %d ", notice->news, notice->code, object->deleting, object->ready);
	put_text(out, notice->version);
	put_text(out, notice->message);
	put_text(out, object->namespace);
	put_text(out, object->name);
	put_text(out, object->phase);
	put_text(out, object->ready_since);
	put_text(out, object->data_json);
	for (size_t i = 0; i < object->label_count; i++) {
		put_text(out, object->labels[i].key);
		put_text(out, object->labels[i].value);
	}
	return true;
}

static bool take(void *reader, struct str piece, struct err *err)
{
	return watch_reader_feed(reader, piece, err);
}

static bool read_in_pieces(const struct watch_reader_options *options, struct str text, size_t piece, struct buf *out,
			   struct err *err)
{
	struct watch_reader *reader = watch_reader_new(options, record, out);
	bool ok = feed_in_pieces(take, reader, text, piece, err) && watch_reader_finish(reader, err);

	if (ok) {
		put_text(out, watch_reader_version(reader));
		put_text(out, watch_reader_continue(reader));
		buf_put_u64(out, watch_reader_left_out(reader));
	}
	watch_reader_free(reader);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned first = size ? data[0] : 0;
	const struct watch_reader_options options = {
		.events = first & 16,
		.with_data = first & 32,
		.metadata_only = first & 64,
		.kind = first & 128 ? STR("Pod") : STR(""),
	};
	struct str text = str_slice((struct str){(const char *)data, size}, 1, size);
	CLEANUP(buf_clear) struct buf whole = {0};
	CLEANUP(buf_clear) struct buf pieces = {0};
	struct err whole_err = {0};
	struct err pieces_err = {0};
	bool ok = read_in_pieces(&options, text, size + 1, &whole, &whole_err);

	CHECK(ok == read_in_pieces(&options, text, first % 16 + 1U, &pieces, &pieces_err));
	CHECK(whole_err.code == pieces_err.code);
	CHECK(options.events || strcmp(whole_err.msg, pieces_err.msg) == 0);
	CHECK(!ok || str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
