/* SPDX-License-Identifier: Apache-2.0 */
/* token_file.h - a bearer token, or the value of another header, in a file that is exchanged while we run. */
#ifndef GAUGELET_NET_TOKEN_FILE_H
#define GAUGELET_NET_TOKEN_FILE_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct token_file;

/* Reads it; NULL with ERR_IO or ERR_INVALID, which name the path. `before` is the header line up to the file's text, "Authorization:
   Bearer ". `what` is said before the path in the log: a flag or key. Tokens are told to log_hide. */
struct token_file *token_file_new(const char *path, const char *before, const char *what, struct err *err) MUST_USE;
void token_file_free(struct token_file *file);
DEFINE_FREE_AT(token_file)

/* The line, as the file has it now. While it cannot be read, the token before stays, and the log says so
   once. Lent, until the next call. */
const char *token_file_header(struct token_file *file);

/* Tells log_hide the value of a header in all its forms: "Bearer SECRET" and "Basic SECRET" also without the first word, a password
   also by itself. */
void token_hide(struct str value);

#endif
