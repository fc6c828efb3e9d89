/* SPDX-License-Identifier: Apache-2.0 */
/* From the pattern for PCRE2, which has few forms only, to a program. A fragment is a run of instructions that is entered at its
   first and left behind its last one; it is repeated by copying it, and moved to make room for a jump before it. */
#include "regexp_linear.h"

enum { INSTRUCTIONS_MAX = 20 * 1000, MANY = -1 /* no upper bound */ };

/* An open group; the first one is the pattern itself. */
struct group {
	size_t from;
	size_t jumps;	/* of its branches to its end, from here on in builder.jumps */
	unsigned slot;	/* 0: it captures nothing */
	unsigned flags; /* outside of it */
	size_t branch_from;
	bool branch_empty, empty; /* this branch, one before it may match nothing */
	size_t item_from;	  /* what a quantifier would repeat */
	bool item_empty;
};

struct builder {
	struct regexp_program *program;
	struct str rest;
	unsigned flags; /* FLAG_FOLD and FLAG_DOT_ALL */
	unsigned captures;
	struct {
		VEC_OF(struct group);
	} groups;
	struct {
		VEC_OF(size_t);
	} jumps;
	bool too_large;
};

static struct group *innermost(struct builder *builder)
{
	return &builder->groups.items[builder->groups.count - 1];
}

static size_t here(const struct builder *builder)
{
	return builder->program->code.count;
}

/* Past the limit nothing is added any more, and the jumps need not be right. */
static void put(struct builder *builder, struct regexp_instruction instruction)
{
	if (here(builder) >= INSTRUCTIONS_MAX)
		builder->too_large = true;
	else
		*vec_push(&builder->program->code) = instruction;
}

static void put_before(struct builder *builder, size_t at, struct regexp_instruction instruction)
{
	struct regexp_instruction *items;

	put(builder, instruction);
	if (builder->too_large)
		return;
	items = builder->program->code.items;
	memmove(items + at + 1, items + at, (here(builder) - at - 1) * sizeof(*items));
	items[at] = instruction;
}

static void put_copies(struct builder *builder, size_t from, size_t length, int times)
{
	while (times-- > 0)
		for (size_t i = 0; i < length && !builder->too_large; i++)
			put(builder, builder->program->code.items[from + i]);
}

static bool takes(struct builder *builder, const char *what)
{
	struct str text = str_of(what);

	if (!str_starts(builder->rest, text))
		return false;
	builder->rest = str_slice(builder->rest, text.len, builder->rest.len);
	return true;
}

static void end_item(struct group *group, size_t next, bool next_empty)
{
	group->branch_empty &= group->item_empty;
	group->item_from = next;
	group->item_empty = next_empty;
}

static void put_item(struct builder *builder, enum regexp_op op, uint32_t arg, bool empty)
{
	end_item(innermost(builder), here(builder), empty);
	put(builder, (struct regexp_instruction){op, 0, arg});
}

/* ---- quantifiers; the item is what the program ends with ---- */

static enum regexp_op split(bool lazy)
{
	return lazy ? OP_SPLIT_JUMP : OP_SPLIT_NEXT;
}

static void repeat_optional(struct builder *builder, size_t from, bool lazy)
{
	put_before(builder, from, (struct regexp_instruction){split(lazy), (int32_t)(here(builder) - from) + 1, 0});
}

static void repeat_again(struct builder *builder, size_t from, bool lazy)
{
	put(builder, (struct regexp_instruction){split(!lazy), -(int32_t)(here(builder) - from), 0});
}

/* As Go compiles it: a loop over what may match nothing is an optional x+, so that the order of preference holds. */
static void repeat_any(struct builder *builder, size_t from, bool empty, bool lazy)
{
	if (empty) {
		repeat_again(builder, from, lazy);
		repeat_optional(builder, from, lazy);
		return;
	}
	put_before(builder, from, (struct regexp_instruction){split(lazy), (int32_t)(here(builder) - from) + 2, 0});
	put(builder, (struct regexp_instruction){OP_JUMP, -(int32_t)(here(builder) - from), 0});
}

/* x{2,4} is xx(x(x)?)?: the optional copies are wrapped from the last to the first. */
static void repeat_bounded(struct builder *builder, size_t from, int min, int max, bool lazy)
{
	size_t length = here(builder) - from;
	size_t optional = (size_t)(max - min);
	size_t first = from + (size_t)min * length;

	put_copies(builder, from, length, max - 1);
	for (size_t i = optional; i > 0 && !builder->too_large; i--)
		repeat_optional(builder, first + (i - 1) * length, lazy);
}

static void repeat(struct builder *builder, int min, int max)
{
	struct group *group = innermost(builder);
	bool lazy = takes(builder, "?");
	size_t from = group->item_from;
	size_t length = here(builder) - from;

	if (max == 0) {
		builder->program->code.count = from;
	} else if (max != MANY) {
		repeat_bounded(builder, from, min, max, lazy);
	} else if (min == 0) {
		repeat_any(builder, from, group->item_empty, lazy);
	} else {
		put_copies(builder, from, length, min - 1);
		repeat_again(builder, from + (size_t)(min - 1) * length, lazy);
	}
	group->item_empty |= min == 0;
}

static int read_count(struct builder *builder)
{
	int count = 0;

	while (builder->rest.len && builder->rest.ptr[0] >= '0' && builder->rest.ptr[0] <= '9') {
		count = count * 10 + (builder->rest.ptr[0] - '0');
		builder->rest = str_slice(builder->rest, 1, builder->rest.len);
	}
	return count;
}

static void read_bounds(struct builder *builder)
{
	int min = read_count(builder);
	int max = min;

	if (takes(builder, ",")) {
		bool many = builder->rest.ptr[0] == '}';

		max = many ? MANY : read_count(builder);
	}
	CHECK(takes(builder, "}"));
	repeat(builder, min, max);
}

/* ---- groups ---- */

static void open_group(struct builder *builder, unsigned slot)
{
	end_item(innermost(builder), here(builder), true);
	*vec_push(&builder->groups) = (struct group){
		.from = here(builder),
		.jumps = builder->jumps.count,
		.slot = slot,
		.flags = builder->flags,
		.branch_empty = true,
		.item_empty = true,
	};
	if (slot)
		put(builder, (struct regexp_instruction){OP_SAVE, 0, slot});
	innermost(builder)->branch_from = innermost(builder)->item_from = here(builder);
}

static void next_branch(struct builder *builder)
{
	struct group *group = innermost(builder);
	size_t from = group->branch_from;

	put_before(builder, from, (struct regexp_instruction){OP_SPLIT_NEXT, (int32_t)(here(builder) - from) + 2, 0});
	*vec_push(&builder->jumps) = here(builder);
	put(builder, (struct regexp_instruction){OP_JUMP, 0, 0});
	end_item(group, here(builder), true);
	group->empty |= group->branch_empty;
	group->branch_empty = true;
	group->branch_from = here(builder);
}

/* The branches' ends jump here, and here the group is what a quantifier repeats. */
static void close_group(struct builder *builder)
{
	struct group group = *innermost(builder);

	end_item(&group, here(builder), true);
	while (builder->jumps.count > group.jumps) {
		size_t at = builder->jumps.items[--builder->jumps.count];

		if (!builder->too_large)
			builder->program->code.items[at].jump = (int32_t)(here(builder) - at);
	}
	if (group.slot)
		put(builder, (struct regexp_instruction){OP_SAVE, 0, group.slot + 1});
	builder->flags = group.flags;
	builder->groups.count--;
	innermost(builder)->item_from = group.from;
	innermost(builder)->item_empty = group.empty || group.branch_empty;
}

/* The mark of an iteration is for PCRE2's callout; the group behind it keeps its number. */
static void skip_callout(struct builder *builder)
{
	builder->rest = str_slice(builder->rest, str_index(builder->rest, ')') + 1, builder->rest.len);
}

static void read_paren(struct builder *builder)
{
	if (takes(builder, "(?i)"))
		builder->flags |= FLAG_FOLD;
	else if (takes(builder, "(?-i)"))
		builder->flags &= ~(unsigned)FLAG_FOLD;
	else if (takes(builder, "(?s)"))
		builder->flags |= FLAG_DOT_ALL;
	else if (takes(builder, "(?-s)"))
		builder->flags &= ~(unsigned)FLAG_DOT_ALL;
	else if (takes(builder, REGEXP_LINE_BEGIN))
		put_item(builder, OP_LINE_BEGIN, 0, true);
	else if (takes(builder, REGEXP_LINE_END))
		put_item(builder, OP_LINE_END, 0, true);
	else if (takes(builder, "(?C"))
		skip_callout(builder);
	else if (takes(builder, "(?:"))
		open_group(builder, 0);
	else if (takes(builder, "("))
		open_group(builder, 2 * ++builder->captures);
}

/* ---- characters ---- */

static void put_class(struct builder *builder, struct str set)
{
	struct regexp_class *class = vec_push(&builder->program->classes);
	uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | (builder->flags & FLAG_FOLD ? PCRE2_CASELESS : 0);
	PCRE2_SIZE offset;
	int code;

	*class = (struct regexp_class){pcre2_compile((PCRE2_SPTR)set.ptr, set.len, options, &code, &offset, NULL), 0,
				       false};
	CHECK(class->code != NULL); /* the whole pattern was taken, and this is a part of it */
	put_item(builder, OP_CLASS, (uint32_t)(builder->program->classes.count - 1), false);
}

static uint32_t hexadecimal(struct str digits)
{
	uint32_t value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.ptr[i];

		value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* `length` bytes stand for one character. */
static void read_character(struct builder *builder, size_t length)
{
	struct str text = str_slice(builder->rest, 0, length);
	uint32_t character = length == 1 ? (unsigned char)text.ptr[0] : hexadecimal(str_slice(text, 3, length - 1));

	builder->rest = str_slice(builder->rest, length, builder->rest.len);
	if (builder->flags & FLAG_FOLD)
		put_class(builder, text);
	else
		put_item(builder, OP_CHARACTER, character, false);
}

static void read_escape(struct builder *builder)
{
	if (takes(builder, "\\A"))
		put_item(builder, OP_BEGIN, 0, true);
	else if (takes(builder, "\\z"))
		put_item(builder, OP_END, 0, true);
	else if (takes(builder, "\\b"))
		put_item(builder, OP_WORD_EDGE, 0, true);
	else if (takes(builder, "\\B"))
		put_item(builder, OP_NO_WORD_EDGE, 0, true);
	else
		read_character(builder, str_index(builder->rest, '}') + 1);
}

static void read_next(struct builder *builder)
{
	struct str class = str_slice(builder->rest, 0, str_index(builder->rest, ']') + 1);

	switch (builder->rest.ptr[0]) {
	case '(':
		read_paren(builder);
		return;
	case '[': /* a bracket in a class stands there by its number */
		builder->rest = str_slice(builder->rest, class.len, builder->rest.len);
		put_class(builder, class);
		return;
	case '\\':
		read_escape(builder);
		return;
	default:
		break;
	}
	if (takes(builder, ")"))
		close_group(builder);
	else if (takes(builder, "|"))
		next_branch(builder);
	else if (takes(builder, "*"))
		repeat(builder, 0, MANY);
	else if (takes(builder, "+"))
		repeat(builder, 1, MANY);
	else if (takes(builder, "?"))
		repeat(builder, 0, 1);
	else if (takes(builder, "{"))
		read_bounds(builder);
	else if (takes(builder, "."))
		put_item(builder, builder->flags & FLAG_DOT_ALL ? OP_ANY : OP_ANY_IN_LINE, 0, false);
	else
		read_character(builder, 1);
}

/* The whole pattern is group 0, whose slots are 0 and 1. */
bool regexp_program_build(struct regexp_program *program, struct str translated)
{
	struct builder builder = {.program = program, .rest = translated};

	*vec_push(&builder.groups) = (struct group){.branch_empty = true, .item_empty = true};
	open_group(&builder, 0);
	while (builder.rest.len && !builder.too_large)
		read_next(&builder);
	if (!builder.too_large)
		close_group(&builder);
	put(&builder, (struct regexp_instruction){OP_MATCH, 0, 0});
	vec_clear(&builder.groups);
	vec_clear(&builder.jumps);
	return !builder.too_large;
}

void regexp_program_clear(struct regexp_program *program)
{
	for (size_t i = 0; i < program->classes.count; i++)
		pcre2_code_free(program->classes.items[i].code);
	vec_clear(&program->classes);
	vec_clear(&program->code);
}
