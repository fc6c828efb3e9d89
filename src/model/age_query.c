/* SPDX-License-Identifier: Apache-2.0 */
#include "model/age_query.h"

#include "model/query.h"
#include "text/promql.h"

/* ---- the shape */

static bool is_word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(struct str text)
{
	size_t length = 0;

	while (length < text.len && is_word_character(text.ptr[length]))
		length++;
	return length;
}

static struct str without_parentheses(struct str text)
{
	text = str_trim(text);
	while (text.len >= 2 && text.ptr[0] == '(' && text.ptr[text.len - 1] == ')')
		text = str_trim(str_slice(text, 1, text.len - 1));
	return text;
}

/* `rate(x[5m])`: a function of a range gives each of its series one value and keeps the labels. absent_over_time makes up its
   own. */
static bool is_function_of(struct str text, const struct promql_selector *selector)
{
	struct str name = str_slice(text, 0, word_length(text));
	struct str rest = without_parentheses(str_slice(text, name.len, text.len));

	return name.len && selector->range.ptr && str_eq(rest, selector->whole) &&
	       !str_eq(name, STR("absent_over_time"));
}

/* A subquery's range holds a colon; what it evaluates on the way is not what the selector alone gives. */
static bool is_plain(struct str text, struct arena *arena, struct promql_selector *ret_selector)
{
	const struct promql_selector *selectors;
	size_t count;
	struct err ignored;

	text = without_parentheses(text);
	if (!promql_selectors(text, arena, &selectors, &count, &ignored) || count != 1 || selectors->shifted ||
	    str_contains(selectors->range, STR(":")))
		return false;
	if (!(selectors->range.ptr == NULL && str_eq(text, selectors->whole)) && !is_function_of(text, selectors))
		return false;
	*ret_selector = *selectors;
	return true;
}

/* The other aggregations pick samples, or make labels of their own. */
static bool is_over_all(struct str op)
{
	static const struct str ops[] = {
		STR_INIT("sum"),    STR_INIT("avg"),	STR_INIT("min"),   STR_INIT("max"),	 STR_INIT("count"),
		STR_INIT("stddev"), STR_INIT("stdvar"), STR_INIT("group"), STR_INIT("quantile"),
	};

	for (size_t i = 0; i < COUNT_OF(ops); i++)
		if (str_eq_nocase(op, ops[i]))
			return true;
	return false;
}

/* ---- the query */

static void put_grouping(struct buf *out, const struct promql_aggregation *aggregation)
{
	if (!aggregation->grouped)
		return;
	buf_puts(out, aggregation->without ? " without (" : " by (");
	for (size_t i = 0; i < aggregation->label_count; i++) {
		buf_puts(out, i ? ", " : "");
		query_write_label(out, aggregation->labels[i]);
	}
	buf_puts(out, ") ");
}

bool age_query_write(struct str promql, struct arena *arena, struct buf *out)
{
	struct promql_aggregation aggregation = {.operand = promql};
	struct promql_selector selector;
	struct err ignored;
	bool is = false;

	if (!promql_aggregation(promql, arena, &is, &aggregation, &ignored) || (is && !is_over_all(aggregation.op)) ||
	    !is_plain(aggregation.operand, arena, &selector))
		return false;
	if (is) {
		buf_puts(out, "min");
		put_grouping(out, &aggregation);
		buf_putc(out, '(');
	}
	buf_puts(out, "timestamp(");
	buf_put(out, selector.text);
	buf_puts(out, is ? "))" : ")");
	return true;
}
