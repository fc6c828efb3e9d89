/* SPDX-License-Identifier: Apache-2.0 */
#include "net/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/str.h"
#include "text/number.h"

enum { STATM_BYTES = 200 };

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void read_cpu(struct process_stats *stats)
{
	struct rusage usage;

	CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
	stats->cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

/* The first two numbers are pages: of all memory, and of what is resident. */
static void read_memory(struct process_stats *stats)
{
	char text[STATM_BYTES];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	FILE *file = fopen("/proc/self/statm", "re");
	struct str rest, all, resident;
	struct err err;

	if (file == NULL)
		return;
	rest = (struct str){text, fread(text, 1, sizeof(text), file)};
	fclose(file);
	stats->has_memory = str_split(&rest, ' ', &all) && str_split(&rest, ' ', &resident) &&
			    number_parse_u64(all, UINT64_MAX / page, &stats->virtual_bytes, &err) &&
			    number_parse_u64(resident, UINT64_MAX / page, &stats->resident_bytes, &err);
	stats->virtual_bytes *= page;
	stats->resident_bytes *= page;
}

static void read_fds(struct process_stats *stats)
{
	DIR *folder = opendir("/proc/self/fd");

	if (folder == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		stats->open_fds += entry->d_name[0] != '.';
	closedir(folder);
	stats->open_fds--; /* the folder's own */
	stats->has_fds = true;
}

static void read_limit(struct process_stats *stats)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	stats->max_fds = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

struct process_stats process_stats(void)
{
	struct process_stats stats = {0};

	read_cpu(&stats);
	read_memory(&stats);
	read_fds(&stats);
	read_limit(&stats);
	return stats;
}

void process_raise_files(uint64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}
