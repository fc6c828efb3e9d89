/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - metrics in Prometheus' text format, version 0.0.4. */
#ifndef GAUGELET_TEXT_EXPOSITION_H
#define GAUGELET_TEXT_EXPOSITION_H

#include "base/buf.h"
#include "base/str.h"

struct age_histogram;
struct histogram;

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

struct family {
	const char *name;
	enum family_type type;
	const char *help;
};

struct exposition_label {
	const char *name;
	struct str value; /* any bytes; what is no UTF-8 would cost the whole scrape, and becomes `?` */
};

#define EXPOSITION_LABELS(...) ((const struct exposition_label[]){__VA_ARGS__, {0}})

struct exposition {
	struct buf *out;
	const struct family *family; /* that samples belong to */
	bool begun;		     /* its HELP and TYPE are there */
};

void exposition_init(struct exposition *exposition, struct buf *out);

/* What follows are samples of this family, which has not been before. Without any nothing is written. */
void exposition_family(struct exposition *exposition, const struct family *family);

/* `labels` end with a name that is NULL; NULL: none. */
void exposition_count(struct exposition *exposition, const struct exposition_label *labels, uint64_t value);
void exposition_number(struct exposition *exposition, const struct exposition_label *labels, double value);
void exposition_histogram(struct exposition *exposition, const struct exposition_label *labels,
			  const struct histogram *histogram);
void exposition_ages(struct exposition *exposition, const struct exposition_label *labels,
		     const struct age_histogram *histogram);

#endif
