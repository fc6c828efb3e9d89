/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/status.h"
#include "base/clean.h"
#include "text/duration.h"

enum { ELASTIC_FRONT = 64, ELASTIC_LEAST = 2 * ELASTIC_FRONT };

/* ---- arguments */

void reason_begin(struct reason *reason, enum reason_code code)
{
	buf_reset(&reason->texts);
	reason->argument_count = 0;
	reason->rule = NULL;
	reason->code = code;
}

void reason_clear(struct reason *reason)
{
	buf_clear(&reason->texts);
	*reason = (struct reason){0};
}

static const struct reason_argument *find(const struct reason *reason, struct str name)
{
	for (size_t i = 0; i < reason->argument_count; i++)
		if (str_eq(str_of(reason->arguments[i].name), name))
			return &reason->arguments[i];
	return NULL;
}

static struct reason_argument *add(struct reason *reason, const char *name, struct str text)
{
	const struct reason_argument *before = find(reason, str_of(name));
	struct reason_argument *argument;

	CHECK(before || reason->argument_count < REASON_ARGUMENTS_MAX);
	argument = &reason->arguments[before ? (size_t)(before - reason->arguments) : reason->argument_count++];
	*argument = (struct reason_argument){.name = name, .at = reason->texts.len, .length = text.len};
	clean_put(&reason->texts, text);
	return argument;
}

void reason_set(struct reason *reason, const char *name, struct str text, size_t max)
{
	CLEANUP(buf_clear) struct buf cut = {0};
	struct str shown = str_front(text, max);

	if (shown.len == text.len) {
		add(reason, name, text);
		return;
	}
	buf_put(&cut, shown);
	buf_puts(&cut, "...");
	add(reason, name, buf_str(&cut));
}

void reason_print(struct reason *reason, const char *name, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	err_format(text, sizeof(text), format, args);
	va_end(args);
	add(reason, name, str_of(text));
}

void reason_count(struct reason *reason, const char *name, uint64_t count, const char *noun)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_put_count(&text, count, noun);
	add(reason, name, buf_str(&text));
}

void reason_age(struct reason *reason, const char *name, int64_t ms)
{
	CLEANUP(buf_clear) struct buf text = {0};

	duration_write_go(&text, ms * 1000000);
	add(reason, name, buf_str(&text));
}

void reason_set_elastic(struct reason *reason, const char *name, struct str text, struct str kept)
{
	struct reason_argument *argument = add(reason, name, text);

	argument->elastic = true;
	if (kept.ptr && kept.ptr >= text.ptr && kept.ptr + kept.len <= text.ptr + text.len) {
		argument->keep = (size_t)(kept.ptr - text.ptr);
		argument->keep_length = kept.len;
	}
}

/* What comes before the last one may quote others, what comes after it is ours. */
bool reason_split(struct reason *reason, struct str text)
{
	const struct str mark = STR_INIT(". fix: ");

	for (size_t at = text.len; at-- > 0;) {
		if (!str_starts(str_slice(text, at, text.len), mark))
			continue;
		add(reason, "cause", str_slice(text, 0, at));
		add(reason, "fix", str_slice(text, at + mark.len, text.len));
		return true;
	}
	add(reason, "cause", text);
	return false;
}

/* ---- a form and its arguments */

/* From the first whole character at `from` or behind it on; an ellipsis stands for what does not fit. */
static void put_part(struct buf *out, struct str text, size_t from, size_t room)
{
	struct str part;

	while (from < text.len && ((unsigned char)text.ptr[from] & 0xc0) == 0x80)
		from++;
	part = str_front(str_slice(text, from, text.len), room);
	buf_put(out, part);
	if (from + part.len < text.len)
		buf_puts(out, "...");
}

/* The front alone, where it has what is to be kept; else front and end, or front and what is kept. */
static void put_elastic(struct buf *out, struct str text, const struct reason_argument *argument, size_t room)
{
	size_t keep_end = argument->keep + argument->keep_length;
	size_t front = argument->keep_length ? ELASTIC_FRONT : room / 3 * 2;
	size_t rest = room - front - (sizeof(" ... ...") - 1);
	size_t from = text.len > rest ? text.len - rest : 0;

	if (text.len <= room) {
		buf_put(out, text);
		return;
	}
	if (argument->keep_length && keep_end + 3 <= room) {
		put_part(out, text, 0, room - 3);
		return;
	}
	if (argument->keep_length && argument->keep < from)
		from = argument->keep;
	buf_put(out, str_front(text, front));
	buf_puts(out, " ... ");
	put_part(out, text, from, rest);
}

static void put_argument(struct buf *out, const struct reason *reason, struct str name, size_t room)
{
	const struct reason_argument *argument = find(reason, name);
	struct str text;

	if (argument == NULL) { /* a test looks for it; a message with a hole is better than none */
		buf_putc(out, '?');
		return;
	}
	text = str_slice(buf_str(&reason->texts), argument->at, argument->at + argument->length);
	if (argument->elastic)
		put_elastic(out, text, argument, room);
	else
		buf_put(out, text);
}

/* The name of the argument that `form` begins with; empty: it is a brace like any other, as in {resource: pod}. */
static struct str argument_name(struct str form)
{
	size_t end = 1;

	while (end < form.len && ((form.ptr[end] >= 'a' && form.ptr[end] <= 'z') || form.ptr[end] == '_'))
		end++;
	if (form.len == 0 || form.ptr[0] != '{' || end == form.len || form.ptr[end] != '}')
		return (struct str){0};
	return str_slice(form, 1, end);
}

/* Has the part in brackets all that it needs? */
static bool is_said(const struct reason *reason, struct str part)
{
	for (size_t at = 0; at < part.len; at++) {
		struct str name = argument_name(str_slice(part, at, part.len));
		const struct reason_argument *argument = name.len ? find(reason, name) : NULL;

		if (name.len && (argument == NULL || argument->length == 0))
			return false;
	}
	return true;
}

static void expand(struct buf *out, const struct reason *reason, const char *text, size_t room)
{
	struct str form = str_of(text);
	size_t step;

	for (; form.len; form = str_slice(form, step, form.len)) {
		struct str name = argument_name(form);
		struct str optional = str_slice(form, 1, str_index(form, ']'));

		step = 1;
		if (name.len) {
			put_argument(out, reason, name, room);
			step = name.len + 2;
		} else if (form.ptr[0] == '[' && !is_said(reason, optional)) {
			step = optional.len + 2;
		} else if (form.ptr[0] != '[' && form.ptr[0] != ']') {
			buf_putc(out, form.ptr[0]);
		}
	}
}

void reason_write_cause(struct buf *out, const struct reason *reason)
{
	expand(out, reason, reason_form(reason->code)->cause, SIZE_MAX);
}

void reason_write_fix(struct buf *out, const struct reason *reason)
{
	expand(out, reason, reason_form(reason->code)->fix, SIZE_MAX);
}

/* ---- the message */

struct message {
	struct buf head, tail;
};

static void message_clear(struct message *message)
{
	buf_clear(&message->head);
	buf_clear(&message->tail);
}

/* `room`: of an elastic argument. */
static void message_write(struct message *message, struct str words, const struct reason *reason, size_t room)
{
	const struct reason_form *form = reason_form(reason->code);

	buf_reset(&message->head);
	buf_reset(&message->tail);
	buf_put(&message->head, words); /* upstream repeats names as they came */
	buf_puts(&message->head, words.len && form->cause[0] ? ": " : "");
	expand(&message->head, reason, form->cause, room);
	if (form->fix[0]) {
		buf_puts(&message->tail, ". fix: ");
		expand(&message->tail, reason, form->fix, room);
	}
	if (form->cause[0])
		buf_printf(&message->tail, " [%s]", reason_name(reason->code));
}

static size_t elastic_length(const struct reason *reason)
{
	for (size_t i = 0; i < reason->argument_count; i++)
		if (reason->arguments[i].elastic)
			return reason->arguments[i].length;
	return 0;
}

void reason_write(struct buf *out, struct str words, const struct reason *reason, size_t max)
{
	CLEANUP(message_clear) struct message message = {0};
	size_t elastic = elastic_length(reason), all;
	struct str shown;

	message_write(&message, words, reason, SIZE_MAX);
	all = message.head.len + message.tail.len;
	if (all > max && elastic) {
		size_t others = all - elastic;

		message_write(&message, words, reason, others + ELASTIC_LEAST < max ? max - others : ELASTIC_LEAST);
	}
	shown = buf_str(&message.head);
	if (message.tail.len > max / 4 * 3) /* a fix that is no fix: somebody's words */
		message.tail.len = 0;
	if (message.head.len + message.tail.len > max)
		shown = str_front(shown, max - message.tail.len - 3);
	buf_put(out, shown);
	if (shown.len < message.head.len) {
		struct str tail = buf_str(&message.tail);

		buf_puts(out, "...");
		buf_put(out, str_slice(tail, str_starts(tail, STR(". ")), tail.len));
		return;
	}
	buf_put(out, buf_str(&message.tail));
}

static size_t escapes(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '"' || text.ptr[i] == '\\';
	return count;
}

void reason_write_warning(struct buf *out, const struct reason *reason)
{
	CLEANUP(buf_clear) struct buf text = {0};
	size_t room = REASON_WARNING_BYTES - sizeof("299 - \"\"") + 1, max = STATUS_MESSAGE_BYTES;

	for (reason_write(&text, STR(""), reason, max); text.len + escapes(buf_str(&text)) > room; max -= 20) {
		buf_reset(&text);
		reason_write(&text, STR(""), reason, max - 20);
	}
	buf_puts(out, "299 - \"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, text.ptr[i]);
	}
	buf_putc(out, '"');
}
