/* SPDX-License-Identifier: Apache-2.0 */
/* What jansson takes within our bounds, the streaming reader takes too; the words of a refusal are UTF-8. */
#include <stdlib.h>

#include "text/json_document.h"
#include "text/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ignore(void *context, enum json_event event, struct str text, struct err *err)
{
	(void)context, (void)event, (void)text, (void)err;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(ignore, NULL);
	char *copy = xcalloc(size, 1);
	json_auto_t *root = NULL;
	struct err err = {0};

	if (size)
		memcpy(copy, data, size);
	if (json_document_parse((struct str){copy, size}, &root, &err)) {
		(void)json_document_text(root, "a");
		CHECK(json_reader_feed(reader, (struct str){copy, size}, &err) && json_reader_finish(reader, &err));
	} else {
		CHECK(root == NULL && (err.code == ERR_INVALID || err.code == ERR_LIMIT) &&
		      str_is_utf8(str_of(err.msg)));
	}
	free(copy);
	return 0;
}
