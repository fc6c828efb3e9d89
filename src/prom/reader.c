/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include "model/metric_names.h"
#include "model/sample.h"
#include "model/series.h"
#include "prom/names_answer.h"
#include "prom/query_answer.h"
#include "prom/series_answer.h"

enum {
	SET_BYTES_MAX = 64 << 20,   /* of the kinds of series, which take little */
	NAMES_BYTES_MAX = 32 << 20, /* of the names of metrics */
};

void reader_init(struct reader *reader, enum prom_path path)
{
	*reader = (struct reader){.path = path};
	switch (path) {
	case PROM_PATH_QUERY:
		reader->query = query_answer_new();
		break;
	case PROM_PATH_SERIES:
		reader->series = series_answer_new(SET_BYTES_MAX);
		break;
	case PROM_PATH_NAMES:
		reader->names = names_answer_new(NAMES_BYTES_MAX);
		break;
	case PROM_PATH_COUNT:
		break;
	}
}

void reader_clear(struct reader *reader)
{
	query_answer_free(reader->query);
	series_answer_free(reader->series);
	names_answer_free(reader->names);
	*reader = (struct reader){0};
}

bool reader_feed(struct reader *reader, struct str piece, struct err *err)
{
	if (reader->query)
		return query_answer_feed(reader->query, piece, err);
	if (reader->series)
		return series_answer_feed(reader->series, piece, err);
	return names_answer_feed(reader->names, piece, err);
}

size_t reader_bytes(const struct reader *reader)
{
	return reader->query ? query_answer_bytes(reader->query) : 0;
}

bool reader_finish(struct reader *reader, struct reader_result *ret_result, struct err *err)
{
	if (reader->query)
		return query_answer_finish(reader->query, &ret_result->samples, err);
	if (reader->series)
		return series_answer_finish(reader->series, &ret_result->set, err);
	return names_answer_finish(reader->names, &ret_result->names, err);
}

struct str reader_warning(const struct reader *reader, const struct reader_result *result)
{
	if (result->samples)
		return result->samples->warning;
	return reader->series ? series_answer_warning(reader->series) : (struct str){0};
}

void reader_result_clear(struct reader_result *result)
{
	samples_free(result->samples);
	series_set_free(result->set);
	metric_names_free(result->names);
	*result = (struct reader_result){0};
}
