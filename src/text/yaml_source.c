/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_source.h"

#include <limits.h>

#include "base/buf.h"

static const struct str byte_order_mark = STR_INIT("\xef\xbb\xbf");

struct place yaml_source_place(yaml_mark_t mark)
{
	return (struct place){mark.line < UINT_MAX ? (unsigned)mark.line + 1 : 0,
			      mark.column < UINT_MAX ? (unsigned)mark.column + 1 : 0};
}

/* Line `number` (from 1) and all behind it; empty when there are fewer lines. CR, LF and CR LF end a line. */
static struct str from_line(struct yaml_source *source, unsigned number)
{
	struct str text = source->text;

	if (source->line == 0 || number < source->line) {
		source->line = 1;
		source->at = 0;
	}
	for (; source->line < number && source->at < text.len; source->at++)
		if (text.ptr[source->at] == '\n' ||
		    (text.ptr[source->at] == '\r' && (source->at + 1 == text.len || text.ptr[source->at + 1] != '\n')))
			source->line++;
	return str_slice(text, source->at, text.len);
}

static struct place place_of_byte(struct str text, size_t offset)
{
	struct place at = {1, 1};

	for (size_t i = 0; i < offset && i < text.len; i++) {
		at.line += text.ptr[i] == '\n';
		at.column = text.ptr[i] == '\n' ? 1 : at.column + ((text.ptr[i] & 0xc0) != 0x80);
	}
	return at;
}

/* A file that begins with a character of ASCII, as every rules file does, has a zero byte beside it. */
static bool is_utf16(struct str text)
{
	return str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff")) ||
	       (text.len >= 2 && (text.ptr[0] == '\0') != (text.ptr[1] == '\0'));
}

/* Files that were put together have byte order marks inside, and the parser would take the rest for another document. */
static bool drop_marks(struct yaml_source *source, struct arena *arena, struct problems *problems)
{
	CLEANUP(buf_clear) struct buf clean = {0};
	struct str rest = source->text;
	struct str line;

	if (!str_contains(str_slice(rest, byte_order_mark.len, rest.len), byte_order_mark))
		return true;
	for (unsigned number = 1; str_split(&rest, '\n', &line); number++) {
		struct str text = str_trim(line);

		if (number > 1 && str_starts(text, byte_order_mark)) {
			problem_warn(problems, (struct place){number, (unsigned)(text.ptr - line.ptr) + 1},
				     "a byte order mark inside the file, which prometheus-adapter takes for a part of "
				     "the key behind it; remove it");
			buf_put(&clean, str_slice(line, 0, (size_t)(text.ptr - line.ptr)));
			line = str_slice(line, (size_t)(text.ptr - line.ptr) + byte_order_mark.len, line.len);
		}
		buf_put(&clean, line);
		buf_puts(&clean, rest.ptr ? "\n" : "");
	}
	return arena_copy(arena, buf_str(&clean), &source->text) ||
	       problem_add(problems, (struct place){1, 1}, "the file needs too much memory; make it smaller");
}

bool yaml_source_prepare(struct yaml_source *source, struct arena *arena, struct problems *problems)
{
	if (is_utf16(source->text))
		return problem_add(problems, (struct place){1, 1},
				   "the file is in UTF-16, and a rules file is in UTF-8; save it as UTF-8");
	return drop_marks(source, arena, problems);
}

bool yaml_source_escapes_slash(struct yaml_source *source, struct place at)
{
	struct str rest = from_line(source, at.line);
	size_t i = 0;

	for (unsigned column = 1; column < at.column && i < rest.len; column++) {
		i++;
		while (i < rest.len && (rest.ptr[i] & 0xc0) == 0x80)
			i++;
	}
	for (i++; i + 1 < rest.len && rest.ptr[i] != '"'; i++) {
		if (rest.ptr[i] != '\\')
			continue;
		i++;
		if (rest.ptr[i] == '/')
			return true;
	}
	return false;
}

void yaml_source_warn_of_rest(struct yaml_source *source, unsigned line, struct problems *problems)
{
	struct str rest = from_line(source, line);
	struct str one;

	for (; str_split(&rest, '\n', &one); line++) {
		one = str_trim(one);
		if (one.len == 0 || one.ptr[0] == '#' || str_starts(one, STR("...")))
			continue;
		problem_warn(problems, (struct place){line, 1},
			     "from here on the file is not read: its first document ends before");
		return;
	}
}

/* ---- what stopped the parser ---- */

static struct str indentation(struct yaml_source *source, unsigned line)
{
	struct str rest = from_line(source, line);
	size_t length = 0;

	while (length < rest.len && (rest.ptr[length] == ' ' || rest.ptr[length] == '\t'))
		length++;
	return str_slice(rest, 0, length);
}

/* An item of a list that is not indented as the first one of its list: the parser takes it for something else, and says so. */
static bool add_indent_problem(struct yaml_source *source, struct place at, const char *problem,
			       struct problems *problems)
{
	size_t indent = indentation(source, at.line).len;
	struct str rest = from_line(source, at.line);
	struct place item = {at.line, (unsigned)indent + 1};

	rest = str_slice(rest, indent, rest.len);
	if (source->list.line == 0 || source->list.line == at.line || source->list.column == item.column ||
	    !(str_starts(rest, STR("- ")) || str_starts(rest, STR("-\n"))) ||
	    (at.column != item.column && !strstr(problem, "mapping values")))
		return false;
	problem_add(problems, item,
		    "no YAML: this item is indented by %zu, and the first one of its list, in line %u, by %u; indent "
		    "them alike",
		    indent, source->list.line, source->list.column - 1);
	return true;
}

bool yaml_source_add_problem(struct yaml_source *source, const yaml_parser_t *parser, struct problems *problems)
{
	struct place at = yaml_source_place(parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL)
		return problem_add(problems, at, "the file needs too much memory; make it smaller");
	if (parser->error == YAML_READER_ERROR)
		return problem_add(problems, place_of_byte(source->text, parser->problem_offset), "no YAML: %s",
				   parser->problem);
	if (str_index(indentation(source, at.line), '\t') < indentation(source, at.line).len)
		return problem_add(problems, at, "no YAML: the line begins with a tab; indent with spaces");
	if (add_indent_problem(source, at, parser->problem, problems))
		return false;
	if (parser->context == NULL)
		return problem_add(problems, at, "no YAML: %s", parser->problem);
	return problem_add(problems, at, "no YAML: %s, %s that begins in line %u", parser->problem, parser->context,
			   yaml_source_place(parser->context_mark).line);
}
