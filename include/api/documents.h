/* SPDX-License-Identifier: Apache-2.0 */
/* documents.h - what is answered from memory: discovery, OpenAPI, version, index. */
#ifndef GAUGELET_API_DOCUMENTS_H
#define GAUGELET_API_DOCUMENTS_H

#include "api/reason.h"
#include "api/request.h"
#include "base/buf.h"

struct catalog;

struct document {
	unsigned status;
	enum reason_code code; /* of a refusal */
	const char *content_type;
	struct buf body; /* given to the caller */
	bool has_etag;	 /* the answer may carry one, and be 304 */
};

/* Does the method or Accept keep an API route from being answered? Then the document says so (405, 406). */
bool document_refusal(const struct api_request *request, struct document *ret_document);

/* The document of a request that is no metric's: every route but health and metrics, and those with numbers. */
void document_write(const struct api_request *request, const struct catalog *catalog, struct api_groups groups,
		    struct document *ret_document);

/* Quoted, from the bytes of the body. */
void document_etag(const struct document *document, char ret_etag[static 24]);

#endif
