/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 16 * 1024 };

static void close_at(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool read_all(int fd, struct buf *out)
{
	for (;;) {
		char piece[READ_BYTES];
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got == 0 || out->failed)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			buf_put(out, (struct str){piece, (size_t)got});
	}
}

bool file_is_same(const struct stat *before, const struct stat *now)
{
	return before->st_mtim.tv_sec == now->st_mtim.tv_sec && before->st_mtim.tv_nsec == now->st_mtim.tv_nsec &&
	       before->st_size == now->st_size && before->st_ino == now->st_ino && before->st_dev == now->st_dev;
}

static bool read_path(const char *path, int flags, struct buf *out, struct err *err)
{
	CLEANUP(close_at) int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0 || !read_all(fd, out))
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (out->failed)
		return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, out->max);
	return true;
}

bool file_read(const char *path, struct buf *out, struct err *err)
{
	return read_path(path, O_NONBLOCK, out, err);
}

bool file_read_waiting(const char *path, struct buf *out, struct err *err)
{
	return read_path(path, 0, out, err);
}

static bool write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t written = write(fd, text.ptr, text.len);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0)
			text = str_slice(text, (size_t)written, text.len);
	}
	return true;
}

/* The mode is set before there is anything to read; the bytes are on the disk before the name is. */
static bool write_temporary(const char *temporary, struct str text, unsigned mode)
{
	CLEANUP(close_at) int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, text) && fsync(fd) == 0;
}

bool file_write(const char *path, struct str text, unsigned mode, struct err *err)
{
	CLEANUP(buf_clear) struct buf temporary = {0};
	int reason;

	buf_printf(&temporary, "%s.%d.new", path, (int)getpid());
	(void)unlink(buf_cstr(&temporary)); /* of an earlier process that died */
	if (write_temporary(buf_cstr(&temporary), text, mode) && rename(buf_cstr(&temporary), path) == 0)
		return true;
	reason = errno;
	(void)unlink(buf_cstr(&temporary));
	return err_set(err, ERR_IO, "%s: %s", path, strerror(reason));
}
