/* SPDX-License-Identifier: Apache-2.0 */
/* reload.h - the rules file: read at the start, and again when it changes or somebody says so. What cannot be taken is told, and
   the rules before it stay. */
#ifndef GAUGELET_DAEMON_RELOAD_H
#define GAUGELET_DAEMON_RELOAD_H

#include "base/base.h"
#include "base/err.h"

struct loop;
struct reload;
struct rules;

struct reload_options {
	const char *path;	  /* lent; NULL: there is no file and no rule, and nothing to read again */
	bool external_from_rules; /* as the flag says */
	bool exact_names;	  /* Prometheus takes exact names of metrics alone: other rules are refused */
	int64_t look_ms;	  /* how often a file is looked at of whose changes there is no notice */
	int64_t settle_ms;	  /* after a change, for others that come with it, and for the writer to end */
	int64_t gone_ms;	  /* a file that is away for less is being replaced */
};

struct reload *reload_new(const struct reload_options *options) MUST_USE;
void reload_free(struct reload *reload); /* NULL is fine; before the loop */
DEFINE_FREE_AT(reload)

/* The rules at the start; all that is wrong or odd with them goes to stderr as it is. */
MUST_USE bool reload_first(struct reload *reload, struct rules **ret_rules);
size_t reload_warnings(const struct reload *reload); /* what was odd with them */

/* From now on files that change are read, and on SIGHUP in any case. Other bytes that are good rules are given to the handler; bytes
   that were tried before are only counted. */
typedef void reload_handler(void *context, struct rules *rules);
MUST_USE bool reload_watch(struct reload *reload, struct loop *loop, reload_handler *handler, void *context,
			   struct err *err);

/* Since the watch began; the file at the start counts as good and not as a reload. */
struct reload_stats {
	uint64_t good, failed, unchanged;
	bool last_good;
	int64_t last_good_ms; /* since 1970 */
};
struct reload_stats reload_stats(const struct reload *reload);

#endif
