/* SPDX-License-Identifier: Apache-2.0 */
/* Reads requests as the server's judge lets them through: each message of stdin is answered with the reading of its first
   request, or with `refused STATUS REASON`, or `incomplete`. */
#include "reading.h"

#include "../../src/server/http_head.h"

#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 1 << 20 };

/* Where the first request ends; 0: it does not. */
static size_t end_of(struct http_head *head, struct str bytes)
{
	for (size_t at = 0; at < bytes.len && head->status == 0; at++)
		if (http_head_judge(head, str_slice(bytes, at, at + 1)) == 1 && head->state == HTTP_HEAD_START)
			return at + 1;
	return 0;
}

/* What is let through needs no skill to be read. */
static void head_write(struct str bytes, struct buf *out)
{
	struct str line = {0}, word = {0};

	str_split(&bytes, '\n', &line);
	str_split(&line, ' ', &word);
	buf_printf(out, "%.*s ", STR_ARG(word));
	str_split(&line, ' ', &word);
	buf_printf(out, "%.*s\n", STR_ARG(word));
	while (str_split(&bytes, '\n', &line) && line.len > 1) {
		size_t colon = str_index(line, ':');

		reading_line(out, str_slice(line, 0, colon), str_slice(line, colon + 1, line.len));
	}
}

static void answer(struct str bytes, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct http_head head = {0};
	size_t end = end_of(&head, bytes);

	if (head.status)
		buf_printf(&text, "refused %u %s\n", head.status, head.reason);
	else if (end == 0)
		buf_puts(&text, "incomplete\n");
	else {
		buf_printf(&text, "%zu\n", end);
		head_write(str_slice(bytes, 0, end), &text);
	}
	message_put(out, buf_str(&text));
}

int main(void)
{
	unsigned char length[4];
	struct buf out = {0};
	char *bytes = malloc(MESSAGE_MAX);

	while (bytes && fread(length, sizeof(length), 1, stdin) == 1) {
		size_t count = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];

		if (count > MESSAGE_MAX || fread(bytes, 1, count, stdin) != count)
			return 1;
		buf_reset(&out);
		answer((struct str){bytes, count}, &out);
		if (fwrite(out.ptr, 1, out.len, stdout) != out.len)
			return 1;
	}
	buf_clear(&out);
	free(bytes);
	return 0;
}
