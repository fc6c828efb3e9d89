/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/file.h"

enum { TOKEN_BYTES_MAX = 64 * 1024 };

struct token_file {
	struct buf path, what;
	struct stat seen; /* of the file whose token we have */
	struct buf line;  /* "Authorization: Bearer ..." */
	bool failing;
};

static bool read_token(struct token_file *file, const struct stat *about, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX(TOKEN_BYTES_MAX);
	const char *path = buf_cstr(&file->path);
	struct str trimmed;

	if (!file_read(path, &text, err))
		return false;
	trimmed = str_trim(buf_str(&text));
	if (trimmed.len == 0)
		return err_set(err, ERR_INVALID, "%s: empty", path);
	for (size_t i = 0; i < trimmed.len; i++)
		if ((unsigned char)trimmed.ptr[i] < ' ' || trimmed.ptr[i] == 0x7f)
			return err_set(err, ERR_INVALID, "%s: more than one line", path);
	log_hide(trimmed);
	buf_reset(&file->line);
	buf_puts(&file->line, "Authorization: Bearer ");
	buf_put(&file->line, trimmed);
	file->seen = *about;
	return true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* A mounted token is exchanged by renaming, so that mostly a look at the file's times is enough. */
static bool refresh(struct token_file *file, struct err *err)
{
	struct stat about;

	if (stat(buf_cstr(&file->path), &about) != 0)
		return err_set(err, ERR_IO, "%s: %s", buf_cstr(&file->path), strerror(errno));
	return (file->line.len > 0 && same_file(&about, &file->seen)) || read_token(file, &about, err);
}

struct token_file *token_file_new(const char *path, const char *what, struct err *err)
{
	CLEANUP(token_file_free_at) struct token_file *file = xnew(struct token_file);

	buf_puts(&file->path, path);
	buf_puts(&file->what, what);
	return refresh(file, err) ? STEAL(file) : NULL;
}

void token_file_free(struct token_file *file)
{
	if (file == NULL)
		return;
	buf_clear(&file->path);
	buf_clear(&file->what);
	buf_clear(&file->line);
	free(file);
}

const char *token_file_header(struct token_file *file)
{
	struct err err = {0};
	bool fresh = refresh(file, &err);

	if (!fresh && !file->failing)
		log_warn("%s: %s; the token before stays in use", buf_cstr(&file->what), err.msg);
	file->failing = !fresh;
	return buf_cstr(&file->line);
}
