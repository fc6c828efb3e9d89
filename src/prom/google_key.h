/* SPDX-License-Identifier: Apache-2.0 */
/* google_key.h - a service account's key, and the answers that Google's servers give. */
#ifndef GAUGELET_PROM_GOOGLE_KEY_H
#define GAUGELET_PROM_GOOGLE_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Texts live in the arena they were read to, NUL-ended. */
struct google_key {
	struct str email, key_id, private_key, token_uri;
	struct str project; /* may be empty */
};

/* The JSON that Google gives for a service account. ERR_INVALID says what is missing, and never what is there; ERR_IO names the
   path. The private key is told to log_hide. */
MUST_USE bool google_key_load(const char *path, struct arena *arena, struct google_key *ret_key, struct err *err);

/* Appends the form that asks the token_uri for a token: a JWT that the key has signed (RS256), good for an hour from `now_s`. */
MUST_USE bool google_key_write_form(const struct google_key *key, int64_t now_s, struct buf *out, struct err *err);

/* {"access_token", "expires_in"}: of the metadata server and of a token_uri. The token lives in the arena. ERR_UPSTREAM: the answer
   has none, or one that cannot stand in a header. */
MUST_USE bool google_token_parse(struct str body, struct arena *arena, struct str *ret_token, int64_t *ret_seconds,
				 struct err *err);

/* Appends what an answer with an error says: OAuth's error and error_description, else its first line. */
void google_error_write(struct buf *out, struct str body);

#endif
