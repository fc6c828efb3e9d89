/* SPDX-License-Identifier: Apache-2.0 */
/* template_in.h - what the parts of the template engine share: tokens, the tree, values. */
#ifndef GAUGELET_TEXT_TEMPLATE_IN_H
#define GAUGELET_TEXT_TEMPLATE_IN_H

#include <stdarg.h>

#include "text/template.h"

/* ---- tokens ---- */

enum token_kind {
	TOKEN_ERROR,
	TOKEN_BOOL,
	TOKEN_CHAR, /* a printable character that means nothing by itself, as the comma */
	TOKEN_CHAR_CONSTANT,
	TOKEN_COMPLEX,
	TOKEN_ASSIGN,
	TOKEN_DECLARE,
	TOKEN_EOF,
	TOKEN_FIELD,
	TOKEN_IDENTIFIER,
	TOKEN_LEFT_DELIM,
	TOKEN_LEFT_PAREN,
	TOKEN_NUMBER,
	TOKEN_PIPE,
	TOKEN_RAW_STRING,
	TOKEN_RIGHT_DELIM,
	TOKEN_RIGHT_PAREN,
	TOKEN_SPACE,
	TOKEN_STRING,
	TOKEN_TEXT,
	TOKEN_VARIABLE,
	TOKEN_BLOCK, /* from here on: messages show <block> rather than "block" */
	TOKEN_BREAK,
	TOKEN_CONTINUE,
	TOKEN_DOT,
	TOKEN_DEFINE,
	TOKEN_ELSE,
	TOKEN_END,
	TOKEN_IF,
	TOKEN_NIL,
	TOKEN_RANGE,
	TOKEN_TEMPLATE,
	TOKEN_WITH,
};

struct token {
	enum token_kind kind;
	size_t at;	 /* offset in the text */
	struct str text; /* of an error the message */
};

struct lexer {
	struct str input;
	size_t start, pos; /* of the token being read */
	bool inside_action;
	unsigned parens;
	char message[400]; /* what an error token points to */
};

struct token lexer_next(struct lexer *lexer);

/* The value of a Go constant with its quotes ("..", `..`, '.'), into `out`. False when it is malformed. */
MUST_USE bool constant_unquote(struct str written, struct buf *out);

enum number_kind { NUMBER_INT, NUMBER_FLOAT, NUMBER_TOO_LARGE /* fits only an unsigned number */ };

struct number {
	enum number_kind kind;
	int64_t integer;
	double real;
};

/* A Go number or character constant. The message is Go's. */
MUST_USE bool constant_number(struct str written, struct number *ret_number, struct err *err);

/* ---- the tree; nodes live in its arena ---- */

enum node_kind {
	NODE_TEXT, /* what lists are made of */
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_BREAK,
	NODE_CONTINUE,
	NODE_CALL, /* <<template>> */
	NODE_END,  /* seen by the parser only */
	NODE_ELSE,
	NODE_PIPE, /* what pipelines are made of */
	NODE_COMMAND,
	NODE_FIELD,
	NODE_VARIABLE,
	NODE_CHAIN,
	NODE_FUNCTION,
	NODE_DOT,
	NODE_NIL,
	NODE_BOOL,
	NODE_NUMBER,
	NODE_STRING,
};

enum function {
	FUNCTION_AND,
	FUNCTION_CALL,
	FUNCTION_EQ,
	FUNCTION_GE,
	FUNCTION_GT,
	FUNCTION_HTML,
	FUNCTION_INDEX,
	FUNCTION_JS,
	FUNCTION_LE,
	FUNCTION_LEN,
	FUNCTION_LT,
	FUNCTION_NE,
	FUNCTION_NOT,
	FUNCTION_OR,
	FUNCTION_PRINT,
	FUNCTION_PRINTF,
	FUNCTION_PRINTLN,
	FUNCTION_SLICE,
	FUNCTION_URLQUERY,
	FUNCTION_COUNT,
};

struct node {
	enum node_kind kind;
	size_t at;	    /* offset in the text, for messages */
	struct node *next;  /* the next of its list, pipeline or command */
	struct str text;    /* of TEXT and STRING the value; of FUNCTION and CALL the name */
	struct str written; /* of STRING and NUMBER as it stands in the template */
	struct node *pipe;  /* of statements; NULL in a CALL without one */
	struct node *list, *else_list;
	bool chained;	     /* IF: the else_list is the one `if` of an `else if` */
	struct node *parts;  /* of PIPE its commands, of COMMAND its words, of CHAIN the node before the fields */
	unsigned part_count; /* of COMMAND */
	struct str *names;   /* of FIELD, CHAIN and VARIABLE ($x first); of PIPE the declared variables */
	unsigned name_count;
	bool assigns; /* PIPE: $x = rather than $x := */
	bool truth;   /* BOOL */
	struct number number;
	enum function function;
	struct definition *definition; /* of CALL; NULL when there is none */
	struct node *next_named;       /* chains all nodes with names, and (of CALL) all calls */
};

struct definition {
	struct str name;
	struct node *list;
	struct definition *next;
};

struct template_tree {
	struct arena *arena;
	struct str text;
	struct str name;
	struct definition *definitions;
	struct definition *main;
	struct node *named; /* FIELD, VARIABLE and CHAIN nodes, by next_named */
	struct node *calls; /* CALL nodes, by next_named */
};

/* Fills a tree whose arena, text and name are set. */
MUST_USE bool template_parse_into(struct template_tree *tree, struct place *ret_at, struct err *err);

/* The line and column (from 1) of an offset. */
struct place template_place(const struct template_tree *tree, size_t at);

/* As vsnprintf, but cuts at a character boundary. */
void template_message(char *text, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);

/* A node as Go writes it in messages. */
void template_write_node(struct buf *out, const struct node *node);

/* The number of arguments of a function that Go calls "fixed", and whether more may follow. */
struct function_face {
	const char *name;
	unsigned fixed;
	bool variadic;
};

extern const struct function_face template_functions[FUNCTION_COUNT];

/* ---- values of a run ---- */

enum value_kind {
	VALUE_NONE, /* nil, or a map key that is not there */
	VALUE_BOOL,
	VALUE_INT,
	VALUE_BYTE, /* of a string by index */
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
	VALUE_ROOT,
};

struct value_items {
	const struct str *items;
	const struct str *keys; /* of a map */
	size_t count;
};

struct value {
	enum value_kind kind;
	union {
		bool truth;
		int64_t integer; /* INT and BYTE */
		double real;
		struct str string;
		struct value_items all; /* LIST and MAP */
	};
};

struct variable {
	struct str name;
	struct value value;
	struct variable *below;
};

struct run {
	const struct template_tree *tree;
	const struct template_field *fields;
	size_t field_count;
	struct arena *scratch;
	struct buf *out;
	struct err *err;
	struct variable *variables, *spare; /* the top of the stack; popped ones */
	const struct definition *definition;
	const struct node *at; /* for messages */
	unsigned depth;
	size_t steps; /* nodes visited; work on long texts counts as well */
};

/* Always false. The first puts Go's place and context before the message. */
bool run_fail(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
bool run_fail_call(struct run *run, const struct node *node, const char *format, ...) PRINTF_LIKE(3, 4);
bool run_fail_limit(struct run *run, const char *what);

/* Counts work; false when it is more than a run may take. */
MUST_USE bool run_steps(struct run *run, size_t count);

/* A text that a function made stands at the end of `out`, from `mark` on: moves it to the arena. */
MUST_USE bool run_take_text(struct run *run, size_t mark, struct value *ret_value);

static inline struct value value_bool(bool truth)
{
	return (struct value){.kind = VALUE_BOOL, .truth = truth};
}

static inline struct value value_int(int64_t integer)
{
	return (struct value){.kind = VALUE_INT, .integer = integer};
}

static inline struct value value_string(struct str string)
{
	return (struct value){.kind = VALUE_STRING, .string = string};
}

bool value_truth(const struct value *value);
struct value value_of_field(const struct template_field *field);

/* Of a map; false when the key is not there. */
bool value_of_key(const struct value *map, struct str key, struct value *ret_value);
const char *value_type(const struct run *run, const struct value *value);

/* A built-in function but `and` and `or`. `call` is where errors are said to be. */
MUST_USE bool function_run(struct run *run, enum function function, const struct node *call, const struct value *args,
			   size_t count, struct value *ret_value);

/* As fmt.Fprint(value), fmt.Sprint(args...) (with `line` Sprintln) and fmt.Sprintf(format, args...). */
void format_value(const struct run *run, struct buf *out, const struct value *value);
void format_print(const struct run *run, struct buf *out, const struct value *args, size_t count, bool line);
MUST_USE bool format_printf(struct run *run, const struct node *call, struct str format, const struct value *args,
			    size_t count);

#endif
