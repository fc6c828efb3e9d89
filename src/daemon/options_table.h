/* SPDX-License-Identifier: Apache-2.0 */
/* options_table.h - the table of flags that drives parsing, defaults, --help and the warnings. */
#ifndef GAUGELET_DAEMON_OPTIONS_TABLE_H
#define GAUGELET_DAEMON_OPTIONS_TABLE_H

#include "daemon/options.h"

enum option_kind {
	OPTION_TEXT,	 /* const char *; NULL when empty and without a default */
	OPTION_BOOL,	 /* bool */
	OPTION_DURATION, /* int64_t, ms */
	OPTION_INTEGER,	 /* int64_t */
	OPTION_PORT,	 /* uint16_t */
	OPTION_NUMBER,	 /* double */
	OPTION_LIST,	 /* struct text_list: repeatable */
	OPTION_URLS,	 /* struct text_list: repeatable, and the first takes the default's place */
	OPTION_SLICE,	 /* struct text_list: repeatable, and each value a line of CSV */
	OPTION_SNI,	 /* tls_sni and tls_sni_count: repeatable */
	OPTION_CHOICE,	 /* const char *, one of the choices */
	OPTION_EITHER,	 /* bool: false for the first choice, true for the second */
};

enum option_group {
	GROUP_RULES,
	GROUP_SERVING,
	GROUP_KUBERNETES,
	GROUP_AUTH,
	GROUP_LOGS,
	GROUP_OTHER,
	GROUP_UNUSED_YET,  /* known upstream, not implemented here so far */
	GROUP_UNUSED_EVER, /* known upstream, without a meaning here */
};

enum { OPTION_CHOICES_MAX = 6 };

struct option {
	const char *flag; /* with its dashes */
	enum option_kind kind;
	enum option_group group;
	size_t offset;	    /* in struct options; unused flags have none, nor has SNI */
	const char *preset; /* the default, in the flag's own syntax; NULL: none */
	int64_t min, max;   /* DURATION in ms, INTEGER, PORT */
	const char *choices[OPTION_CHOICES_MAX];
	const char *unit; /* what --help names the value */
	const char *help;
	char letter; /* -v; 0: none */
};

extern const struct option options_table[];
extern const size_t options_table_count;

static inline bool option_is_unused(const struct option *option)
{
	return option->group >= GROUP_UNUSED_YET;
}

/* options_list.c */
void options_list_add(struct text_list *list, const char *text);
void options_list_clear(struct text_list *list);
MUST_USE bool options_list_add_slice(struct text_list *list, const struct option *option, const char *text,
				     struct arena *texts, struct err *err);
MUST_USE bool options_sni_add(struct options *options, const struct option *option, const char *text, struct err *err);
void options_sni_clear(struct options *options);

#endif
