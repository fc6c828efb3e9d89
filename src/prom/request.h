/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what one of Prometheus' endpoints is asked for: its parameters, as a URL or a form. */
#ifndef GAUGELET_PROM_REQUEST_H
#define GAUGELET_PROM_REQUEST_H

#include "base/buf.h"
#include "base/err.h"
#include "prom/stats.h"

struct google;
struct upstream;

struct prom_request { /* zeroed at first */
	enum prom_path path;
	struct buf subject; /* the query or selector; empty: there is none */
	struct buf form;    /* what else is asked, but for the time that there is for it */
};

void prom_request_set_query(struct prom_request *request, struct str promql, int64_t time_ms);
void prom_request_set_series(struct prom_request *request, struct str selector, int64_t start_ms);
void prom_request_set_names(struct prom_request *request, struct str selector, int64_t start_ms);
void prom_request_clear(struct prom_request *request);

/* Has its selectors read one place alone. ERR_INVALID: that cannot be done, and what would be answered is a number of others too. */
MUST_USE bool prom_request_set_scope(struct prom_request *request, const struct google *google, struct err *err);

struct prom_verbs {
	bool post;    /* --prometheus-verb */
	bool managed; /* by Google, whose front end takes series by GET alone */
};

/* Empties both, and writes what asks `upstream`. A form: by POST. */
void prom_request_write(const struct prom_request *request, const struct upstream *upstream,
			const struct prom_verbs *verbs, int64_t timeout_ms, struct buf *url, struct buf *form);

#endif
