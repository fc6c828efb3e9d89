/* SPDX-License-Identifier: Apache-2.0 */
#include "http_redirect.h"

#include "base/arena.h"
#include "text/url.h"

enum { REDIRECTS_MAX = 10 };

static bool is_same_origin(const struct url *a, const struct url *b)
{
	return str_eq(a->scheme, b->scheme) && str_eq_nocase(a->host, b->host) && a->port == b->port;
}

static void put_origin(struct buf *out, const struct url *url)
{
	buf_printf(out, "%.*s://%.*s:%u", STR_ARG(url->scheme), STR_ARG(url->host), url->port);
}

bool http_redirect_may_go(enum http_redirects redirects, unsigned before, struct str from, struct str to,
			  bool *ret_same, struct buf *message)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct url here = {0}, there = {0};
	struct err err = {0};

	if (before >= REDIRECTS_MAX) {
		buf_printf(message, "it is the one after %d others", REDIRECTS_MAX);
		return false;
	}
	if (!url_parse(from, arena, &here, &err) || !url_parse(to, arena, &there, &err) || there.has_user) {
		buf_puts(message, "it leads to no http or https URL that can be used");
		return false;
	}
	*ret_same = is_same_origin(&here, &there);
	if (*ret_same || redirects == HTTP_REDIRECTS_ANY)
		return true;
	buf_puts(message, "it leads from ");
	put_origin(message, &here);
	buf_puts(message, " to another origin, ");
	put_origin(message, &there);
	return false;
}
