/* SPDX-License-Identifier: Apache-2.0 */
#include "document_cache.h"

#include <string.h>

/* A target has no line break. */
static void key_write(struct buf *key, struct str target, struct str accept)
{
	buf_reset(key);
	buf_put(key, target);
	buf_putc(key, '\n');
	buf_put(key, accept);
}

static void document_free(struct cached_document *document)
{
	buf_clear(&document->key);
	http_body_unref(document->body);
	*document = (struct cached_document){.body = NULL};
}

const struct cached_document *document_cache_get(const struct document_cache *cache, struct str target,
						 struct str accept)
{
	CLEANUP(buf_clear) struct buf key = {0};

	key_write(&key, target, accept);
	for (size_t i = 0; i < DOCUMENTS_CACHED; i++)
		if (cache->items[i].body && str_eq(buf_str(&cache->items[i].key), buf_str(&key)))
			return &cache->items[i];
	return NULL;
}

const struct cached_document *document_cache_keep(struct document_cache *cache, struct str target, struct str accept,
						  struct buf *body, const char *content_type,
						  const char etag[static 24])
{
	struct cached_document *document = &cache->items[cache->next];

	cache->next = (cache->next + 1) % DOCUMENTS_CACHED;
	document_free(document);
	key_write(&document->key, target, accept);
	document->body = http_body_new(body);
	document->content_type = content_type;
	memcpy(document->etag, etag, sizeof(document->etag));
	return document;
}

void document_cache_clear(struct document_cache *cache)
{
	for (size_t i = 0; i < DOCUMENTS_CACHED; i++)
		document_free(&cache->items[i]);
}
