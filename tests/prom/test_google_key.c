/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/prom/google_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../rows.h"
#include "base/log.h"
#include "text/base64.h"
#include "text/json_writer.h"

enum { NOW_S = 1800000000 };

struct world {
	EVP_PKEY *key;
	struct buf pem;
	char path[64];
	struct arena *arena;
};

static struct world world;

static int set_up(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long length;

	(void)state;
	world.key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	assert_non_null(world.key);
	assert_true(PEM_write_bio_PKCS8PrivateKey(bio, world.key, NULL, NULL, 0, NULL, NULL));
	length = BIO_get_mem_data(bio, &bytes);
	buf_put(&world.pem, (struct str){bytes, (size_t)length});
	BIO_free(bio);
	world.arena = arena_new(0);
	snprintf(world.path, sizeof(world.path), "/tmp/gaugelet-key-XXXXXX");
	close(mkstemp(world.path));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(world.key);
	buf_clear(&world.pem);
	arena_free(world.arena);
	unlink(world.path);
	return 0;
}

/* A key file; `without` is left out, and `with` written in its place. */
static void write_key(const char *without, const char *with)
{
	static const char *const MEMBERS[] = {
		"type",	     "service_account",		  "project_id",	    "p-1", "client_email", "sa@p-1.test",
		"token_uri", "https://oauth2.test/token", "private_key_id", "kid1"};
	CLEANUP(buf_clear) struct buf text = {0};
	struct json_writer writer;
	FILE *file = fopen(world.path, "w");

	json_writer_init(&writer, &text, true);
	json_writer_object(&writer);
	for (size_t i = 0; i < COUNT_OF(MEMBERS); i += 2)
		if (strcmp(MEMBERS[i], without) != 0)
			json_writer_member(&writer, MEMBERS[i], str_of(MEMBERS[i + 1]));
	if (strcmp("private_key", without) != 0)
		json_writer_member(&writer, "private_key", buf_str(&world.pem));
	if (with)
		json_writer_member(&writer, without, str_of(with));
	json_writer_object_end(&writer);
	assert_non_null(file);
	fputs(buf_cstr(&text), file);
	fclose(file);
}

static struct key_case {
	const char *name, *member, *with, *want;
} key_cases[] = {
	{"of a user", "type", "authorized_user", "its type is \"authorized_user\", and \"service_account\" is wanted"},
	{"no type", "type", NULL, "its type is \"\", and"},
	{"no address", "client_email", NULL, "client_email is missing"},
	{"no number", "private_key_id", NULL, "private_key_id is missing"},
	{"no key", "private_key", NULL, "private_key is missing"},
	{"not a key", "private_key", "c2VjcmV0", "private_key is no RSA key in PEM"},
	{"no place", "token_uri", NULL, "token_uri is missing"},
	{"place that is none", "token_uri", "ftp://x", "token_uri: "},
};

static void test_refused(void **state)
{
	const struct key_case *c = *state;
	struct google_key key = {0};
	struct err err = {0};

	write_key(c->member, c->with);
	assert_false(google_key_load(world.path, world.arena, &key, &err));
	assert_contains(str_of(err.msg), c->want);
	assert_contains(str_of(err.msg), world.path);
	assert_false(str_contains(str_of(err.msg), STR("c2VjcmV0")));
	assert_null(key.email.ptr);
}

static void decode(struct str part, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};

	buf_put(&text, part);
	for (size_t i = 0; i < text.len; i++)
		text.ptr[i] = text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : text.ptr[i];
	while (text.len % 4)
		buf_putc(&text, '=');
	assert_true(base64_decode(buf_str(&text), out, &err));
}

static void assert_signed(struct str text, struct str part)
{
	CLEANUP(buf_clear) struct buf signature = {0};
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	decode(part, &signature);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, world.key), 1);
	assert_int_equal(EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
					  (const unsigned char *)text.ptr, text.len),
			 1);
	EVP_MD_CTX_free(context);
}

static void test_signed(void **state)
{
	CLEANUP(buf_clear) struct buf form = {0};
	CLEANUP(buf_clear) struct buf head = {0};
	CLEANUP(buf_clear) struct buf claims = {0};
	const struct str front = STR("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
	struct google_key key = {0};
	struct err err = {0};
	struct str jwt, rest, parts[2] = {{0}};

	(void)state;
	write_key("", NULL);
	assert_true(google_key_load(world.path, world.arena, &key, &err));
	assert_str(key.project, "p-1");
	assert_true(google_key_write_form(&key, NOW_S, &form, &err));
	assert_true(str_starts(buf_str(&form), front));
	rest = jwt = str_slice(buf_str(&form), front.len, form.len);
	assert_true(str_split(&rest, '.', &parts[0]) && str_split(&rest, '.', &parts[1]));
	decode(parts[0], &head);
	decode(parts[1], &claims);
	assert_str(buf_str(&head), "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"kid1\"}");
	assert_str(buf_str(&claims), "{\"iss\":\"sa@p-1.test\",\"scope\":\"https://www.googleapis.com/auth/"
				     "monitoring.read\",\"aud\":\"https://oauth2.test/token\",\"iat\":1800000000,"
				     "\"exp\":1800003600}");
	assert_signed(str_slice(jwt, 0, jwt.len - rest.len - 1), rest);
}

static struct token_case {
	const char *name, *body, *token;
	int64_t seconds;
	const char *want; /* of the error */
} token_cases[] = {
	{"token", "{\"access_token\":\"ya29.x\",\"expires_in\":3599,\"token_type\":\"Bearer\"}", "ya29.x", 3599, NULL},
	{"fraction", "{\"expires_in\":7.9,\"access_token\":\"t\"}", "t", 7, NULL},
	{"no token", "{\"expires_in\":7}", NULL, 0, "no access_token"},
	{"line end in it", "{\"access_token\":\"a\\nX: y\",\"expires_in\":7}", NULL, 0, "no access_token"},
	{"no life", "{\"access_token\":\"ya29.secret\"}", NULL, 0, "no expires_in"},
	{"life that is over", "{\"access_token\":\"t\",\"expires_in\":0}", NULL, 0, "no expires_in"},
	{"life of a text", "{\"access_token\":\"t\",\"expires_in\":\"7\"}", NULL, 0, "no expires_in"},
	{"no JSON", "<html>", NULL, 0, "no JSON"},
};

static void test_token(void **state)
{
	const struct token_case *c = *state;
	struct str token = {0};
	int64_t seconds = -1;
	struct err err = {0};

	if (c->want == NULL) {
		assert_true(google_token_parse(str_of(c->body), world.arena, &token, &seconds, &err));
		assert_str(token, c->token);
		assert_int_equal(seconds, c->seconds);
		return;
	}
	assert_false(google_token_parse(str_of(c->body), world.arena, &token, &seconds, &err));
	assert_contains(str_of(err.msg), c->want);
	assert_false(str_contains(str_of(err.msg), STR("ya29")));
	assert_null(token.ptr);
	assert_int_equal(seconds, -1);
}

static struct error_case {
	const char *name, *body, *want;
} error_cases[] = {
	{"oauth", "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT\\nSignature.\"}",
	 "invalid_grant: Invalid JWT Signature."},
	{"google", "{\"error\":{\"code\":403,\"message\":\"not you\",\"status\":\"PERMISSION_DENIED\"}}", "not you"},
	{"text", "  not ready\nmore", "not ready"},
	{"HTML", "<html>x", "HTML"},
	{"nothing", "", ""},
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};

	google_error_write(&out, str_of(c->body));
	assert_str(buf_str(&out), c->want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_signed)};
	int failed;

	set_up(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(key_cases, test_refused) +
		 RUN_ROWS(token_cases, test_token) + RUN_ROWS(error_cases, test_error);
	tear_down(NULL);
	return failed;
}
