/* SPDX-License-Identifier: Apache-2.0 */
/* A command line, an argument a line. */
#include <stdlib.h>

#include "base/base.h"
#include "base/str.h"
#include "daemon/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(size + 1, 1);
	char *argv[ARGUMENTS_MAX + 2] = {(char[]){"gaugelet"}};
	struct options options;
	struct err err = {0};
	int argc = 1;

	if (size)
		memcpy(text, data, size);
	for (char *at = text; at && argc <= ARGUMENTS_MAX;) {
		argv[argc++] = at;
		at = strchr(at, '\n');
		if (at)
			*at++ = '\0';
	}
	if (options_parse(argc, argv, &options, &err)) {
		CHECK(options.config || options.prometheus_urls.count);
		options_clear(&options);
	} else {
		CHECK(err.code != ERR_NONE && err.msg[0]);
	}
	free(text);
	return 0;
}
