/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdio.h>

#include "base/clean.h"
#include "base/str.h"

void err_format(char *text, size_t size, const char *format, va_list args)
{
	int wanted = vsnprintf(text, size, format, args);
	size_t length = strlen(text);

	CHECK(wanted >= 0);
	if ((size_t)wanted >= size)
		length = str_whole_characters((struct str){text, length});
	text[length] = '\0';
	clean_line(text, length); /* it ends up in JSON, in headers and on terminals */
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
