/* SPDX-License-Identifier: Apache-2.0 */
/* A service account's key signs a form, or says what it lacks; a token can stand in a header; words of an error are text. The first
   byte says which of them it is. */
#include "base/log.h"

/* Each text would be kept until the end. */
#define log_hide(secret) ((void)(secret))
#include "../../src/prom/google_key.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct str text, struct arena *arena)
{
	CLEANUP(buf_clear) struct buf form = {0};
	struct google_key key = {0};
	struct err err = {0};

	if (read_key(text, arena, &key, &err) &&
	    google_key_write_form(&key, 1, &form, &err)) /* not each RSA key signs */
		CHECK(key.email.len && key.private_key.len && form.len);
	else
		CHECK(err.code != ERR_NONE && err.msg[0] && str_is_utf8(str_of(err.msg)));
}

static void check_token(struct str text, struct arena *arena)
{
	struct str token;
	int64_t seconds;
	struct err err = {0};

	if (!google_token_parse(text, arena, &token, &seconds, &err)) {
		CHECK(err.code == ERR_UPSTREAM && err.msg[0] && str_is_utf8(str_of(err.msg)));
		return;
	}
	CHECK(token.len && seconds >= 0 && seconds <= LIFE_MAX_S);
	for (size_t i = 0; i < token.len; i++)
		CHECK(token.ptr[i] > ' ' && token.ptr[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf words = {0};
	struct str text = str_slice((struct str){(const char *)data, size}, 1, size);

	if (size && data[0] == 'k')
		check_key(text, arena);
	else if (size && data[0] == 't')
		check_token(text, arena);
	else
		google_error_write(&words, text);
	CHECK(str_is_utf8(buf_str(&words)));
	return 0;
}
