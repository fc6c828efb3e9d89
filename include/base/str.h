/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - bytes lent by somebody else: a pointer and a length, not NUL-ended. */
#ifndef GAUGELET_BASE_STR_H
#define GAUGELET_BASE_STR_H

#include "base/base.h"

struct str {
	const char *ptr;
	size_t len;
};

#define STR_INIT(literal)                                                                                              \
	{                                                                                                              \
		"" literal "", sizeof(literal) - 1                                                                     \
	}
#define STR(literal) ((struct str)STR_INIT(literal))

/* For printf: "%.*s", STR_ARG(text). Cuts at INT_MAX. */
#define STR_ARG(text) str_printf_length(text), (text).ptr ? (text).ptr : ""

struct str str_of(const char *text); /* NULL is the empty text */
int str_printf_length(struct str text);
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);	/* bytewise, a prefix comes first */
bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
bool str_contains(struct str text, struct str part);

/* The offset of the first byte `c`, or text.len. */
size_t str_index(struct str text, char c);

/* The part from `from` up to `to`; both are cut to the length. */
struct str str_slice(struct str text, size_t from, size_t to);

/* Takes what stands before the first `separator` off the front of *rest, the separator with it. False at the end,
   which comes once after the last part: "a,,b" gives "a", "", "b". */
bool str_split(struct str *rest, char separator, struct str *ret_part);

/* Without white space (space, tab, CR, LF) on either side. */
struct str str_trim(struct str text);

/* How many bytes remain when an incomplete UTF-8 character at the end is cut off. */
size_t str_whole_characters(struct str text);

/* At most `bytes` of the text, in whole characters. */
struct str str_front(struct str text, size_t bytes);

/* The bytes of the valid UTF-8 character at the front; 0: there is none. */
size_t str_character(struct str text);

/* Is it valid UTF-8 (no surrogates, no overlong forms)? */
bool str_is_utf8(struct str text);

/* 64 bits that depend on every byte and on the seed. Not for cryptography; seed it where a peer chooses the bytes. */
uint64_t str_hash(struct str text, uint64_t seed);

#endif
