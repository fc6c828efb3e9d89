/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream.h"

#include <stdlib.h>

#include "base/log.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "prom/client.h"
#include "prom/google.h"
#include "text/url.h"

enum {
	/* Who gives less time learns nothing about the other side; a caller's `timeout` must not close it for the others. */
	TIMEOUT_COUNTS_MS = 3000,
	BACK_OFF_MAX_S = 3600, /* the breaker grants less */
};

static const struct str projects = STR_INIT("/projects/"), unnamed = STR_INIT("auto");

/* ---- the URL */

/* As decoded, and as written in the URL. */
static void hide_user(const struct url *url, struct str text)
{
	struct str written = str_slice(text, url->scheme.len + 3, text.len);
	size_t colon;

	while (written.len > 0 && written.ptr[written.len - 1] != '@')
		written.len--;
	written = str_slice(written, 0, written.len ? written.len - 1 : 0);
	colon = str_index(written, ':');
	log_hide(str_slice(written, 0, colon));
	log_hide(str_slice(written, colon + 1, written.len));
	log_hide(url->user);
	log_hide(url->password);
}

/* Go's path.Clean of what is written, for absolute paths: no empty parts, no "." and "..". */
static void write_clean_path(struct buf *out, struct str path)
{
	struct str part;

	while (str_split(&path, '/', &part)) {
		if (str_eq(part, STR(".."))) {
			while (out->len > 0 && out->ptr[--out->len] != '/')
				continue;
		} else if (part.len > 0 && !str_eq(part, STR("."))) {
			buf_putc(out, '/');
			buf_put(out, part);
		}
	}
}

/* Empties `text`. */
static struct str to_arena(struct arena *arena, struct buf *text)
{
	struct str copy = {0};

	CHECK(arena_copy(arena, buf_str(text), &copy)); /* the arena has no maximum */
	buf_reset(text);
	return copy;
}

static void keep_url(struct upstream *upstream, const struct url *url)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text, "%.*s:%u", STR_ARG(url->host), url->port);
	upstream->authority = to_arena(upstream->arena, &text);
	write_clean_path(&text, url->path);
	upstream->path = to_arena(upstream->arena, &text);
	buf_printf(&text, "%.*s://%.*s%.*s", STR_ARG(url->scheme), STR_ARG(upstream->authority),
		   STR_ARG(upstream->path));
	upstream->base = to_arena(upstream->arena, &text);
	upstream->host = url->host;
	upstream->query = url->query;
}

/* No project is called so: their names have six characters or more. */
static void find_project(struct upstream *upstream)
{
	const char *at = upstream->google ? strstr(upstream->path.ptr, "/projects/auto/") : NULL;

	if (at)
		upstream->project_at = (size_t)(at - upstream->path.ptr) + projects.len;
}

static bool read_url(struct upstream *upstream, const struct prom_options *options, struct str text, struct err *err)
{
	struct url url = {0};

	if (!url_parse(text, upstream->arena, &url, err))
		return err_wrap(err, "--prometheus-url");
	keep_url(upstream, &url);
	find_project(upstream);
	if (url.has_user) {
		hide_user(&url, text);
		upstream->basic = credential_basic(url.user, url.password, "the user and password in --prometheus-url");
	} else if (options->user) {
		upstream->basic =
			credential_basic(str_of(options->user), str_of(options->password), options->bearer_flag);
	}
	return true;
}

/* With `projects/auto` in it, whose project is the one that we run in. */
void upstream_write_path(const struct upstream *upstream, struct buf *out)
{
	struct str path = upstream->path;

	if (upstream->project_at == 0) {
		buf_put(out, path);
		return;
	}
	buf_put(out, str_slice(path, 0, upstream->project_at));
	buf_put(out, google_project(upstream->google));
	buf_put(out, str_slice(path, upstream->project_at + unnamed.len, path.len));
}

void upstream_write_url(const struct upstream *upstream, const char *endpoint, struct str parameters, struct buf *out)
{
	buf_put(out, str_slice(upstream->base, 0, upstream->base.len - upstream->path.len));
	upstream_write_path(upstream, out);
	buf_printf(out, "/api/v1/%s", endpoint);
	if (upstream->query.len > 0) {
		buf_putc(out, '?');
		buf_put(out, upstream->query);
	}
	if (parameters.len > 0) {
		buf_putc(out, upstream->query.len > 0 ? '&' : '?');
		buf_put(out, parameters);
	}
}

/* ---- life */

/* Another name than the URL's would have to be verified, and a signature is of what was asked first. */
static enum http_redirects redirects_of(const struct prom_options *options)
{
	if (options->tls_server_name || options->aws_region)
		return HTTP_REDIRECTS_NONE;
	return options->redirects_anywhere ? HTTP_REDIRECTS_ANY : HTTP_REDIRECTS_SAME_ORIGIN;
}

static bool connect_to(struct upstream *upstream, const struct prom_options *options, struct err *err)
{
	struct http_client_options http = {
		.ca_file = options->ca_file,
		.ca_pem = options->ca_pem,
		.tls_server_name = options->tls_server_name,
		.insecure = options->insecure,
		.redirects = redirects_of(options),
		.max_connections = options->max_connections,
	};

	credentials_connect(upstream->credentials, &http);
	upstream->http = http_client_new(upstream->loop, &http, err);
	return upstream->http != NULL;
}

struct upstream *upstream_new(struct loop *loop, const struct prom_options *options, const char *url,
			      struct credentials *credentials, struct prom_upstream_stats *stats, struct err *err)
{
	CLEANUP(upstream_free_at) struct upstream *upstream = xnew(struct upstream);

	upstream->loop = loop;
	upstream->arena = arena_new(0);
	upstream->google = options->google;
	upstream->credentials = credentials;
	upstream->stats = stats;
	if (!read_url(upstream, options, str_of(url), err) || !connect_to(upstream, options, err))
		return NULL;
	stats->authority = upstream->authority;
	stats->url = upstream->base;
	return STEAL(upstream);
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	http_client_free(upstream->http);
	credential_free(upstream->basic);
	arena_free(upstream->arena);
	free(upstream);
}

const char *upstream_credential(const struct upstream *upstream)
{
	return credentials_flag(upstream->credentials, upstream->basic);
}

/* ---- what came of a request */

bool upstream_is_lost(const struct upstream_error *error)
{
	switch (error->fault) {
	case UPSTREAM_REFUSED:
	case UPSTREAM_UNRESOLVED:
	case UPSTREAM_TIMEOUT:
	case UPSTREAM_TLS:
	case UPSTREAM_CUT:
		return true;
	case UPSTREAM_OTHER: /* no route, for one */
		return error->status == 0;
	case UPSTREAM_STATUS:
		return error->status >= 502 && error->status <= 504;
	case UPSTREAM_OK:
	case UPSTREAM_NOT_JSON:
	case UPSTREAM_TOO_BIG:
	case UPSTREAM_PARTIAL:
	case UPSTREAM_IDENTITY:
	case UPSTREAM_MALFORMED:
	case UPSTREAM_CLOCK:
	case UPSTREAM_OVERLOAD:
	case UPSTREAM_REDIRECT:
		break;
	}
	return false;
}

static void note_failure(struct upstream *upstream, const struct http_answer *answer,
			 const struct upstream_error *error)
{
	if (error->fault == UPSTREAM_TIMEOUT && answer->elapsed_ms < TIMEOUT_COUNTS_MS)
		return;
	upstream->last = *error;
	if (breaker_failed(&upstream->breaker, loop_now_ms(upstream->loop)))
		log_warn("%s; circuit breaker open: five failures in a row, retried from time to time until it answers",
			 error->text);
}

static void note_answer(struct upstream *upstream, const struct http_answer *answer, const struct upstream_error *error)
{
	int64_t wait_s = answer->retry_after_s < BACK_OFF_MAX_S ? answer->retry_after_s : BACK_OFF_MAX_S;

	if (breaker_answered(&upstream->breaker))
		log_info("Prometheus %.*s answers again", STR_ARG(upstream->authority));
	if (wait_s == 0 || (error->status != 429 && error->status != 503))
		return;
	upstream->last = *error;
	breaker_back_off(&upstream->breaker, loop_now_ms(upstream->loop), wait_s * 1000);
}

void upstream_note(struct upstream *upstream, enum prom_path path, const struct http_answer *answer,
		   const struct upstream_error *error)
{
	if (answer->status > 0) {
		upstream->stats->has_clock = answer->has_clock;
		upstream->stats->ahead_ms = answer->ahead_ms;
	}
	prom_path_count(&upstream->stats->paths[path], error, answer->status, answer->elapsed_ms, answer->retries);
	if (error->fault != UPSTREAM_STATUS && answer->fault != HTTP_OK && upstream_is_lost(error))
		note_failure(upstream, answer, error);
	else
		note_answer(upstream, answer, error);
}
