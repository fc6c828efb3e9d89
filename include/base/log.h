/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one line an event, to stderr, in klog's text form or as JSON. Secrets never reach it: what may hold one is
   told to log_hide() first. */
#ifndef GAUGELET_BASE_LOG_H
#define GAUGELET_BASE_LOG_H

#include "base/base.h"
#include "base/str.h"

enum log_format { LOG_TEXT, LOG_JSON };

/* `verbosity`: klog's -v; log_v(n, ...) is written when n <= verbosity. */
void log_setup(enum log_format format, int verbosity);

/* Does log_v(level, ...) write? For what costs something to put into words. */
bool log_writes(int level);

bool log_is_json(void);

/* From now on these bytes are written as `<hidden>` wherever they occur in a line. Shorter than 4 bytes: ignored. */
void log_hide(struct str secret);

/* Replaces what was hidden in `text` (NUL-ended, changed in place, never longer than before). */
void log_redact(char *text);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_v(int level, const char *format, ...) PRINTF_LIKE(2, 3);

/* What a reader of JSON lines filters by; in the text form the message says it. */
struct log_field {
	const char *name;
	struct str text; /* empty: it is left out */
	bool is_number;
};
void log_warn_fields(const struct log_field *fields, size_t count, const char *format, ...) PRINTF_LIKE(3, 4);
void log_v_fields(int level, const struct log_field *fields, size_t count, const char *format, ...) PRINTF_LIKE(4, 5);

#endif
