/* SPDX-License-Identifier: Apache-2.0 */
#include "warning.h"

#include "api/status.h"
#include "text/quantity.h"

enum { NAMES_SHOWN = 3, NAME_SHOWN = 60, LABELS_SHOWN = 5, ITEMS_ADDED_MAX = 1000 };

static void warn(struct api_plan *plan, const struct reason *reason)
{
	reason_write_warning(&plan->reply.warning, reason);
	reason_write(&plan->reply.reason, STR(""), reason, STATUS_MESSAGE_BYTES);
	plan->reply.code = reason->code;
}

/* The first objects with that fate, as `a, b and 3 more`. */
static size_t write_names(struct buf *out, const struct api_plan *plan, const struct number *numbers, bool sampled,
			  enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->name_count; i++) {
		if ((numbers[i].samples > 0) != sampled || (sampled && numbers[i].verdict != verdict))
			continue;
		if (count++ < NAMES_SHOWN)
			buf_printf(out, "%s%.*s", count > 1 ? ", " : "",
				   STR_ARG(str_front(plan->names[i], NAME_SHOWN)));
	}
	if (count > NAMES_SHOWN)
		buf_printf(out, " and %zu more", count - NAMES_SHOWN);
	return count;
}

static void add_fate(struct buf *out, const struct api_plan *plan, const struct number *numbers, bool sampled,
		     enum verdict verdict)
{
	CLEANUP(buf_clear) struct buf names = {0};

	if (write_names(&names, plan, numbers, sampled, verdict) == 0)
		return;
	buf_printf(out, "%s%s: %s%s", out->len ? "; " : "", buf_cstr(&names),
		   sampled ? verdict_name(verdict) : "no sample", verdict == VERDICT_INFINITE ? " (Inf)" : "");
}

void warning_of_left_out(struct api_plan *plan, const struct number *numbers, const struct tally *tally)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	for (enum verdict verdict = VERDICT_NAN; verdict < VERDICT_COUNT; verdict++)
		add_fate(&text, plan, numbers, true, verdict);
	add_fate(&text, plan, numbers, false, VERDICT_GOOD);
	reason_begin(&reason, REASON_LEFT_OUT);
	reason_set_rule(&reason, plan->metric->rule);
	reason_count(&reason, "count", plan->name_count - tally->good, "object");
	reason_print(&reason, "all", "%zu", plan->name_count);
	reason_set_elastic(&reason, "objects", buf_str(&text), (struct str){0});
	warn(plan, &reason);
}

/* ---- several items */

static bool differs(const struct samples *samples, struct str label)
{
	struct str value = sample_label(&samples->list.items[0], label);

	for (size_t i = 1; i < samples->list.count; i++)
		if (!str_eq(sample_label(&samples->list.items[i], label), value))
			return true;
	return false;
}

static void set_labels(struct reason *reason, const struct samples *samples)
{
	CLEANUP(buf_clear) struct buf text = {0};
	size_t shown = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct sample *sample = &samples->list.items[i];

		for (size_t k = 0; k < sample->label_count && shown < LABELS_SHOWN; k++) {
			struct str label = sample->labels[k].name;

			if ((i == 0 || sample_label(&samples->list.items[0], label).len == 0) &&
			    differs(samples, label))
				buf_printf(&text, "%s%.*s", shown++ ? ", " : "", STR_ARG(str_front(label, NAME_SHOWN)));
		}
	}
	reason_set(reason, "labels", buf_str(&text), SIZE_MAX);
}

static void set_sum(struct reason *reason, const struct samples *samples, const struct number *numbers)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int64_t sum = 0;

	for (size_t i = 0; i < samples->list.count && i < ITEMS_ADDED_MAX; i++)
		if (__builtin_add_overflow(sum, numbers[i].milli, &sum))
			return;
	quantity_write_decimal(&text, sum);
	reason_set(reason, "sum", buf_str(&text), SIZE_MAX);
}

void warning_of_items(struct api_plan *plan, const struct samples *samples, const struct number *numbers)
{
	CLEANUP(reason_clear) struct reason reason = {0};

	reason_begin(&reason, REASON_SEVERAL_ITEMS);
	reason_set_rule(&reason, plan->metric->rule);
	reason_count(&reason, "count", samples->list.count, "item");
	set_labels(&reason, samples);
	if (samples->list.count <= ITEMS_ADDED_MAX)
		set_sum(&reason, samples, numbers);
	warn(plan, &reason);
}
