/* SPDX-License-Identifier: Apache-2.0 */
/* document_cache.h - discovery documents, made once and shared by all who read them: they are megabytes with thousands of
   metrics, and everybody may have them. Good as long as the catalog they were made of. */
#ifndef GAUGELET_SERVER_DOCUMENT_CACHE_H
#define GAUGELET_SERVER_DOCUMENT_CACHE_H

#include "base/buf.h"
#include "server/http.h"

enum { DOCUMENTS_CACHED = 8 };

struct cached_document {
	struct buf key;
	struct http_body *body; /* NULL: a free place */
	const char *content_type;
	char etag[24];
};

struct document_cache {
	struct cached_document items[DOCUMENTS_CACHED];
	size_t next; /* the place that is used again */
};

/* What a request with this target and this Accept gets, lent; NULL: it has to be made. */
const struct cached_document *document_cache_get(const struct document_cache *cache, struct str target,
						 struct str accept);

/* The same; `body` is taken. */
const struct cached_document *document_cache_keep(struct document_cache *cache, struct str target, struct str accept,
						  struct buf *body, const char *content_type,
						  const char etag[static 24]);
void document_cache_clear(struct document_cache *cache);

#endif
