/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_matchers.h"

#include "api_in.h"
#include "model/query.h"
#include "probe.h"
#include "probe_parts.h"

/* A label that no series has. */
#define NO_LABEL "gaugelet_none"

/* ---- whose matcher it is */

static const struct selector *selector_of(const struct api_plan *plan)
{
	return plan->request->route == ROUTE_EXTERNAL ? &plan->parameters.label_selector
						      : &plan->parameters.metric_selector;
}

static bool is_selected(const struct api_plan *plan, const struct promql_matcher *matcher)
{
	const struct selector *selector = selector_of(plan);

	for (size_t i = 0; i < selector->count; i++) {
		const struct selector_requirement *requirement = &selector->requirements[i];

		if (!str_eq(requirement->key, matcher->label))
			continue;
		if (requirement->value_count != 1 || str_eq(requirement->values[0], matcher->value))
			return true;
	}
	return false;
}

/* One that tells series apart that have the label is no matcher of the object, whatever its label. */
static enum matcher_role role_of(const struct api_plan *plan, const struct promql_matcher *matcher)
{
	const struct metric *metric = plan->metric;
	bool equal = str_eq(matcher->op, STR("=")) || str_eq(matcher->op, STR("=~"));

	if (metric == NULL)
		return ROLE_AUTHOR;
	if (equal && metric->object_label.ptr && str_eq(matcher->label, metric->object_label) && plan->name_count &&
	    (plan->name_count > 1 || str_eq(matcher->value, plan->names[0])))
		return ROLE_OBJECT;
	if (equal && plan->request->namespaced && metric->namespace_label.ptr &&
	    str_eq(matcher->label, metric->namespace_label) && str_eq(matcher->value, plan->request->namespace))
		return ROLE_NAMESPACE;
	return is_selected(plan, matcher) ? ROLE_SELECTOR : ROLE_AUTHOR;
}

/* ---- without which the selector gives something */

static void write_without(struct buf *out, const struct drops *drops, size_t number)
{
	bool one = number < drops->count;

	probe_write_selector(out, drops->selector, one ? drops->list[number].matcher : NULL, !one);
}

static void collect(struct drops *drops, const struct api_plan *plan, enum matcher_role role)
{
	const struct promql_selector *selector = drops->selector->selector;

	for (size_t i = 0; i < selector->count && drops->count < DROPS_MAX; i++)
		if (!str_eq(selector->list[i].label, STR("__name__")) && role_of(plan, &selector->list[i]) == role)
			drops->list[drops->count++] = (struct dropped_matcher){&selector->list[i], role};
}

/* {} selects nothing, and is refused. */
bool probe_drops_begin(struct drops *drops, const struct promql_node *selector, const struct api_plan *plan,
		       struct buf *probe)
{
	bool named = selector->selector->name.ptr || selector->selector->pattern_name;

	*drops = (struct drops){.selector = selector};
	for (enum matcher_role role = ROLE_SELECTOR; role < ROLE_COUNT; role++)
		collect(drops, plan, role);
	drops->helps = drops->count + 1;
	if (drops->count == 0 || (!named && drops->count < 2))
		return false;
	for (size_t i = 0; i < drops->count + named; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		write_without(&text, drops, i);
		probe_add_count(probe, i, buf_str(&text));
	}
	return true;
}

void probe_drops_judge(struct drops *drops, const struct samples *samples)
{
	for (size_t i = 0; i < samples->list.count; i++) {
		size_t number = probe_part_of(&samples->list.items[i]);

		if (number < drops->helps)
			drops->helps = number;
	}
}

bool probe_drops_have_one(const struct drops *drops)
{
	return drops->helps < drops->count;
}

/* ---- what is there instead */

void probe_drops_write_values(const struct drops *drops, struct buf *probe)
{
	CLEANUP(buf_clear) struct buf selector = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	write_without(&selector, drops, drops->helps);
	if (probe_drops_have_one(drops)) {
		buf_printf(&text, "topk(%d,count by (", VALUES_MAX + 1);
		query_write_label(&text, drops->list[drops->helps].matcher->label);
		buf_puts(&text, ") (");
		buf_put(&text, buf_str(&selector));
		buf_puts(&text, "))");
		probe_add(probe, 0, buf_str(&text));
		buf_reset(&text);
	}
	buf_puts(&text, "topk(1,count without (" NO_LABEL ") (");
	buf_put(&text, buf_str(&selector));
	buf_puts(&text, "))");
	probe_add(probe, 1, buf_str(&text));
}

static void read_value(struct drops *drops, struct str label, const struct sample *sample)
{
	struct str value = sample_label(sample, label);

	drops->missing |= value.len == 0;
	if (value.len == 0)
		return;
	if (drops->value_count < VALUES_MAX - 1)
		drops->values[drops->value_count++] = value;
	else
		drops->more = true;
}

/* Is it what the request asks for? */
static bool is_asked(const struct api_plan *plan, enum matcher_role role, struct str value)
{
	if (role == ROLE_NAMESPACE)
		return str_eq(value, plan->request->namespace);
	for (size_t i = 0; role == ROLE_OBJECT && i < plan->name_count; i++)
		if (str_eq(value, plan->names[i]))
			return true;
	return false;
}

static void read_labels(struct drops *drops, const struct api_plan *plan, const struct sample *sample)
{
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct label *label = &sample->labels[i];

		if (probe_is_own(label->name) || str_eq(label->name, STR("__name__")))
			continue;
		if (drops->label_count < SAMPLE_LABELS_MAX)
			drops->labels[drops->label_count++] = label->name;
		if (probe_drops_have_one(drops) && is_asked(plan, drops->list[drops->helps].role, label->value) &&
		    !str_eq(label->name, drops->list[drops->helps].matcher->label) && drops->holder.len == 0)
			drops->holder = label->name;
	}
}

/* Texts are lent from the samples. */
void probe_drops_read_values(struct drops *drops, const struct api_plan *plan, const struct samples *samples)
{
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];

		if (probe_part_of(sample) == 0 && probe_drops_have_one(drops))
			read_value(drops, drops->list[drops->helps].matcher->label, sample);
		else if (probe_part_of(sample) == 1)
			read_labels(drops, plan, sample);
	}
}
