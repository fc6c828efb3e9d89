/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "text/base64.h"

enum { TOKEN_BYTES_MAX = 64 * 1024 };

struct token_file {
	struct buf path, what, before; /* before: the header up to the token */
	struct stat seen;	       /* of the file whose token we have */
	struct buf line;	       /* `before` and the token */
	bool failing;
};

/* "Basic" is USER:PASSWORD in base64; each of the two may be repeated by itself. */
static void hide_pair(struct str text)
{
	CLEANUP(buf_wipe) struct buf pair = {0};
	struct err err = {0};
	size_t colon;

	if (!base64_decode(text, &pair, &err))
		return;
	colon = str_index(buf_str(&pair), ':');
	if (colon == pair.len)
		return;
	log_hide(buf_str(&pair));
	log_hide(str_slice(buf_str(&pair), colon + 1, pair.len));
}

void token_hide(struct str value)
{
	size_t space = str_index(value, ' ');
	struct str secret;

	log_hide(value);
	if (space == value.len)
		return;
	secret = str_trim(str_slice(value, space, value.len));
	log_hide(secret);
	if (str_eq_nocase(str_slice(value, 0, space), STR("Basic")))
		hide_pair(secret);
}

static bool read_token(struct token_file *file, const struct stat *about, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_MAX(TOKEN_BYTES_MAX);
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
	token_hide(trimmed);
	buf_wipe(&file->line);
	buf_put(&file->line, buf_str(&file->before));
	buf_put(&file->line, trimmed);
	file->seen = *about;
	return true;
}

/* A mounted token is exchanged by renaming, so that mostly a look at the file's times is enough. */
static bool refresh(struct token_file *file, struct err *err)
{
	struct stat about;

	if (stat(buf_cstr(&file->path), &about) != 0)
		return err_set(err, ERR_IO, "%s: %s", buf_cstr(&file->path), strerror(errno));
	return (file->line.len > 0 && file_is_same(&file->seen, &about)) || read_token(file, &about, err);
}

struct token_file *token_file_new(const char *path, const char *before, const char *what, struct err *err)
{
	CLEANUP(token_file_free_at) struct token_file *file = xnew(struct token_file);

	buf_puts(&file->path, path);
	buf_puts(&file->what, what);
	buf_puts(&file->before, before);
	return refresh(file, err) ? STEAL(file) : NULL;
}

void token_file_free(struct token_file *file)
{
	if (file == NULL)
		return;
	buf_clear(&file->path);
	buf_clear(&file->what);
	buf_wipe(&file->before);
	buf_wipe(&file->line);
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
