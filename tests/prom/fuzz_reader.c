/* SPDX-License-Identifier: Apache-2.0 */
/* The same answer, whole and in pieces, comes to the same samples, series or names, and the same verdict. The first byte says
   which endpoint's it is, and the size of the pieces. */
#include "../../src/prom/reader.h"

#include "../pieces.h"
#include "base/buf.h"
#include "model/metric_names.h"
#include "model/sample.h"
#include "model/series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_text(struct buf *out, struct str text)
{
	CHECK(str_is_utf8(text));
	buf_printf(out, "%zu ", text.len);
	buf_put(out, text);
}

static void put_samples(struct buf *out, const struct samples *samples)
{
	buf_printf(out, "%d %zu ", samples->type, samples->malformed);
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];

		buf_printf(out, "%a %lld ", sample->value, (long long)sample->time_ms);
		for (size_t j = 0; j < sample->label_count; j++) {
			put_text(out, sample->labels[j].name);
			put_text(out, sample->labels[j].value);
		}
	}
}

static void put_series(struct buf *out, const struct series_set *set)
{
	for (size_t i = 0; i < series_set_count(set); i++) {
		const struct series_kind *kind = series_set_at(set, i);

		put_text(out, kind->name);
		buf_put_u64(out, kind->series);
		for (size_t j = 0; j < kind->label_count; j++)
			put_text(out, kind->labels[j]);
	}
}

static bool take(void *reader, struct str piece, struct err *err)
{
	return reader_feed(reader, piece, err);
}

static bool read_in_pieces(enum prom_path path, struct str text, size_t piece, struct buf *out, struct err *err)
{
	struct reader reader = {0};
	struct reader_result result = {0};
	bool ok;

	reader_init(&reader, path);
	ok = feed_in_pieces(take, &reader, text, piece, err) && reader_finish(&reader, &result, err);
	CHECK(ok == (result.samples || result.set || result.names));
	if (ok)
		put_text(out, reader_warning(&reader, &result));
	if (result.samples)
		put_samples(out, result.samples);
	if (result.set)
		put_series(out, result.set);
	if (result.names)
		buf_put_u64(out, metric_names_count(result.names));
	reader_result_clear(&result);
	reader_clear(&reader);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned first = size ? data[0] : 0;
	enum prom_path path = (enum prom_path)(first / 16 % PROM_PATH_COUNT);
	struct str text = str_slice((struct str){(const char *)data, size}, 1, size);
	CLEANUP(buf_clear) struct buf whole = {0};
	CLEANUP(buf_clear) struct buf pieces = {0};
	struct err whole_err = {0};
	struct err pieces_err = {0};
	bool ok = read_in_pieces(path, text, size + 1, &whole, &whole_err);

	CHECK(ok == read_in_pieces(path, text, first % 16 + 1U, &pieces, &pieces_err));
	CHECK(whole_err.code == pieces_err.code && strcmp(whole_err.msg, pieces_err.msg) == 0);
	CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
