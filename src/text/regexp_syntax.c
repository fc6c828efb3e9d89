/* SPDX-License-Identifier: Apache-2.0 */
/* The gate between RE2's syntax and PCRE2's. It reads the pattern as Go's regexp/syntax does, refuses what that refuses in
   the same words, and writes every construct in a form that has one meaning only: characters as \x{..}, classes as ranges,
   anchors as \A and \z; of PCRE2's flags only (?i) and (?s) are used.

   Differences that are left: in a loop over what may match nothing, groups may be empty that Go fills, when the loop is
   itself counted, as in (?:(a|)*b){2}, or prefers to match nothing in the middle, as in (?:a?(|b))*; properties are those
   of PCRE2's Unicode version; \p{Lu}, \p{Ll} and \p{Lt} together with (?i) take a few letters more. */
#include "regexp_syntax.h"

#include "characters.h"
#include "regexp_class.h"
#include "regexp_gate.h"

/* (?m)^ and (?m)$ for PCRE2. */
#define LINE_BEGIN "(?<![^\\x{a}])"
#define LINE_END   "(?![^\\x{a}])"

enum { REPEAT_MAX = 1000, COUNT_SENSIBLE = 100 * 1000 * 1000, UNBOUNDED = -1 };
enum { DEPTH_MAX = 250 };

#define NOWHERE SIZE_MAX

enum item_kind {
	ITEM_NONE,     /* nothing that could be repeated */
	ITEM_SIMPLE,   /* a quantifier may follow as it is */
	ITEM_COMPOUND, /* needs a group around it first */
};

/* An open group; the first one is the pattern itself. */
struct frame {
	size_t from;	/* its offset in the output */
	unsigned flags; /* outside of it */
	unsigned out_flags;
	unsigned copies;     /* the most copies that its parts are repeated to */
	enum item_kind item; /* the last item in it, which a quantifier would repeat */
	size_t item_from;    /* in the output */
	unsigned item_copies;
	bool item_empty;   /* it may match nothing */
	bool branch_empty; /* and so may all before it in this branch */
	bool group_empty;  /* or a branch before */
};

struct translator {
	struct regexp_gate gate;
	unsigned out_flags; /* FLAG_FOLD and FLAG_DOT_ALL as they stand in the output */
	unsigned captures;  /* groups of the output so far */
	size_t last_repeat; /* where the quantifier right before begins, or NOWHERE */
	struct {
		VEC_OF(struct frame);
	} frames;
};

/* The byte at an offset; NUL at the end, where no syntax stands. */
static char byte_at(const struct regexp_gate *gate, size_t at)
{
	return at < gate->pattern.len ? gate->pattern.ptr[at] : '\0';
}

static struct frame *top(struct translator *translator)
{
	return &translator->frames.items[translator->frames.count - 1];
}

/* Makes the output's flags those of the pattern, before an item that they matter to. */
static void sync_flag(struct translator *translator, unsigned flag, char letter)
{
	unsigned wanted = translator->gate.flags & flag;

	if ((translator->out_flags & flag) == wanted)
		return;
	buf_printf(&translator->gate.out, wanted ? "(?%c)" : "(?-%c)", letter);
	translator->out_flags ^= flag;
}

/* What the last item is repeated to counts for its group, once no quantifier can follow any more. */
static void end_item(struct frame *frame)
{
	if (frame->item != ITEM_NONE && frame->item_copies > frame->copies)
		frame->copies = frame->item_copies;
	if (frame->item != ITEM_NONE && !frame->item_empty)
		frame->branch_empty = false;
	frame->item = ITEM_NONE;
}

static void begin_item(struct translator *translator, enum item_kind kind)
{
	struct frame *frame = top(translator);

	end_item(frame);
	frame->item = kind;
	frame->item_from = translator->gate.out.len;
	frame->item_copies = 1;
	frame->item_empty = kind == ITEM_COMPOUND; /* an assertion */
}

static void put_assertion(struct translator *translator, const char *text)
{
	begin_item(translator, ITEM_COMPOUND);
	buf_puts(&translator->gate.out, text);
}

static void put_character(struct translator *translator, uint32_t character)
{
	struct buf *out = &translator->gate.out;
	bool letter = (character | 0x20) >= 'a' && (character | 0x20) <= 'z';

	if (letter || character >= 0x80)
		sync_flag(translator, FLAG_FOLD, 'i');
	begin_item(translator, ITEM_SIMPLE);
	if (letter || (character >= '0' && character <= '9') || character == '_' || character == ':') {
		buf_putc(out, (char)character);
	} else if (character >= 0xd800 && character <= 0xdfff) {
		buf_puts(out,
			 "[^\\x{0}-\\x{10ffff}]"); /* a surrogate: no text has it, and PCRE2 takes it for an error */
	} else {
		buf_printf(out, "\\x{%x}", (unsigned)character);
	}
}

/* Digits without a leading zero. More than any count we take is -1. */
static bool read_count(const struct regexp_gate *gate, size_t *at, int *ret_count)
{
	size_t from = *at;
	int count = 0;

	for (char c; (c = byte_at(gate, *at)) >= '0' && c <= '9'; (*at)++)
		count = count < 0 || count >= COUNT_SENSIBLE ? -1 : count * 10 + (c - '0');
	*ret_count = count;
	return *at > from && (*at == from + 1 || byte_at(gate, from) != '0');
}

/* {n} {n,} {n,m}; anything else is a literal brace. */
static bool read_bounds(const struct regexp_gate *gate, size_t *at, int *ret_min, int *ret_max)
{
	(*at)++;
	if (!read_count(gate, at, ret_min))
		return false;
	*ret_max = *ret_min;
	if (byte_at(gate, *at) == ',') {
		(*at)++;
		if (byte_at(gate, *at) == '}')
			*ret_max = UNBOUNDED;
		else if (!read_count(gate, at, ret_max))
			return false;
		else if (*ret_max < 0)
			*ret_min = -1;
	}
	return byte_at(gate, (*at)++) == '}';
}

static void insert(struct buf *buf, size_t at, struct str text)
{
	buf_put(buf, text);
	memmove(buf->ptr + at + text.len, buf->ptr + at, buf->len - at - text.len);
	memcpy(buf->ptr + at, text.ptr, text.len);
}

/* A loop over what may match nothing: see regexp_match_limits. */
static void end_iteration(struct translator *translator)
{
	translator->captures++;
	buf_printf(&translator->gate.out, "(?C'%u')()", translator->captures);
}

/* Puts `quantifier` behind the last item; `from` is where it stands in the pattern, gate.at already behind it. */
static bool repeat(struct translator *translator, size_t from, struct str quantifier, int min, int max)
{
	struct regexp_gate *gate = &translator->gate;
	struct frame *frame = top(translator);
	bool lazy = gate->flags & FLAG_UNGREEDY;
	bool empty_loop = frame->item_empty && min <= 1 && max == UNBOUNDED;

	if (byte_at(gate, gate->at) == '?') {
		gate->at++;
		lazy = !lazy;
	}
	if (translator->last_repeat != NOWHERE)
		return regexp_gate_refuse(gate, "invalid nested repetition operator", translator->last_repeat,
					  gate->at);
	if (frame->item == ITEM_NONE)
		return regexp_gate_refuse(gate, "missing argument to repetition operator", from, gate->at);
	if (frame->item == ITEM_COMPOUND || empty_loop) {
		insert(&gate->out, frame->item_from, STR("(?:"));
		if (empty_loop)
			end_iteration(translator);
		buf_putc(&gate->out, ')');
	}
	buf_put(&gate->out, quantifier);
	frame->item_empty |= min == 0;
	if (lazy)
		buf_putc(&gate->out, '?');
	frame->item = ITEM_COMPOUND;
	translator->last_repeat = from;
	return true;
}

/* Copies of a loop share the group that marks an iteration's end, so that one would refuse for the other: group 0 never
   refuses. */
static void stop_refusing(struct buf *out, size_t from)
{
	struct str mark = STR_INIT("(?C'");

	for (char *at; (at = memmem(out->ptr + from, out->len - from, mark.ptr, mark.len)) != NULL;) {
		from = (size_t)(at - out->ptr) + mark.len;
		for (; out->ptr[from] != '\''; from++)
			out->ptr[from] = '0';
	}
}

/* Copies multiply when counted repeats are nested: (a{100}){100} is as bad as a{10000}. */
static bool repeat_counted(struct translator *translator, size_t from, size_t to, int min, int max)
{
	struct regexp_gate *gate = &translator->gate;
	unsigned times = (unsigned)(max == UNBOUNDED ? min : max);
	struct frame *frame = top(translator);
	struct str quantifier = str_slice(gate->pattern, from, to);

	gate->at = to;
	if (times > 1 && frame->item != ITEM_NONE)
		stop_refusing(&gate->out, frame->item_from);
	if (min < 0 || min > REPEAT_MAX || max > REPEAT_MAX || (max != UNBOUNDED && min > max))
		return regexp_gate_refuse(gate, "invalid repeat count", from, to);
	if (!repeat(translator, from, quantifier, min, max))
		return false;
	if (max == 0)
		frame->item_copies = 1;
	else if (times > 1)
		frame->item_copies *= times;
	if ((min >= 2 || max >= 2) && frame->item_copies > REPEAT_MAX)
		return regexp_gate_refuse(gate, "invalid repeat count", from, gate->at);
	return true;
}

static bool translate_brace(struct translator *translator)
{
	size_t from = translator->gate.at;
	size_t to = from;
	int min;
	int max;

	if (read_bounds(&translator->gate, &to, &min, &max))
		return repeat_counted(translator, from, to, min, max);
	translator->gate.at++;
	put_character(translator, '{');
	return true;
}

static bool open_group(struct translator *translator, const char *text, unsigned flags_inside)
{
	struct frame frame = {.from = translator->gate.out.len,
			      .flags = translator->gate.flags,
			      .out_flags = translator->out_flags,
			      .copies = 1,
			      .branch_empty = true};

	if (translator->frames.count > DEPTH_MAX)
		return regexp_gate_refuse(&translator->gate, "expression nests too deeply", 0,
					  translator->gate.pattern.len);
	end_item(top(translator));
	buf_puts(&translator->gate.out, text);
	translator->gate.flags = flags_inside;
	*vec_push(&translator->frames) = frame;
	return true;
}

static bool open_capture(struct translator *translator, struct str name)
{
	*vec_push(translator->gate.groups) = (struct regexp_group){name, ++translator->captures};
	return open_group(translator, "(", translator->gate.flags);
}

static bool close_group(struct translator *translator)
{
	struct frame inner = *top(translator);
	struct frame *outer;

	if (translator->frames.count == 1)
		return regexp_gate_refuse(&translator->gate, "unexpected )", 0, translator->gate.pattern.len);
	end_item(&inner);
	translator->frames.count--;
	outer = top(translator);
	buf_putc(&translator->gate.out, ')');
	outer->item = ITEM_SIMPLE;
	outer->item_from = inner.from;
	outer->item_copies = inner.copies;
	outer->item_empty = inner.group_empty || inner.branch_empty;
	translator->gate.flags = inner.flags;
	translator->out_flags = inner.out_flags;
	translator->gate.at++;
	return true;
}

static bool is_group_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_')
			return false;
	}
	return name.len > 0;
}

/* (?P<name> and (?<name>; `from` is where the group begins, gate.at where the name does. */
static bool translate_named(struct translator *translator, size_t from)
{
	struct regexp_gate *gate = &translator->gate;
	size_t name_from = gate->at;
	struct str rest = str_slice(gate->pattern, name_from, gate->pattern.len);
	size_t length = str_index(rest, '>');
	struct str name = str_slice(rest, 0, length);

	if (!regexp_gate_skip(gate, name_from + length))
		return false;
	if (length == rest.len)
		return regexp_gate_refuse(gate, "invalid named capture", from, gate->pattern.len);
	gate->at++;
	if (!is_group_name(name))
		return regexp_gate_refuse(gate, "invalid named capture", from, gate->at);
	return open_capture(translator, name);
}

static unsigned flag_of(uint32_t letter)
{
	switch (letter) {
	case 'i':
		return FLAG_FOLD;
	case 's':
		return FLAG_DOT_ALL;
	case 'm':
		return FLAG_MULTILINE;
	case 'U':
		return FLAG_UNGREEDY;
	default:
		return 0;
	}
}

/* (?flags) and (?flags: with gate.at behind the question mark. */
static bool translate_flags(struct translator *translator, size_t from)
{
	struct regexp_gate *gate = &translator->gate;
	unsigned flags = gate->flags;
	bool negative = false;
	bool flag_seen = true; /* since the minus, if there is one */

	while (gate->at < gate->pattern.len) {
		uint32_t c;
		unsigned flag;

		if (!regexp_gate_next(gate, &c))
			return false;
		flag = flag_of(c);
		if (flag) {
			flags = negative ? flags & ~flag : flags | flag;
			flag_seen = true;
		} else if (c == '-' && !negative) {
			negative = true;
			flag_seen = false;
		} else if (c == ':' && flag_seen) {
			return open_group(translator, "(?:", flags);
		} else if (c == ')' && flag_seen) {
			gate->flags = flags;
			return true;
		} else {
			break;
		}
	}
	return regexp_gate_refuse(gate, "invalid or unsupported Perl syntax", from, gate->at);
}

static bool translate_paren(struct translator *translator)
{
	struct regexp_gate *gate = &translator->gate;
	size_t from = gate->at;
	struct str rest = str_slice(gate->pattern, from, gate->pattern.len);

	if (!str_starts(rest, STR("(?"))) {
		gate->at++;
		return open_capture(translator, (struct str){NULL, 0});
	}
	if (str_starts(rest, STR("(?P<")) && rest.len > 4) {
		gate->at += 4;
		return translate_named(translator, from);
	}
	if (str_starts(rest, STR("(?<")) && rest.len > 3) {
		gate->at += 3;
		return translate_named(translator, from);
	}
	gate->at += 2;
	return translate_flags(translator, from);
}

/* \Q...\E, or \Q... up to the end. */
static bool translate_quoted(struct translator *translator)
{
	struct regexp_gate *gate = &translator->gate;
	size_t end = gate->at += 2;

	while (end < gate->pattern.len && !str_starts(str_slice(gate->pattern, end, end + 2), STR("\\E")))
		end++;
	while (gate->at < end) {
		uint32_t character;
		size_t bytes = characters_valid(gate->pattern, gate->at, &character);

		if (bytes == 0)
			return regexp_gate_refuse(gate, "invalid UTF-8", gate->at, end);
		gate->at += bytes;
		put_character(translator, character);
	}
	if (end < gate->pattern.len)
		gate->at = end + 2;
	return true;
}

static bool translate_assertion(struct translator *translator, const char *text)
{
	translator->gate.at += 2;
	put_assertion(translator, text);
	return true;
}

static bool translate_backslash(struct translator *translator)
{
	struct regexp_gate *gate = &translator->gate;
	uint32_t character;
	bool is_class;

	switch (byte_at(gate, gate->at + 1)) {
	case 'A':
		return translate_assertion(translator, "\\A");
	case 'z':
		return translate_assertion(translator, "\\z");
	case 'b':
		return translate_assertion(translator, "\\b");
	case 'B':
		return translate_assertion(translator, "\\B");
	case 'C': /* one byte, which would tear characters apart */
		return regexp_gate_refuse(gate, "invalid escape sequence", gate->at, gate->at + 2);
	case 'Q':
		return translate_quoted(translator);
	default:
		break;
	}
	sync_flag(translator, FLAG_FOLD, 'i');
	begin_item(translator, ITEM_SIMPLE);
	if (!regexp_class_read_escape(gate, &is_class))
		return false;
	if (is_class)
		return true;
	if (!regexp_class_read_character(gate, &character))
		return false;
	put_character(translator, character);
	return true;
}

/* PCRE2's own (?m:^) does not match behind a newline at the very end, and its $ without (?m) does before one. */
static bool translate_anchor(struct translator *translator, char c)
{
	bool multiline = translator->gate.flags & FLAG_MULTILINE;

	translator->gate.at++;
	if (c == '^')
		put_assertion(translator, multiline ? LINE_BEGIN : "\\A");
	else
		put_assertion(translator, multiline ? LINE_END : "\\z");
	return true;
}

static bool translate_literal(struct translator *translator)
{
	uint32_t character;

	if (!regexp_gate_next(&translator->gate, &character))
		return false;
	put_character(translator, character);
	return true;
}

static bool translate_dot(struct translator *translator)
{
	sync_flag(translator, FLAG_DOT_ALL, 's');
	begin_item(translator, ITEM_SIMPLE);
	buf_putc(&translator->gate.out, '.');
	translator->gate.at++;
	return true;
}

static bool translate_class(struct translator *translator)
{
	sync_flag(translator, FLAG_FOLD, 'i');
	begin_item(translator, ITEM_SIMPLE);
	return regexp_class_read(&translator->gate);
}

static bool translate_bar(struct translator *translator)
{
	struct frame *frame = top(translator);

	end_item(frame);
	frame->group_empty |= frame->branch_empty;
	frame->branch_empty = true;
	buf_putc(&translator->gate.out, '|');
	translator->gate.at++;
	return true;
}

static bool translate_quantifier(struct translator *translator, size_t from)
{
	struct regexp_gate *gate = &translator->gate;
	char c = byte_at(gate, gate->at++);

	return repeat(translator, from, str_slice(gate->pattern, from, from + 1), c == '+', c == '?' ? 1 : UNBOUNDED);
}

static bool translate_next(struct translator *translator)
{
	struct regexp_gate *gate = &translator->gate;
	char c = byte_at(gate, gate->at);

	switch (c) {
	case '(':
		return translate_paren(translator);
	case ')':
		return close_group(translator);
	case '|':
		return translate_bar(translator);
	case '^':
	case '$':
		return translate_anchor(translator, c);
	case '.':
		return translate_dot(translator);
	case '[':
		return translate_class(translator);
	case '*':
	case '+':
	case '?':
		return translate_quantifier(translator, gate->at);
	case '{':
		return translate_brace(translator);
	case '\\':
		return translate_backslash(translator);
	default:
		return translate_literal(translator);
	}
}

static bool translate(struct translator *translator)
{
	struct regexp_gate *gate = &translator->gate;

	while (gate->at < gate->pattern.len) {
		size_t last_repeat = translator->last_repeat;

		if (!translate_next(translator))
			return false;
		if (translator->last_repeat == last_repeat)
			translator->last_repeat = NOWHERE; /* this was no quantifier */
	}
	if (translator->frames.count > 1)
		return regexp_gate_refuse(gate, "missing closing )", 0, gate->pattern.len);
	return true;
}

bool regexp_syntax_translate(struct str pattern, struct buf *out, struct regexp_groups *groups, struct err *err)
{
	struct translator translator = {.gate = {.pattern = pattern, .out = *out, .groups = groups, .err = err},
					.last_repeat = NOWHERE};
	bool ok;

	*vec_push(&translator.frames) = (struct frame){.copies = 1, .branch_empty = true};
	ok = translate(&translator);
	*out = translator.gate.out;
	vec_clear(&translator.frames);
	return ok;
}
