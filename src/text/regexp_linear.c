/* SPDX-License-Identifier: Apache-2.0 */
/* Pike's way to search: all states that can be reached with the text read so far, the preferred first, each with the groups of
   the best way to it. */
#include "regexp_linear.h"

#include <stdlib.h>

/* Instructions times bytes of the text, some 50 ms at the very most; and times slots, 4 MiB of memory. */
enum { WORK_MAX = 4 * 1000 * 1000, SLOTS_MAX = 256 * 1024 };

/* States in order of preference. `place` may hold anything for a state that is not in the list. */
struct states {
	uint32_t *list, *place;
	PCRE2_SIZE *slots; /* of each instruction */
	size_t count;
};

/* What is left to do while the states behind one are found. */
struct pending {
	uint32_t at;
	bool restore; /* not an instruction: slot `at` is to be `offset` again */
	PCRE2_SIZE offset;
};

struct search {
	struct regexp_program *program;
	struct str text;
	size_t slot_count;
	struct states now, next;
	PCRE2_SIZE *slots; /* of the way at hand */
	struct {
		VEC_OF(struct pending);
	} pending;
	pcre2_match_data *judge; /* for classes */
	uint64_t stamp;
};

static void states_init(struct states *states, size_t count, size_t slot_count)
{
	states->list = xcalloc(count, sizeof(*states->list));
	states->place = xcalloc(count, sizeof(*states->place));
	states->slots = xcalloc(count * slot_count, sizeof(*states->slots));
	states->count = 0;
}

static void states_clear(struct states *states)
{
	free(states->list);
	free(states->place);
	free(states->slots);
}

static bool is_word(struct str text, size_t at)
{
	char c = at < text.len ? text.ptr[at] : '\0';

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool at_word_edge(struct str text, size_t at)
{
	return (at > 0 && is_word(text, at - 1)) != is_word(text, at);
}

/* May a way go on behind this instruction without reading a character? */
static bool passes(const struct regexp_instruction *instruction, struct str text, size_t at)
{
	switch (instruction->op) {
	case OP_BEGIN:
		return at == 0;
	case OP_END:
		return at == text.len;
	case OP_LINE_BEGIN:
		return at == 0 || text.ptr[at - 1] == '\n';
	case OP_LINE_END:
		return at == text.len || text.ptr[at] == '\n';
	case OP_WORD_EDGE:
		return at_word_edge(text, at);
	case OP_NO_WORD_EDGE:
		return !at_word_edge(text, at);
	case OP_SAVE:
		return true;
	case OP_CHARACTER:
	case OP_ANY:
	case OP_ANY_IN_LINE:
	case OP_CLASS:
	case OP_JUMP:
	case OP_SPLIT_NEXT:
	case OP_SPLIT_JUMP:
	case OP_MATCH:
		break;
	}
	return false;
}

static void push(struct search *search, uint32_t instruction)
{
	*vec_push(&search->pending) = (struct pending){.at = instruction};
}

static void save(struct search *search, uint32_t slot, size_t offset)
{
	*vec_push(&search->pending) = (struct pending){slot, true, search->slots[slot]};
	search->slots[slot] = offset;
}

/* What comes behind a state that reads nothing; the preferred one is pushed last. */
static void push_successors(struct search *search, uint32_t state, size_t at)
{
	const struct regexp_instruction *instruction = &search->program->code.items[state];
	uint32_t next = state + 1;
	uint32_t jump = (uint32_t)((int64_t)state + instruction->jump);

	if (instruction->op == OP_JUMP) {
		push(search, jump);
	} else if (instruction->op == OP_SPLIT_NEXT) {
		push(search, jump);
		push(search, next);
	} else if (instruction->op == OP_SPLIT_JUMP) {
		push(search, next);
		push(search, jump);
	} else if (passes(instruction, search->text, at)) {
		if (instruction->op == OP_SAVE)
			save(search, instruction->arg, at);
		push(search, next);
	}
}

/* Adds the state and all that can be reached from it at this offset, once each: who comes first is preferred. */
static void add(struct search *search, struct states *states, uint32_t first, size_t at)
{
	push(search, first);
	while (search->pending.count) {
		struct pending pending = search->pending.items[--search->pending.count];
		uint32_t state = pending.at;

		if (pending.restore) {
			search->slots[state] = pending.offset;
			continue;
		}
		if (states->place[state] < states->count && states->list[states->place[state]] == state)
			continue;
		states->place[state] = (uint32_t)states->count;
		states->list[states->count++] = state;
		memcpy(states->slots + state * search->slot_count, search->slots,
		       search->slot_count * sizeof(*search->slots));
		push_successors(search, state, at);
	}
}

static bool class_fits(struct search *search, struct regexp_class *class, struct str character)
{
	if (class->stamp != search->stamp) {
		class->stamp = search->stamp;
		class->fits = pcre2_match(class->code, (PCRE2_SPTR)character.ptr, character.len, 0, PCRE2_NO_UTF_CHECK,
					  search->judge, NULL) >= 0;
	}
	return class->fits;
}

static bool reads(struct search *search, const struct regexp_instruction *instruction, uint32_t character,
		  struct str bytes)
{
	switch (instruction->op) {
	case OP_CHARACTER:
		return instruction->arg == character;
	case OP_ANY:
		return true;
	case OP_ANY_IN_LINE:
		return character != '\n';
	case OP_CLASS:
		return class_fits(search, &search->program->classes.items[instruction->arg], bytes);
	case OP_BEGIN:
	case OP_END:
	case OP_LINE_BEGIN:
	case OP_LINE_END:
	case OP_WORD_EDGE:
	case OP_NO_WORD_EDGE:
	case OP_SAVE:
	case OP_JUMP:
	case OP_SPLIT_NEXT:
	case OP_SPLIT_JUMP:
	case OP_MATCH:
		break;
	}
	return false;
}

/* One character on. Once a state has matched, those behind it are not preferred any more. */
static bool step(struct search *search, size_t at, size_t *ret_bytes, PCRE2_SIZE *offsets)
{
	uint32_t character = 0;
	size_t bytes = character_valid(search->text, at, &character);
	struct str read = str_slice(search->text, at, at + bytes);
	bool matched = false;

	search->stamp++;
	search->next.count = 0;
	for (size_t i = 0; i < search->now.count && !matched; i++) {
		uint32_t state = search->now.list[i];
		const struct regexp_instruction *instruction = &search->program->code.items[state];

		memcpy(search->slots, search->now.slots + state * search->slot_count,
		       search->slot_count * sizeof(*search->slots));
		if (instruction->op == OP_MATCH) {
			matched = true;
			memcpy(offsets, search->slots, search->slot_count * sizeof(*offsets));
			offsets[1] = at;
		} else if (bytes && reads(search, instruction, character, read)) {
			add(search, &search->next, state + 1, at + bytes);
		}
	}
	*ret_bytes = bytes;
	return matched;
}

static bool search_all(struct search *search, PCRE2_SIZE *offsets)
{
	bool found = false;

	for (size_t at = 0, bytes = 0;; at += bytes) {
		struct states now;

		if (!found) { /* a match may also begin here, if none that begins earlier is found */
			for (size_t i = 0; i < search->slot_count; i++)
				search->slots[i] = PCRE2_UNSET;
			search->slots[0] = at;
			add(search, &search->now, 0, at);
		}
		found |= step(search, at, &bytes, offsets);
		now = search->next;
		search->next = search->now;
		search->now = now;
		if (bytes == 0 || (found && search->now.count == 0))
			return found;
	}
}

bool regexp_program_run(struct regexp_program *program, struct str text, size_t groups, PCRE2_SIZE *offsets,
			bool *ret_found)
{
	size_t count = program->code.count;
	struct search search = {.program = program, .text = text, .slot_count = 2 * (groups + 1)};

	if (count > SLOTS_MAX / search.slot_count || count > WORK_MAX / (text.len + 1))
		return false;
	states_init(&search.now, count, search.slot_count);
	states_init(&search.next, count, search.slot_count);
	search.slots = xcalloc(search.slot_count, sizeof(*search.slots));
	search.judge = pcre2_match_data_create(1, NULL);
	CHECK(search.judge != NULL);
	*ret_found = search_all(&search, offsets);
	pcre2_match_data_free(search.judge);
	vec_clear(&search.pending);
	free(search.slots);
	states_clear(&search.next);
	states_clear(&search.now);
	return true;
}
