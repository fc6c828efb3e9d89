/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - puts the rooms together, runs them, and takes them apart in the reverse order. */
#ifndef GAUGELET_DAEMON_DAEMON_H
#define GAUGELET_DAEMON_DAEMON_H

struct options;

enum daemon_exit {
	DAEMON_STOPPED = 0, /* after SIGTERM or SIGINT, or --check-config without a fault */
	DAEMON_FAILED = 1,  /* the system would not: a port in use, a folder that cannot be written */
	DAEMON_REFUSED = 2, /* flags or rules are wrong; what and where is on stderr */
};

/* Runs until it is told to stop. */
enum daemon_exit daemon_run(const struct options *options);

#endif
