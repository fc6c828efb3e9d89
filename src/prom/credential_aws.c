/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4, for Amazon Managed Service for Prometheus. The key is the environment's, or that of a file of the form that
   AWS' own tools have, which is read again when it changes. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "credential.h"
#include "net/http_client.h"
#include "prom/client.h"
#include "text/url.h"

enum { FILE_BYTES_MAX = 64 << 10 };

static const char FLAG[] = "--aws-sigv4";

struct aws_key {
	struct buf id, secret, session;
};

struct aws_credential {
	struct credential base;
	struct buf scheme;
	const char *path; /* NULL: the environment has the key */
	const char *profile;
	struct stat seen; /* of the file whose key we have */
	bool failing;
	struct aws_key key;
	struct buf session_line; /* empty: the key is for ever */
	struct buf url;		 /* of the request that is being signed */
};

/* ---- the key */

static void key_clear(struct aws_key *key)
{
	buf_wipe(&key->id);
	buf_wipe(&key->secret);
	buf_wipe(&key->session);
}

/* A key has no blanks and no control characters; a file's line end is not part of it. */
static bool check_key(const struct aws_key *key, const char *where, struct err *err)
{
	const struct buf *parts[] = {&key->id, &key->secret, &key->session};

	if (key->id.len == 0 || key->secret.len == 0)
		return err_set(err, ERR_INVALID, "%s: %s has no %s", FLAG, where,
			       key->id.len ? "secret access key" : "access key id");
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		for (size_t at = 0; at < parts[i]->len; at++)
			if ((unsigned char)parts[i]->ptr[at] <= ' ' || (unsigned char)parts[i]->ptr[at] >= 0x7f)
				return err_set(err, ERR_INVALID, "%s: the key of %s has a character that no key has",
					       FLAG, where);
	return true;
}

static void take_key(struct aws_credential *aws, struct aws_key *key)
{
	struct aws_key before = aws->key;

	aws->key = *key;
	*key = before; /* the caller clears it */
	log_hide(buf_str(&aws->key.secret));
	log_hide(buf_str(&aws->key.session));
	buf_wipe(&aws->session_line);
	if (aws->key.session.len > 0)
		buf_printf(&aws->session_line, "X-Amz-Security-Token: %s", buf_cstr(&aws->key.session));
	aws->base.version++;
}

static void put_variable(struct buf *out, const char *name)
{
	buf_put(out, str_trim(str_of(getenv(name))));
}

static bool read_environment(struct aws_credential *aws, struct err *err)
{
	CLEANUP(key_clear) struct aws_key key = {0};

	put_variable(&key.id, "AWS_ACCESS_KEY_ID");
	put_variable(&key.secret, "AWS_SECRET_ACCESS_KEY");
	put_variable(&key.session, "AWS_SESSION_TOKEN");
	if (!check_key(&key, "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)", err))
		return false;
	take_key(aws, &key);
	return true;
}

/* NAME = VALUE lines under [PROFILE]; others are for AWS' tools. */
static void read_profile(struct str text, struct str profile, struct aws_key *key)
{
	const struct {
		struct str name;
		struct buf *value;
	} names[] = {{STR("aws_access_key_id"), &key->id},
		     {STR("aws_secret_access_key"), &key->secret},
		     {STR("aws_session_token"), &key->session}};
	bool inside = false;
	struct str line;

	while (str_split(&text, '\n', &line)) {
		size_t equals = str_index(line = str_trim(line), '=');

		if (line.len > 1 && line.ptr[0] == '[')
			inside = str_eq(str_trim(str_slice(line, 1, str_index(line, ']'))), profile);
		for (size_t i = 0; inside && i < COUNT_OF(names); i++) {
			if (!str_eq(str_trim(str_slice(line, 0, equals)), names[i].name))
				continue;
			buf_wipe(names[i].value);
			buf_put(names[i].value, str_trim(str_slice(line, equals + 1, line.len)));
		}
	}
}

static bool read_file(struct aws_credential *aws, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_MAX(FILE_BYTES_MAX);
	CLEANUP(buf_clear) struct buf where = {0};
	CLEANUP(key_clear) struct aws_key key = {0};
	struct stat about;

	if (stat(aws->path, &about) != 0)
		return err_set(err, ERR_INVALID, "%s: %s: %s", FLAG, aws->path, strerror(errno));
	if (aws->key.id.len > 0 && file_is_same(&about, &aws->seen))
		return true;
	if (!file_read(aws->path, &text, err))
		return err_set(err, ERR_INVALID, "%s: %s", FLAG, err->msg);
	read_profile(buf_str(&text), str_of(aws->profile), &key);
	buf_printf(&where, "%s, profile %s,", aws->path, aws->profile);
	if (!check_key(&key, buf_cstr(&where), err))
		return false;
	take_key(aws, &key);
	aws->seen = about;
	return true;
}

/* The key before may still be good. */
static void refresh(struct aws_credential *aws)
{
	struct err err = {0};
	bool fresh = aws->path == NULL || read_file(aws, &err);

	if (!fresh && !aws->failing)
		log_warn("%s; the key before stays in use", err.msg);
	aws->failing = !fresh;
}

/* ---- the request */

static int by_key(const void *a, const void *b)
{
	const struct url_pair *first = a, *second = b;
	int order = str_cmp(first->key, second->key);

	return order ? order : str_cmp(first->value, second->value);
}

static void put_escaped(struct buf *out, struct str text)
{
	struct str part;

	for (size_t i = 0; str_split(&text, ' ', &part); i++) {
		buf_puts(out, i ? "%20" : "");
		url_encode_form(out, part);
	}
}

/* What is signed has the parameters in order, and a space as %20; curl sends and signs them as they are given. */
static void write_canonical(struct str url, struct buf *out)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	size_t end = str_index(url, '?');
	struct url_query query = {0};
	struct err err = {0};

	buf_put(out, str_slice(url, 0, end));
	if (!url_parse_query(str_slice(url, end + 1, url.len), arena, &query, &err))
		return;
	qsort(query.pairs, query.count, sizeof(*query.pairs), by_key);
	for (size_t i = 0; i < query.count; i++) {
		buf_putc(out, i ? '&' : '?');
		put_escaped(out, query.pairs[i].key);
		buf_putc(out, '=');
		put_escaped(out, query.pairs[i].value);
	}
}

static void aws_sign(struct credential *credential, struct http_request *request, struct header_lines *lines)
{
	struct aws_credential *aws = (struct aws_credential *)credential;

	refresh(aws);
	buf_reset(&aws->url);
	write_canonical(str_of(request->url), &aws->url);
	request->url = buf_cstr(&aws->url);
	request->aws_sigv4 = buf_cstr(&aws->scheme);
	request->aws_key_id = buf_cstr(&aws->key.id);
	request->aws_secret = buf_cstr(&aws->key.secret);
	if (aws->session_line.len > 0)
		*vec_push(lines) = buf_cstr(&aws->session_line);
}

static void aws_describe(const struct credential *credential, struct buf *out)
{
	const struct aws_credential *aws = (const struct aws_credential *)credential;

	buf_puts(out, "access key ");
	buf_put(out, buf_str(&aws->key.id));
	buf_printf(out, " (%s)", aws->path ? aws->path : "environment");
}

static void aws_free(struct credential *credential)
{
	struct aws_credential *aws = (struct aws_credential *)credential;

	key_clear(&aws->key);
	buf_clear(&aws->scheme);
	buf_wipe(&aws->session_line);
	buf_clear(&aws->url);
	free(aws);
}

static const struct credential_kind KIND = {.sign = aws_sign, .describe = aws_describe, .free = aws_free};

/* ---- the flag */

static bool check_region(const char *region, struct err *err)
{
	for (const char *c = region; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '-')
			return err_set(err, ERR_INVALID, "%s: \"eu-central-1\", for one, is a region", FLAG);
	return region[0] || err_set(err, ERR_INVALID, "%s: the region is missing", FLAG);
}

static const char *variable_or_null(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

bool credential_add_aws(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	struct aws_credential *aws;

	if (options->aws_region == NULL)
		return true;
	if (!check_region(options->aws_region, err))
		return false;
	aws = xnew(struct aws_credential);
	aws->base = (struct credential){.kind = &KIND, .flag = FLAG, .authorizes = true};
	buf_printf(&aws->scheme, "aws:amz:%s:aps", options->aws_region);
	aws->profile = variable_or_null("AWS_PROFILE") ? getenv("AWS_PROFILE") : "default";
	if (variable_or_null("AWS_ACCESS_KEY_ID") == NULL)
		aws->path = variable_or_null("AWS_SHARED_CREDENTIALS_FILE");
	if (!(aws->path ? read_file : read_environment)(aws, err)) {
		credential_free(&aws->base);
		return false;
	}
	credentials_add(credentials, &aws->base);
	return true;
}
