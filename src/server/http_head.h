/* SPDX-License-Identifier: Apache-2.0 */
/* http_head.h - judges the raw bytes of requests, before libmicrohttpd reads them. Pure.

   A request that two parsers could read in two ways is how one client's bytes become part of another's request, or a header
   that a proxy never meant becomes an identity (RFC 9112, sections 5 and 11.2). So what is let through is a small part of
   what HTTP allows, and all parsers agree on it: lines end with CR LF, a name is a token and ends at its colon, a value is
   one line without control characters, and the body has one length or comes in plain chunks. */
#ifndef GAUGELET_SERVER_HTTP_HEAD_H
#define GAUGELET_SERVER_HTTP_HEAD_H

#include "base/str.h"

enum {
	HTTP_BODY_MAX = 1024 * 1024, /* nobody who asks for metrics has reason to send more */
	HTTP_HEAD_MAX = 28 * 1024,
	HTTP_HEAD_LINE_COST =
		64, /* that a header, or a parameter of the query, adds to its bytes in libmicrohttpd's memory */
};

enum http_head_state {
	HTTP_HEAD_START, /* between requests */
	HTTP_HEAD_METHOD,
	HTTP_HEAD_TARGET,
	HTTP_HEAD_VERSION,
	HTTP_HEAD_LINE, /* the first byte of a header, or of the empty line */
	HTTP_HEAD_NAME,
	HTTP_HEAD_VALUE,
	HTTP_HEAD_END, /* the LF of the empty line */
	HTTP_HEAD_BODY,
	HTTP_HEAD_CHUNK_SIZE,
	HTTP_HEAD_CHUNK_DATA,
	HTTP_HEAD_CHUNK_END,
};

/* Of one connection; zeroed at first. */
struct http_head {
	unsigned status; /* of the answer to what is not let through; 0: all is well so far */
	const char *reason;
	char method[8]; /* its beginning, for those who count */

	enum http_head_state state;
	bool wants_lf;	/* a CR has come */
	bool trailers;	/* the header lines at hand stand behind the chunks */
	size_t at;	/* bytes of the part at hand: of the version, a name, digits */
	size_t cost;	/* of the head so far */
	bool old;	/* HTTP/1.0 */
	unsigned fits;	/* which of the names that matter the one at hand may still be, a bit each */
	unsigned field; /* the one that it is; 0: none that matters */
	unsigned hosts, lengths, encodings;
	uint64_t left;	/* of the body, or of the chunk at hand */
	uint64_t total; /* of the body */
};

/* How many of these bytes may be read by others; fewer than there are: `status` and `reason` say why, and nothing that
   follows on this connection is looked at any more. */
size_t http_head_judge(struct http_head *head, struct str bytes);

#endif
