/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdio.h>

#include "base/str.h"

/* Messages end up in JSON, in headers and on terminals: one line, whole characters. */
static void tidy(char *text, size_t size, size_t wanted)
{
	struct str all = {text, strlen(text)};

	if (wanted >= size)
		text[str_whole_characters(all)] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
}

void err_format(char *text, size_t size, const char *format, va_list args)
{
	int wanted = vsnprintf(text, size, format, args);

	CHECK(wanted >= 0);
	tidy(text, size, (size_t)wanted);
}

static PRINTF_LIKE(2, 0) void format_message(struct err *err, const char *format, va_list args)
{
	char text[sizeof(err->msg)]; /* the arguments may include the message */

	err_format(text, sizeof(text), format, args);
	memcpy(err->msg, text, strlen(text) + 1);
}

void err_put(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_message(err, format, args);
	va_end(args);
	err->code = code;
}

void err_put_before(struct err *err, const char *format, ...)
{
	struct err outer = {0};
	va_list args;

	va_start(args, format);
	format_message(&outer, format, args);
	va_end(args);
	err_put(err, err->code, "%s: %s", outer.msg, err->msg);
}
