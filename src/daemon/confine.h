/* SPDX-License-Identifier: Apache-2.0 */
/* confine.h - the sandbox as the flags want it: the files and ports that this configuration needs. */
#ifndef GAUGELET_DAEMON_CONFINE_H
#define GAUGELET_DAEMON_CONFINE_H

struct options;

/* When everything has been started, and nothing has come from outside. */
void confine(const struct options *options);

#endif
