/* SPDX-License-Identifier: Apache-2.0 */
/* rule.h - the rules of a file, compiled: parsed once, run many times. */
#ifndef GAUGELET_MODEL_RULE_H
#define GAUGELET_MODEL_RULE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct association;
struct namer;
struct problems;
struct resource_rules;
struct rule_spec;
struct rules_spec;
struct template_tree;

struct rule {
	const struct rule_spec *spec;
	struct str file; /* for messages */
	bool external;
	bool twin; /* of a custom rule, which has the parts */
	struct association *association;
	struct namer *namer;
	struct template_tree *query;
	size_t series_query; /* its number in rules.series_queries */
};

/* A snapshot: const once compiled, counted. */
struct rules {
	struct rules_spec *spec;
	struct rule *list; /* custom rules first, then external ones, each in file order */
	size_t count, custom_count;
	struct str *series_queries; /* each text once */
	struct str *series_names;   /* the one name of a metric that each of them takes; empty: any, or none is known */
	size_t series_query_count;
	struct arena *arena;		 /* of the names */
	struct resource_rules *resource; /* NULL: the file has no resourceRules */
	unsigned references;
	void (*retire)(struct rules *rules); /* has to free them when nobody has them; NULL: that is done at once */
};

/* Takes the spec, also on failure. False when there was an error, be it one that reading found; all of them are in `problems`. */
MUST_USE bool rules_compile(struct rules_spec *spec, struct problems *problems, struct rules **ret_rules);

/* Has every custom rule serve external metrics too, as ACK's adapter does; where names are equal the file's own external rules
   win. Before anybody else has the rules. */
void rules_add_twins(struct rules *rules);
struct rules *rules_ref(struct rules *rules);
void rules_unref(struct rules *rules); /* NULL is fine */
void rules_free(struct rules *rules);  /* whoever has them: for `retire` */

/* Does a rule let only ready pods count? */
bool rules_want_ready_pods(const struct rules *rules);

/* Appends what the rule would ask for one object, found by `label`, with names in the place of what only a request tells. */
#define RULE_OBJECT_LABEL "the_label_of_the_object"
enum { RULE_ARENA_BYTES_MAX = 4 << 20 }; /* what that, and reading it, may take */
MUST_USE bool rule_typical_query(const struct rule *rule, struct str label, struct str series, struct arena *arena,
				 struct buf *out, struct err *err);

/* `rules.yaml:14`, the place of a rule as messages name it; of one that stands in no file its `file` alone. */
void rule_write_place(struct buf *out, const struct rule *rule);

#endif
