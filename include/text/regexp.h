/* SPDX-License-Identifier: Apache-2.0 */
/* regexp.h - regular expressions with RE2's syntax and meaning (Go's regexp package), on PCRE2, which may take
   a bounded number of steps for each text. */
#ifndef GAUGELET_TEXT_REGEXP_H
#define GAUGELET_TEXT_REGEXP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct regexp;

enum { REGEXP_BYTES_MAX = 4096 };

/* What RE2 refuses (look-around, back-references, possessive and atomic groups, repeats over 1000) is ERR_INVALID, in Go's
   words: `error parsing regexp: invalid or unsupported Perl syntax: `(?=``. `$` without (?m) is the end of the text only;
   \d \w \s \b are ASCII. */
MUST_USE bool regexp_parse(struct str text, struct regexp **ret_regexp, struct err *err);
void regexp_free(struct regexp *regexp);
DEFINE_FREE_AT(regexp)

/* How many groups it has, named ones included. */
size_t regexp_groups(const struct regexp *regexp);

/* An unanchored search. False in *ret_found is no match; the call itself fails (ERR_LIMIT) when PCRE2 takes more steps than a
   turn of the loop has room for, as ^(a+)+$ does. Such a pattern fails at once from then on, since the next texts would cost
   as much each. */
MUST_USE bool regexp_search(const struct regexp *regexp, struct str text, bool *ret_found, struct err *err);

/* The text of group `name` (the last of that name) in the leftmost match, as a part of `text`; ptr NULL when it took no part or
   does not exist.
   *ret_found as above. */
MUST_USE bool regexp_group(const struct regexp *regexp, struct str text, const char *name, bool *ret_found,
			   struct str *ret_group, struct err *err);

/* Appends the expansion of `as` for the leftmost match ($1, ${1}_x, $name, $$; the longest name is taken, so
   $1_x is the group "1_x", which is empty; malformed: the $ stays). */
MUST_USE bool regexp_expand(const struct regexp *regexp, struct str text, struct str as, bool *ret_found,
			    struct buf *out, struct err *err);

/* The first group that `as` names and the pattern has not, as it stands there without braces; ptr NULL when there is none. *ret_part
   is the longest beginning of it that is a group, ptr NULL for none, as someone may have meant with `$1_x`. */
void regexp_missing_group(const struct regexp *regexp, struct str as, struct str *ret_name, struct str *ret_part);

/* Can `as` expand to nothing else than the empty text, whatever matches? */
bool regexp_expands_to_nothing(const struct regexp *regexp, struct str as);

#endif
