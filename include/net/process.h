/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what the system says of this process. */
#ifndef GAUGELET_NET_PROCESS_H
#define GAUGELET_NET_PROCESS_H

#include "base/base.h"

struct process_stats {
	double cpu_s;
	bool has_memory; /* else the next two are not known: there is no /proc */
	uint64_t resident_bytes, virtual_bytes;
	bool has_fds; /* the same of the next one */
	uint64_t open_fds;
	uint64_t max_fds; /* UINT64_MAX: any number */
};

struct process_stats process_stats(void);

/* So many descriptors may be open from now on, or as many as the system lets us. */
void process_raise_files(uint64_t wanted);

#endif
