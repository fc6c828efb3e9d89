/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "base/log.h"
#include "prom/google.h"
#include "scope.h"
#include "text/timestamp.h"
#include "text/url.h"
#include "upstream.h"

enum { URL_BYTES_MAX = 4000 }; /* a longer query goes by POST: proxies refuse long lines */

static void put_parameter(struct buf *form, const char *key, struct str value)
{
	if (form->len > 0)
		buf_putc(form, '&');
	url_encode_form(form, str_of(key));
	buf_putc(form, '=');
	url_encode_form(form, value);
}

static void put_time(struct buf *form, const char *key, int64_t unix_ms)
{
	CLEANUP(buf_clear) struct buf text = {0};

	timestamp_write_seconds(&text, unix_ms);
	put_parameter(form, key, buf_str(&text));
}

/* Whole seconds, or milliseconds: one number and one unit is what every implementation can read. */
static void put_timeout(struct buf *form, int64_t timeout_ms)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_put_i64(&text, timeout_ms % 1000 == 0 ? timeout_ms / 1000 : timeout_ms);
	buf_puts(&text, timeout_ms % 1000 == 0 ? "s" : "ms");
	put_parameter(form, "timeout", buf_str(&text));
}

void prom_request_set_query(struct prom_request *request, struct str promql, int64_t time_ms)
{
	request->path = PROM_PATH_QUERY;
	buf_put(&request->subject, promql);
	put_time(&request->form, "time", time_ms);
}

void prom_request_set_series(struct prom_request *request, struct str selector, int64_t start_ms)
{
	request->path = PROM_PATH_SERIES;
	buf_put(&request->subject, selector);
	put_time(&request->form, "start", start_ms);
}

void prom_request_set_names(struct prom_request *request, struct str selector, int64_t start_ms)
{
	request->path = PROM_PATH_NAMES;
	buf_put(&request->subject, selector);
	put_time(&request->form, "start", start_ms);
}

void prom_request_clear(struct prom_request *request)
{
	buf_clear(&request->subject);
	buf_clear(&request->form);
}

bool prom_request_set_scope(struct prom_request *request, const struct google *google, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct google_place place = {0};

	if (google == NULL || request->path == PROM_PATH_NAMES)
		return true;
	CHECK(google_place(google, &place)); /* it is ready */
	if (!scope_write(&place, buf_str(&request->subject), &text, err))
		return false;
	buf_reset(&request->subject);
	buf_put(&request->subject, buf_str(&text));
	log_v(6, "asked of Prometheus: %.*s", STR_ARG(buf_str(&request->subject)));
	return true;
}

/* Series by POST only when told so. Names are taken by GET everywhere. */
static bool goes_by_post(const struct prom_request *request, const struct upstream *upstream,
			 const struct prom_verbs *verbs, size_t url_bytes)
{
	switch (request->path) {
	case PROM_PATH_QUERY:
		return verbs->post || (url_bytes > URL_BYTES_MAX && !upstream->get_only);
	case PROM_PATH_SERIES:
		return verbs->post && !verbs->managed;
	case PROM_PATH_NAMES:
	case PROM_PATH_COUNT:
		break;
	}
	return false;
}

void prom_request_write(const struct prom_request *request, const struct upstream *upstream,
			const struct prom_verbs *verbs, int64_t timeout_ms, struct buf *url, struct buf *form)
{
	const char *endpoint = prom_path_name(request->path);

	buf_reset(url);
	buf_reset(form);
	if (request->path != PROM_PATH_NAMES || request->subject.len)
		put_parameter(form, request->path == PROM_PATH_QUERY ? "query" : "match[]", buf_str(&request->subject));
	buf_puts(form, form->len > 0 ? "&" : "");
	buf_put(form, buf_str(&request->form));
	if (request->path == PROM_PATH_QUERY)
		put_timeout(form, timeout_ms);
	upstream_write_url(upstream, endpoint, buf_str(form), url);
	if (goes_by_post(request, upstream, verbs, url->len)) {
		buf_reset(url);
		upstream_write_url(upstream, endpoint, STR(""), url);
	} else {
		buf_reset(form);
	}
}
