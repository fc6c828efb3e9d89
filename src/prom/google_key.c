/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/clean.h"
#include "base/file.h"
#include "base/log.h"
#include "google_key.h"
#include "text/base64.h"
#include "text/json_document.h"
#include "text/json_writer.h"
#include "text/url.h"

enum {
	KEY_BYTES_MAX = 64 << 10,
	TOKEN_BYTES_MAX = 16 << 10,
	SIGNATURE_BYTES_MAX = 2048, /* of an RSA key of 16384 bits */
	LIFE_S = 3600,		    /* the most that Google takes */
	LIFE_MAX_S = 7 * 24 * 3600,
	WORDS_BYTES = 200,
};

/* What it takes to read metrics, and no more. */
static const char SCOPE[] = "https://www.googleapis.com/auth/monitoring.read";

/* ---- the file */

static bool take_text(const json_t *root, const char *name, struct arena *arena, struct str *ret_text, struct err *err)
{
	struct str text = json_document_text(root, name);

	if (text.len == 0)
		return err_set(err, ERR_INVALID, "%s is missing", name);
	return arena_copy(arena, text, ret_text) || err_set(err, ERR_LIMIT, "%s is too large", name);
}

/* Others would be asked for a token in other ways. */
static bool check_type(const json_t *root, struct err *err)
{
	struct str type = json_document_text(root, "type");

	if (str_eq(type, STR("service_account")))
		return true;
	return err_set(err, ERR_INVALID,
		       "its type is \"%.*s\", and \"service_account\" is wanted: create a key of a service account, or "
		       "use the metadata server",
		       STR_ARG(str_slice(type, 0, 40)));
}

static bool check_token_uri(struct str uri, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct url url = {0};

	return url_parse(uri, arena, &url, err) || err_wrap(err, "token_uri");
}

static EVP_PKEY *read_private_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, str_printf_length(pem));
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static bool check_private_key(struct str pem, struct err *err)
{
	EVP_PKEY *key = read_private_key(pem);
	bool good = key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_size(key) <= SIGNATURE_BYTES_MAX;

	EVP_PKEY_free(key);
	return good || err_set(err, ERR_INVALID, "private_key is no RSA key in PEM");
}

static bool read_key(struct str text, struct arena *arena, struct google_key *key, struct err *err)
{
	json_auto_t *root = NULL;

	if (!json_document_parse(text, &root, err))
		return false;
	log_hide(json_document_text(root, "private_key"));
	if (!arena_copy(arena, json_document_text(root, "project_id"), &key->project))
		return err_set(err, ERR_LIMIT, "project_id is too large");
	return check_type(root, err) && take_text(root, "client_email", arena, &key->email, err) &&
	       take_text(root, "private_key_id", arena, &key->key_id, err) &&
	       take_text(root, "private_key", arena, &key->private_key, err) &&
	       take_text(root, "token_uri", arena, &key->token_uri, err) && check_token_uri(key->token_uri, err) &&
	       check_private_key(key->private_key, err);
}

bool google_key_load(const char *path, struct arena *arena, struct google_key *ret_key, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_MAX(KEY_BYTES_MAX);
	struct google_key key = {0};

	if (!file_read(path, &text, err))
		return false;
	if (!read_key(buf_str(&text), arena, &key, err))
		return err_wrap(err, "%s", path);
	*ret_key = key;
	return true;
}

/* ---- the JWT (RFC 7515, RFC 7519) */

static void write_base64url(struct buf *out, struct str bytes)
{
	size_t from = out->len;

	base64_write(out, bytes);
	while (out->len > from && out->ptr[out->len - 1] == '=')
		out->len--;
	for (size_t i = from; i < out->len; i++)
		out->ptr[i] = out->ptr[i] == '+' ? '-' : out->ptr[i] == '/' ? '_' : out->ptr[i];
}

static void write_head(struct buf *out, const struct google_key *key)
{
	struct json_writer writer;

	json_writer_init(&writer, out, false);
	json_writer_object(&writer);
	json_writer_member(&writer, "alg", STR("RS256"));
	json_writer_member(&writer, "typ", STR("JWT"));
	json_writer_member(&writer, "kid", key->key_id);
	json_writer_object_end(&writer);
}

static void write_claims(struct buf *out, const struct google_key *key, int64_t now_s)
{
	struct json_writer writer;

	json_writer_init(&writer, out, false);
	json_writer_object(&writer);
	json_writer_member(&writer, "iss", key->email);
	json_writer_member(&writer, "scope", str_of(SCOPE));
	json_writer_member(&writer, "aud", key->token_uri);
	json_writer_key(&writer, "iat");
	json_writer_i64(&writer, now_s);
	json_writer_key(&writer, "exp");
	json_writer_i64(&writer, now_s + LIFE_S);
	json_writer_object_end(&writer);
}

static bool sign(struct str pem, struct str text, unsigned char *signature, size_t *ret_bytes)
{
	EVP_PKEY *key = read_private_key(pem);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(context, signature, ret_bytes, (const unsigned char *)text.ptr, text.len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

bool google_key_write_form(const struct google_key *key, int64_t now_s, struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf head = {0};
	CLEANUP(buf_clear) struct buf claims = {0};
	CLEANUP(buf_wipe) struct buf jwt = {0};
	unsigned char signature[SIGNATURE_BYTES_MAX];
	size_t bytes = sizeof(signature);

	write_head(&head, key);
	write_claims(&claims, key, now_s);
	write_base64url(&jwt, buf_str(&head));
	buf_putc(&jwt, '.');
	write_base64url(&jwt, buf_str(&claims));
	if (!sign(key->private_key, buf_str(&jwt), signature, &bytes))
		return err_set(err, ERR_INVALID, "the private key cannot sign");
	buf_putc(&jwt, '.');
	write_base64url(&jwt, (struct str){(const char *)signature, bytes});
	log_hide(buf_str(&jwt));
	buf_puts(out, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
	buf_put(out, buf_str(&jwt));
	return true;
}

/* ---- answers */

static bool is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f)
			return false;
	return text.len > 0 && text.len <= TOKEN_BYTES_MAX;
}

bool google_token_parse(struct str body, struct arena *arena, struct str *ret_token, int64_t *ret_seconds,
			struct err *err)
{
	json_auto_t *root = NULL;
	const json_t *life;
	struct str token;
	double seconds;

	if (!json_document_parse(body, &root, err))
		return err_set(err, ERR_UPSTREAM, "the answer is no JSON");
	token = json_document_text(root, "access_token");
	log_hide(token);
	life = json_object_get(root, "expires_in");
	if (!is_token(token))
		return err_set(err, ERR_UPSTREAM, "the answer has no access_token that can be used");
	seconds = json_number_value(life); /* 0 when it is none */
	if (!(seconds >= 1 && seconds <= LIFE_MAX_S))
		return err_set(err, ERR_UPSTREAM, "the answer has no expires_in that can be used");
	if (!arena_copy(arena, token, ret_token))
		return err_set(err, ERR_LIMIT, "the token is too large");
	*ret_seconds = (int64_t)seconds;
	return true;
}

static void put_line(struct buf *out, struct str text)
{
	char line[WORDS_BYTES];

	clean_copy(line, sizeof(line), text);
	buf_put(out, str_trim(str_of(line)));
}

void google_error_write(struct buf *out, struct str body)
{
	json_auto_t *root = NULL;
	struct err err = {0};
	struct str error = {0}, description = {0};

	body = str_trim(body);
	if (json_document_parse(body, &root, &err)) {
		error = json_document_text(root, "error");
		description = json_document_text(root, "error_description");
		if (error.len == 0)
			error = json_document_text(json_object_get(root, "error"), "message");
	}
	if (error.len == 0)
		error = body.len > 0 && body.ptr[0] == '<' ? STR("HTML") : str_slice(body, 0, str_index(body, '\n'));
	put_line(out, error);
	if (description.len > 0) {
		buf_puts(out, ": ");
		put_line(out, description);
	}
}
