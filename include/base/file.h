/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - small files, whole. */
#ifndef GAUGELET_BASE_FILE_H
#define GAUGELET_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

struct stat;

/* Whether nothing says that the file was written, or another put in its place. */
bool file_is_same(const struct stat *before, const struct stat *now);

/* Appends the contents of `path` to `out`, whose maximum bounds it (ERR_LIMIT). ERR_IO names the path and the reason. A FIFO
   in its place is an empty file, and does not stop the loop for ever; before there is a loop, one may wait for who writes it. */
MUST_USE bool file_read(const char *path, struct buf *out, struct err *err);
MUST_USE bool file_read_waiting(const char *path, struct buf *out, struct err *err);

/* Writes `text` to `path` through a temporary name in the same folder, so that nobody sees half of it. */
MUST_USE bool file_write(const char *path, struct str text, unsigned mode, struct err *err);

#endif
