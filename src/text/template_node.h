/* SPDX-License-Identifier: Apache-2.0 */
/* template_node.h - the tree that a template is parsed into; its nodes live in its arena. */
#ifndef GAUGELET_TEXT_TEMPLATE_NODE_H
#define GAUGELET_TEXT_TEMPLATE_NODE_H

#include "template_constant.h"
#include "text/template.h"

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

/* What kinds have that never need it at once shares its place: thousands of rules have a tree each. */
struct node {
	enum node_kind kind;
	uint32_t at;	   /* offset in the text, for messages */
	struct node *next; /* the next of its list, pipeline or command */
	union {
		struct str text; /* of TEXT and STRING the value; of FUNCTION and CALL the name */
		struct {
			struct node *list, *else_list; /* of IF, WITH and RANGE */
		};
	};
	union {
		struct str written; /* of STRING and NUMBER as it stands in the template */
		struct node *pipe;  /* of statements; NULL in a CALL without one */
	};
	union {
		struct number number; /* of NUMBER */
		struct {
			struct node *
				parts; /* of PIPE its commands, of COMMAND its words, of CHAIN the node before the fields */
			struct str *names; /* of FIELD, CHAIN and VARIABLE ($x first); of PIPE the declared variables */
			uint32_t name_count;
			uint32_t part_count; /* of COMMAND */
		};
		struct definition *definition; /* of CALL; NULL when there is none */
	};
	struct node *next_named; /* chains all nodes with names, and (of CALL) all calls */
	enum function function;
	bool chained; /* IF: the else_list is the one `if` of an `else if` */
	bool assigns; /* PIPE: $x = rather than $x := */
	bool truth;   /* BOOL */
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

/* The line and column (from 1) of an offset. */
struct place template_place(const struct template_tree *tree, size_t at);

/* A node as Go writes it in messages. */
void template_node_write(struct buf *out, const struct node *node);

/* The number of arguments of a function that Go calls "fixed", and whether more may follow. */
struct function_face {
	const char *name;
	unsigned fixed;
	bool variadic;
};

extern const struct function_face template_functions[FUNCTION_COUNT];

#endif
