/* SPDX-License-Identifier: Apache-2.0 */
/* file_watch.h - tells when files may have changed: inotify on their folders, since files are replaced rather than
   written, and a look at them now and then, since not every file system tells. */
#ifndef GAUGELET_NET_FILE_WATCH_H
#define GAUGELET_NET_FILE_WATCH_H

#include "base/base.h"

struct file_watch;
struct loop;

/* `paths` is NULL-ended and copied; the files need not be there. `changed` is called once for changes that come together:
   by a file's own name, or by a name that begins with `..` in its folder (a mounted Secret or ConfigMap swaps `..data`).
   What inotify does not see is found by a look every `look_ms`. */
struct file_watch *file_watch_new(struct loop *loop, const char *const *paths, int64_t look_ms,
				  void (*changed)(void *context), void *context) MUST_USE;
void file_watch_free(struct file_watch *watch);
DEFINE_FREE_AT(file_watch)

/* False: every folder is only looked at (the kernel has no inotify left for us, or they are not there yet). */
bool file_watch_is_prompt(const struct file_watch *watch);

#endif
