/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.h - what the process may still do once it serves: whoever takes it over finds no file but those that it needs, no
   program to start, and no port that it does not use. By Landlock and a seccomp filter, as far as the kernel has them. */
#ifndef GAUGELET_DAEMON_SANDBOX_H
#define GAUGELET_DAEMON_SANDBOX_H

#include "base/base.h"

enum sandbox_mode {
	SANDBOX_OFF,
	SANDBOX_WARN, /* nothing is forbidden; the kernel's audit log has the system calls that would be */
	SANDBOX_ON,
};

struct sandbox {
	const char *const *files; /* to be read, with whatever takes their place; NULL-ended */
	const uint16_t *ports;	  /* that connections may go to; NULL: to all */
	size_t port_count;
};

/* For this thread and those that it starts from now on, until the process ends. What the kernel does not have is told in the log. */
void sandbox_enter(enum sandbox_mode mode, const struct sandbox *sandbox);

#endif
