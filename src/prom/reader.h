/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - reads the answer of one of Prometheus' endpoints in pieces, and holds what it came to. */
#ifndef GAUGELET_PROM_READER_H
#define GAUGELET_PROM_READER_H

#include "base/err.h"
#include "base/str.h"
#include "prom/stats.h"

struct metric_names;
struct names_answer;
struct query_answer;
struct samples;
struct series_answer;
struct series_set;

struct reader {
	enum prom_path path; /* which of the three it is */
	struct query_answer *query;
	struct series_answer *series;
	struct names_answer *names;
};

/* One of them is there, by the path; given to the caller. */
struct reader_result {
	struct samples *samples;
	struct series_set *set;
	struct metric_names *names;
};

void reader_init(struct reader *reader, enum prom_path path);
void reader_clear(struct reader *reader);
MUST_USE bool reader_feed(struct reader *reader, struct str piece, struct err *err);
size_t reader_bytes(const struct reader *reader); /* of samples; 0 when it reads none */
MUST_USE bool reader_finish(struct reader *reader, struct reader_result *ret_result, struct err *err);

/* The first warning that says data is missing; empty when there is none. Lent by the reader or the result. */
struct str reader_warning(const struct reader *reader, const struct reader_result *result);

void reader_result_clear(struct reader_result *result);

#endif
