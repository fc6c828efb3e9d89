/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/buf.h"
#include "daemon/daemon.h"
#include "daemon/options.h"

static void print_help(void)
{
	CLEANUP(buf_clear) struct buf help = {0};

	options_help(&help);
	fputs(buf_cstr(&help), stdout);
}

int main(int argc, char **argv)
{
	CLEANUP(options_clear) struct options options = {0};
	struct err err = {0};

	if (!options_parse(argc, argv, &options, &err)) {
		fprintf(stderr, "gaugelet: %s\n", err.msg);
		return DAEMON_REFUSED;
	}
	if (options.help) {
		print_help();
		return 0;
	}
	if (options.version) {
		puts("gaugelet " GAUGELET_VERSION);
		return 0;
	}
	return (int)daemon_run(&options);
}
