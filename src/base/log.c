/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/vec.h"

enum { LINE_BYTES = 4096, FIELD_BYTES = 1024, SHORTEST_SECRET = 4 };
static const char HIDDEN[] = "<hidden>";

static struct {
	enum log_format format;
	int verbosity;
	struct {
		VEC_OF(struct str);
	} secrets;
} logging;

void log_setup(enum log_format format, int verbosity)
{
	logging.format = format;
	logging.verbosity = verbosity;
}

bool log_writes(int level)
{
	return level <= logging.verbosity;
}

bool log_is_json(void)
{
	return logging.format == LOG_JSON;
}

/* Lines are NUL-ended: what a secret has behind a NUL can stand in none. */
void log_hide(struct str secret)
{
	char *copy;

	secret = str_slice(secret, 0, str_index(secret, '\0'));
	if (secret.len < SHORTEST_SECRET)
		return;
	copy = xcalloc(secret.len + 1, 1);
	memcpy(copy, secret.ptr, secret.len);
	*vec_push(&logging.secrets) = (struct str){copy, secret.len};
}

/* Each run of covered bytes becomes the mark, or as much of it as there is room for. */
static void squeeze(char *text, const bool *covered, size_t length)
{
	size_t to = 0;

	for (size_t from = 0, run = 0; from < length; from++) {
		run = covered[from] ? run + 1 : 0;
		if (run == 0)
			text[to++] = text[from];
		else if (run < sizeof(HIDDEN))
			text[to++] = HIDDEN[run - 1];
	}
	text[to] = '\0';
}

/* All secrets are looked for before any is replaced: they may overlap, and the mark may look like one. */
void log_redact(char *text)
{
	size_t length = strlen(text);
	bool *covered;

	if (logging.secrets.count == 0)
		return;
	covered = xcalloc(length, sizeof(*covered));
	for (size_t i = 0; i < logging.secrets.count; i++)
		for (const char *at = text; (at = strstr(at, logging.secrets.items[i].ptr)) != NULL; at++)
			memset(covered + (at - text), true, logging.secrets.items[i].len);
	squeeze(text, covered, length);
	free(covered);
}

static void write_json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *c = text; *c; c++)
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if ((unsigned char)*c < 0x20)
			fprintf(out, "\\u%04x", (unsigned)*c);
		else
			fputc(*c, out);
	fputc('"', out);
}

static void write_json_field(FILE *out, const struct log_field *field)
{
	char text[FIELD_BYTES];
	char *copy = xcalloc(field->text.len + 1, 1);

	memcpy(copy, field->text.ptr, field->text.len);
	log_redact(copy);
	clean_copy(text, sizeof(text), str_of(copy));
	free(copy);
	fprintf(out, ",\"%s\":", field->name);
	if (field->is_number)
		fputs(text, out);
	else
		write_json_text(out, text);
}

struct line {
	char severity;
	const char *level;
	const struct log_field *fields;
	size_t field_count;
};

static PRINTF_LIKE(2, 0) void write_line(const struct line *line, const char *format, va_list args)
{
	char *text = NULL;
	struct timespec now;
	struct tm parts;

	CHECK(vasprintf(&text, format, args) >= 0);
	log_redact(text); /* before anything in it is changed or cut off */
	clean_copy(text, strlen(text) < LINE_BYTES ? strlen(text) + 1 : LINE_BYTES, str_of(text));
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	if (logging.format == LOG_JSON) {
		fprintf(stderr, "{\"ts\":%lld.%03ld,\"level\":\"%s\",\"msg\":", (long long)now.tv_sec,
			now.tv_nsec / 1000000, line->level);
		write_json_text(stderr, text);
		for (size_t i = 0; i < line->field_count; i++)
			if (line->fields[i].text.len)
				write_json_field(stderr, &line->fields[i]);
		fputs("}\n", stderr);
	} else {
		fprintf(stderr, "%c%02d%02d %02d:%02d:%02d.%06ld %7d gaugelet] %s\n", line->severity, parts.tm_mon + 1,
			parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000, (int)getpid(),
			text);
	}
	free(text);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(&(struct line){'E', "error", NULL, 0}, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(&(struct line){'W', "warn", NULL, 0}, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(&(struct line){'I', "info", NULL, 0}, format, args);
	va_end(args);
}

void log_v(int level, const char *format, ...)
{
	va_list args;

	if (level > logging.verbosity)
		return;
	va_start(args, format);
	write_line(&(struct line){'I', "info", NULL, 0}, format, args);
	va_end(args);
}

void log_warn_fields(const struct log_field *fields, size_t count, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(&(struct line){'W', "warn", fields, count}, format, args);
	va_end(args);
}

void log_v_fields(int level, const struct log_field *fields, size_t count, const char *format, ...)
{
	va_list args;

	if (level > logging.verbosity)
		return;
	va_start(args, format);
	write_line(&(struct line){'I', "info", fields, count}, format, args);
	va_end(args);
}
