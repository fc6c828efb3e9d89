/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - URLs, paths and forms as Go's net/url reads and writes them. */
#ifndef GAUGELET_TEXT_URL_H
#define GAUGELET_TEXT_URL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Decodes %XX once; '+' stays. ERR_INVALID: `invalid URL escape "%zz"`. */
MUST_USE bool url_decode_path(struct str text, struct buf *out, struct err *err);

/* Go's url.QueryEscape: letters, digits and - _ . ~ stay, space becomes '+', the rest %XX. */
void url_encode_form(struct buf *out, struct str text);

struct url_pair {
	struct str key, value;
};

struct url_query {
	struct url_pair *pairs; /* in order */
	size_t count;
};

/* key=value pairs split at '&'; a pair with a bad escape or a raw ';' is dropped, as Go's http.Request.URL.Query() does;
   `flag` has an empty value. Decoded texts live in `arena`; false when it is full (ERR_LIMIT). */
MUST_USE bool url_parse_query(struct str text, struct arena *arena, struct url_query *ret_query, struct err *err);

/* The first value of `key`; false when there is none. */
bool url_query_get(const struct url_query *query, struct str key, struct str *ret_value);

struct url {
	struct str scheme;	   /* lower case: http or https */
	struct str user, password; /* decoded; empty when absent */
	bool has_user;
	struct str host;  /* as written: name, IPv4, or [IPv6] */
	uint16_t port;	  /* of the scheme when absent */
	struct str path;  /* as written, may be empty */
	struct str query; /* as written, without '?' */
};

/* An absolute http or https URL; texts live in `arena`. The message says what is wrong and never repeats a password. */
MUST_USE bool url_parse(struct str text, struct arena *arena, struct url *ret_url, struct err *err);

#endif
