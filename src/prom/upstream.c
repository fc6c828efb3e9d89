/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/vec.h"
#include "net/token_file.h"
#include "prom_in.h"
#include "text/base64.h"
#include "text/url.h"

struct upstream {
	struct arena *arena;
	struct str base; /* SCHEME://HOST:PORT/PATH, cleaned, without '/' at the end */
	struct str authority, host, path, query;
	const char *user, *password;
	struct {
		VEC_OF(const char *);
	} headers;		  /* NULL-ended; the last but one is the token's when there is one */
	struct token_file *token; /* NULL: none */
	const char *credential;	  /* the flag; NULL: none */
};

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

/* A value may be "Bearer SECRET"; who repeats it may leave the first word out. */
static void hide_value(struct str value)
{
	size_t space = str_index(value, ' ');

	log_hide(value);
	if (space < value.len)
		log_hide(str_trim(str_slice(value, space, value.len)));
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

static bool read_url(struct upstream *upstream, struct str text, struct err *err)
{
	struct url url = {0};

	if (!url_parse(text, upstream->arena, &url, err))
		return err_wrap(err, "--prometheus-url");
	if (url.has_user)
		hide_user(&url, text);
	keep_url(upstream, &url);
	return true;
}

/* ---- headers */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* Go sends none of the first four from a header map; an encoding that we cannot read must not be asked for. */
static bool has_no_effect(struct str name)
{
	static const struct str NONE[] = {
		STR_INIT("Host"),    STR_INIT("Content-Length"),  STR_INIT("Transfer-Encoding"),
		STR_INIT("Trailer"), STR_INIT("Accept-Encoding"), STR_INIT("Expect")};

	for (size_t i = 0; i < COUNT_OF(NONE); i++)
		if (str_eq_nocase(name, NONE[i]))
			return true;
	return false;
}

/* The value is never repeated: it is most often a secret. */
static bool check_header(struct str name, struct str value, struct err *err)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.ptr[i]))
			return err_set(err, ERR_INVALID,
				       "--prometheus-header: the part before '=' is no name of a header");
	if (name.len == 0)
		return err_set(err, ERR_INVALID, "--prometheus-header: NAME=VALUE is wanted, the name is empty");
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
			return err_set(err, ERR_INVALID,
				       "--prometheus-header: the value of %.*s has a control character, perhaps the "
				       "end of a line",
				       STR_ARG(name));
	return true;
}

static bool add_header(struct upstream *upstream, struct str text, struct err *err)
{
	CLEANUP(buf_clear) struct buf line = {0};
	size_t equals = str_index(text, '=');
	struct str name = str_trim(str_slice(text, 0, equals));
	struct str value = str_trim(str_slice(text, equals + 1, text.len));
	struct str copy;

	if (!check_header(name, value, err))
		return false;
	if (has_no_effect(name)) {
		log_warn("--prometheus-header: %.*s has no effect", STR_ARG(name));
		return true;
	}
	hide_value(value);
	if (upstream->token && str_eq_nocase(name, STR("Authorization"))) {
		log_warn("--prometheus-header: Authorization has no effect beside --prometheus-token-file");
		return true;
	}
	buf_printf(&line, "%.*s: ", STR_ARG(name));
	buf_put(&line, value);
	*vec_push(&upstream->headers) = to_arena(upstream->arena, buf_str(&line), &copy);
	return true;
}

const char *const *upstream_headers(struct upstream *upstream)
{
	if (upstream->token)
		upstream->headers.items[upstream->headers.count - 2] = token_file_header(upstream->token);
	return upstream->headers.items;
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

/* What the header says comes before what the connection says: of both, a proxy looks at the header. */
static const char *credential_of(const struct upstream *upstream, const struct prom_options *options)
{
	const char *const *header = options->headers;

	if (upstream->token)
		return "--prometheus-token-file";
	for (; header && *header; header++)
		if (str_eq_nocase(str_trim(str_slice(str_of(*header), 0, str_index(str_of(*header), '='))),
				  STR("Authorization")))
			return "--prometheus-header";
	if (upstream->user)
		return "the user and password in --prometheus-url";
	if (options->headers && options->headers[0])
		return "--prometheus-header";
	return options->cert_file ? "--prometheus-client-tls-cert-file" : NULL;
}

static bool read_headers(struct upstream *upstream, const struct prom_options *options, struct err *err)
{
	if (options->token_file) {
		upstream->token = token_file_new(options->token_file, "--prometheus-token-file", err);
		if (upstream->token == NULL) {
			err->code = ERR_INVALID;
			return err_wrap(err, "--prometheus-token-file");
		}
	}
	for (const char *const *header = options->headers; header && *header; header++)
		if (!add_header(upstream, str_of(*header), err))
			return false;
	if (upstream->token)
		*vec_push(&upstream->headers) = token_file_header(upstream->token);
	*vec_push(&upstream->headers) = NULL;
	upstream->credential = credential_of(upstream, options);
	return true;
}

struct upstream *upstream_new(const struct prom_options *options, const char *url, struct err *err)
{
	CLEANUP(upstream_free_at) struct upstream *upstream = xnew(struct upstream);

	upstream->arena = arena_new(0);
	if (!read_url(upstream, str_of(url), err) || !check_files(options, err) ||
	    !read_headers(upstream, options, err))
		return NULL;
	return STEAL(upstream);
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	vec_clear(&upstream->headers);
	token_file_free(upstream->token);
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

struct str upstream_path(const struct upstream *upstream)
{
	return upstream->path;
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
	buf_put(out, upstream->base);
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
