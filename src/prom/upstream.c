/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "headers_in.h"
#include "prom/google.h"
#include "prom_in.h"
#include "text/base64.h"
#include "text/url.h"

struct upstream {
	struct arena *arena;
	struct str base;			 /* SCHEME://HOST:PORT/PATH */
	struct str authority, host, path, query; /* path: cleaned, without '/' at the end */
	const char *user, *password;
	struct headers *headers;
	const char *credential; /* the flag; NULL: none */
	struct google *google;	/* NULL: none */
	size_t project_at;	/* where the project stands in the path that says it is ours; 0: nowhere */
};

static const struct str projects = STR_INIT("/projects/"), unnamed = STR_INIT("auto");

/* ---- secrets */

/* As decoded, as written in the URL, and as the header has it. */
static void hide_user(const struct url *url, struct str text)
{
	CLEANUP(buf_clear) struct buf pair = {0};
	CLEANUP(buf_clear) struct buf basic = {0};
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
	buf_put(&pair, url->user);
	buf_putc(&pair, ':');
	buf_put(&pair, url->password);
	base64_write(&basic, buf_str(&pair));
	log_hide(buf_str(&basic));
}

/* ---- the URL */

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

static const char *to_arena(struct arena *arena, struct str text, struct str *ret_copy)
{
	CHECK(arena_copy(arena, text, ret_copy)); /* the arena has no maximum */
	return ret_copy->ptr;
}

static void keep_url(struct upstream *upstream, const struct url *url)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct str copy;

	buf_printf(&text, "%.*s:%u", STR_ARG(url->host), url->port);
	(void)to_arena(upstream->arena, buf_str(&text), &upstream->authority);
	buf_reset(&text);
	write_clean_path(&text, url->path);
	(void)to_arena(upstream->arena, buf_str(&text), &upstream->path);
	buf_reset(&text);
	buf_printf(&text, "%.*s://%.*s%.*s", STR_ARG(url->scheme), STR_ARG(upstream->authority),
		   STR_ARG(upstream->path));
	(void)to_arena(upstream->arena, buf_str(&text), &upstream->base);
	upstream->host = url->host;
	upstream->query = url->query;
	if (!url->has_user)
		return;
	upstream->user = to_arena(upstream->arena, url->user, &copy);
	upstream->password = to_arena(upstream->arena, url->password, &copy);
}

/* No project is called so: their names have six characters or more. */
static void find_project(struct upstream *upstream)
{
	const char *at = upstream->google ? strstr(upstream->path.ptr, "/projects/auto/") : NULL;

	if (at)
		upstream->project_at = (size_t)(at - upstream->path.ptr) + projects.len;
}

static bool read_url(struct upstream *upstream, struct str text, struct err *err)
{
	struct url url = {0};

	if (!url_parse(text, upstream->arena, &url, err))
		return err_wrap(err, "--prometheus-url");
	if (url.has_user)
		hide_user(&url, text);
	keep_url(upstream, &url);
	find_project(upstream);
	return true;
}

/* ---- headers */

const char *const *upstream_headers(struct upstream *upstream)
{
	return headers_lines(upstream->headers);
}

void upstream_describe(const struct upstream *upstream, struct buf *out)
{
	if (upstream->google == NULL || google_header(upstream->google) == NULL)
		return;
	buf_puts(out, " to ");
	google_describe(upstream->google, out);
}

/* Bytes of other lines are told apart well enough: at the worst a refused question is not asked again. */
uint64_t upstream_headers_hash(struct upstream *upstream)
{
	uint64_t hash = 0;

	for (const char *const *line = upstream_headers(upstream); *line; line++)
		hash = str_hash(str_of(*line), hash + 1);
	return hash;
}

/* ---- the whole */

static bool check_file(const char *flag, const char *path, struct err *err)
{
	if (path == NULL || access(path, R_OK) == 0)
		return true;
	return err_set(err, ERR_INVALID, "%s: %s: %s", flag, path, strerror(errno));
}

static bool check_files(const struct prom_options *options, struct err *err)
{
	if ((options->cert_file == NULL) != (options->key_file == NULL))
		return err_set(err, ERR_INVALID,
			       "--prometheus-client-tls-cert-file and --prometheus-client-tls-key-file belong "
			       "together: %s is missing",
			       options->cert_file ? "the key" : "the certificate");
	return check_file("--prometheus-ca-file", options->ca_file, err) &&
	       check_file("--prometheus-client-tls-cert-file", options->cert_file, err) &&
	       check_file("--prometheus-client-tls-key-file", options->key_file, err);
}

/* The one in use, as far as the flags tell. */
static const char *credential_of(const struct upstream *upstream, const struct prom_options *options)
{
	const char *flag = headers_credential(upstream->headers);

	if (flag)
		return flag;
	if (upstream->user)
		return options->user == upstream->user ? options->bearer_flag
						       : "the user and password in --prometheus-url";
	if (options->cert_pem.len > 0)
		return options->bearer_flag;
	if (options->headers && options->headers[0])
		return "--prometheus-header";
	return options->cert_file ? "--prometheus-client-tls-cert-file" : NULL;
}

static bool read_credentials(struct upstream *upstream, const struct prom_options *options, struct err *err)
{
	upstream->headers = headers_new(options, err);
	if (upstream->headers == NULL)
		return false;
	if (upstream->user == NULL) {
		upstream->user = options->user;
		upstream->password = options->password;
	}
	upstream->credential = credential_of(upstream, options);
	return true;
}

struct upstream *upstream_new(const struct prom_options *options, const char *url, struct err *err)
{
	CLEANUP(upstream_free_at) struct upstream *upstream = xnew(struct upstream);

	upstream->arena = arena_new(0);
	upstream->google = options->google;
	if (!read_url(upstream, str_of(url), err) || !check_files(options, err) ||
	    !read_credentials(upstream, options, err))
		return NULL;
	return STEAL(upstream);
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	headers_free(upstream->headers);
	arena_free(upstream->arena);
	free(upstream);
}

struct str upstream_authority(const struct upstream *upstream)
{
	return upstream->authority;
}

struct str upstream_url(const struct upstream *upstream)
{
	return upstream->base;
}

struct str upstream_host(const struct upstream *upstream)
{
	return upstream->host;
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

const char *upstream_user(const struct upstream *upstream)
{
	return upstream->user;
}

const char *upstream_password(const struct upstream *upstream)
{
	return upstream->password;
}

const char *upstream_credential(const struct upstream *upstream)
{
	return upstream->credential;
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
