/* SPDX-License-Identifier: Apache-2.0 */
#include "net/file_watch.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "net/loop.h"

enum {
	SETTLE_MS = 50, /* for the other files that are replaced together with the first */
	READS_A_TURN = 16,
	EVENTS_BYTES = 4096,
	EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR,
};

struct watched {
	char *path, *folder;
	struct str name; /* the last part of path */
	int wd;		 /* -1: its folder is not watched */
	struct stat seen;
};

struct file_watch {
	struct loop *loop;
	void (*changed)(void *context);
	void *context;
	int64_t look_ms;
	struct loop_timer look, settle;
	int inotify; /* -1: there is none */
	struct watched *files;
	size_t count;
};

/* ---- looking */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Is it another one than before, or are its bytes? A file that is not there is all zeros. */
static bool look_at(struct watched *file)
{
	struct stat now;
	bool same;

	if (stat(file->path, &now) != 0)
		now = (struct stat){0};
	same = now.st_dev == file->seen.st_dev && now.st_ino == file->seen.st_ino &&
	       now.st_size == file->seen.st_size && same_time(now.st_mtim, file->seen.st_mtim) &&
	       same_time(now.st_ctim, file->seen.st_ctim);
	file->seen = now;
	return !same;
}

/* The folder may be another one by now; one that is gone has taken its watch along. */
static void follow_folder(struct file_watch *watch, struct watched *file)
{
	int wd = watch->inotify >= 0 ? inotify_add_watch(watch->inotify, file->folder, EVENTS) : -1;

	if (file->wd >= 0 && file->wd != wd)
		inotify_rm_watch(watch->inotify, file->wd); /* a second time for its other files, which does no harm */
	file->wd = wd;
}

static bool look_at_all(struct file_watch *watch)
{
	bool changed = false;

	for (size_t i = 0; i < watch->count; i++) {
		follow_folder(watch, &watch->files[i]);
		changed |= look_at(&watch->files[i]);
	}
	return changed;
}

static void look_due(void *context)
{
	struct file_watch *watch = context;

	loop_timer_set(watch->loop, &watch->look, watch->look_ms);
	if (look_at_all(watch))
		watch->changed(watch->context);
}

/* What is seen now need not be found again by the next look. */
static void settled(void *context)
{
	struct file_watch *watch = context;

	look_at_all(watch);
	watch->changed(watch->context);
}

/* ---- being told */

static bool concerns(const struct file_watch *watch, const struct inotify_event *event)
{
	struct str name = str_of(event->len > 0 ? event->name : "");

	for (size_t i = 0; i < watch->count; i++)
		if (watch->files[i].wd == event->wd &&
		    (str_eq(name, watch->files[i].name) || str_starts(name, STR(".."))))
			return true;
	return (event->mask & IN_Q_OVERFLOW) != 0;
}

static bool read_events(struct file_watch *watch, bool *ret_concerned)
{
	_Alignas(struct inotify_event) char events[EVENTS_BYTES];
	ssize_t got = read(watch->inotify, events, sizeof(events));
	struct inotify_event event;
	bool concerned = false;

	for (ssize_t at = 0; at < got; at += (ssize_t)(sizeof(event) + event.len)) {
		const void *place = events + at;

		memcpy(&event, place, sizeof(event));
		concerned |= concerns(watch, place);
	}
	*ret_concerned |= concerned;
	return got > 0;
}

/* The timer is not moved: a folder in which something happens all the time must not put us off for ever. */
static void told(void *context, int fd, uint32_t events)
{
	struct file_watch *watch = context;
	bool concerned = false;

	(void)fd;
	(void)events;
	for (int i = 0; i < READS_A_TURN && read_events(watch, &concerned); i++)
		;
	if (concerned && watch->settle.heap_index == 0)
		loop_timer_set(watch->loop, &watch->settle, SETTLE_MS);
}

/* ---- life */

static void open_inotify(struct file_watch *watch)
{
	struct err err = {0};

	watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify < 0 || loop_watch(watch->loop, watch->inotify, EPOLLIN, told, watch, &err))
		return;
	close(watch->inotify);
	watch->inotify = -1;
}

static char *copy_of(struct str text)
{
	char *copy = xcalloc(text.len + 1, 1);

	memcpy(copy, text.ptr, text.len);
	return copy;
}

static void add(struct file_watch *watch, const char *path)
{
	struct watched *file = &watch->files[watch->count++];
	const char *slash = strrchr(path, '/');
	size_t folder_bytes = slash != NULL ? (size_t)(slash - path) + 1 : 0;

	file->path = copy_of(str_of(path));
	file->folder = copy_of(slash != NULL ? (struct str){path, folder_bytes} : STR("."));
	file->name = str_of(file->path + folder_bytes);
	file->wd = -1;
}

struct file_watch *file_watch_new(struct loop *loop, const char *const *paths, int64_t look_ms,
				  void (*changed)(void *context), void *context)
{
	struct file_watch *watch = xnew(struct file_watch);
	size_t count = 0;

	while (paths[count] != NULL)
		count++;
	watch->loop = loop;
	watch->changed = changed;
	watch->context = context;
	watch->look_ms = look_ms;
	watch->look = (struct loop_timer){.handler = look_due, .context = watch};
	watch->settle = (struct loop_timer){.handler = settled, .context = watch};
	watch->files = xcalloc(count, sizeof(*watch->files));
	for (size_t i = 0; i < count; i++)
		add(watch, paths[i]);
	open_inotify(watch);
	look_at_all(watch);
	loop_timer_set(loop, &watch->look, look_ms);
	return watch;
}

void file_watch_free(struct file_watch *watch)
{
	if (watch == NULL)
		return;
	loop_timer_cancel(watch->loop, &watch->look);
	loop_timer_cancel(watch->loop, &watch->settle);
	if (watch->inotify >= 0) {
		loop_unwatch(watch->loop, watch->inotify);
		close(watch->inotify);
	}
	for (size_t i = 0; i < watch->count; i++) {
		free(watch->files[i].path);
		free(watch->files[i].folder);
	}
	free(watch->files);
	free(watch);
}

bool file_watch_is_prompt(const struct file_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->files[i].wd >= 0)
			return true;
	return false;
}
