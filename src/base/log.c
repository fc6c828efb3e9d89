/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"

enum { LINE_BYTES = 4096, SHORTEST_SECRET = 4 };
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

int log_verbosity(void)
{
	return logging.verbosity;
}

void log_hide(struct str secret)
{
	char *copy;

	if (secret.len < SHORTEST_SECRET)
		return;
	copy = xcalloc(secret.len + 1, 1);
	memcpy(copy, secret.ptr, secret.len);
	*vec_push(&logging.secrets) = (struct str){copy, secret.len};
}

/* A secret shorter than the mark is covered by as much of the mark as there is room for. */
static void cover(char *at, size_t secret_bytes)
{
	size_t mark = sizeof(HIDDEN) - 1 < secret_bytes ? sizeof(HIDDEN) - 1 : secret_bytes;

	memcpy(at, HIDDEN, mark);
	memmove(at + mark, at + secret_bytes, strlen(at + secret_bytes) + 1);
}

void log_redact(char *text)
{
	for (size_t i = 0; i < logging.secrets.count; i++)
		for (char *at = text; (at = strstr(at, logging.secrets.items[i].ptr)) != NULL;)
			cover(at, logging.secrets.items[i].len);
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

static void one_line(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
}

static PRINTF_LIKE(3, 0) void write_line(char severity, const char *level, const char *format, va_list args)
{
	char text[LINE_BYTES];
	struct timespec now;
	struct tm parts;

	vsnprintf(text, sizeof(text), format, args);
	one_line(text);
	log_redact(text);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	if (logging.format == LOG_JSON) {
		fprintf(stderr, "{\"ts\":%lld.%03ld,\"level\":\"%s\",\"msg\":", (long long)now.tv_sec,
			now.tv_nsec / 1000000, level);
		write_json_text(stderr, text);
		fputs("}\n", stderr);
		return;
	}
	fprintf(stderr, "%c%02d%02d %02d:%02d:%02d.%06ld %7d gaugelet] %s\n", severity, parts.tm_mon + 1, parts.tm_mday,
		parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000, (int)getpid(), text);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line('E', "error", format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line('W', "warn", format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line('I', "info", format, args);
	va_end(args);
}

void log_v(int level, const char *format, ...)
{
	va_list args;

	if (level > logging.verbosity)
		return;
	va_start(args, format);
	write_line('I', "info", format, args);
	va_end(args);
}
