/* SPDX-License-Identifier: Apache-2.0 */
#include "api_in.h"
#include "base/map.h"
#include "model/age_query.h"
#include "model/catalog.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/sample.h"

#include <math.h>
#include <stdlib.h>

/* When the oldest series behind a sample had its last one. */
struct api_ages {
	struct map times; /* from keys to int64_t, in the plan's arena */
	size_t source;	  /* who told them */
};

static bool are_wanted(const struct api_plan *plan)
{
	const struct extension_spec *extension = &plan->metric->rule->spec->extension;

	return extension->has_sample_age ? extension->sample_age : plan->view->sample_age;
}

void ages_begin(struct api_plan *plan)
{
	struct buf age = BUF_MAX(QUERY_BYTES_MAX + 1024);

	plan->step = API_QUERY;
	if (!are_wanted(plan))
		return;
	if (!age_query_write(buf_str(&plan->promql), plan->arena, &age)) {
		buf_clear(&age);
		return;
	}
	plan->ages = xnew(struct api_ages);
	plan->later = plan->promql;
	plan->promql = age;
	plan->step = API_AGE;
}

void ages_clear(struct api_plan *plan)
{
	if (plan->ages)
		map_clear(&plan->ages->times);
	free(plan->ages);
	plan->ages = NULL;
	buf_clear(&plan->later);
}

/* ---- keys */

static bool is_before(const struct label *left, const struct label *right)
{
	return str_cmp(left->name, right->name) < 0;
}

static void sort_labels(struct label *labels, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && is_before(&labels[k], &labels[k - 1]); k--) {
			struct label kept = labels[k];

			labels[k] = labels[k - 1];
			labels[k - 1] = kept;
		}
}

static void put_text(struct buf *out, struct str text)
{
	buf_printf(out, "%zu:", text.len);
	buf_put(out, text);
}

/* An object is known by its label. A sample of an external metric is known by all its labels but the metric's name, which no answer
   with ages has; one without a value is as good as none. */
static bool write_key(const struct api_plan *plan, const struct sample *sample, struct buf *out)
{
	struct label *labels;
	size_t count = 0;

	if (plan->request->route != ROUTE_EXTERNAL) {
		buf_put(out, sample_label(sample, plan->metric->object_label));
		return true;
	}
	labels = arena_calloc(plan->arena, sample->label_count, sizeof(*labels));
	if (labels == NULL)
		return false;
	for (size_t i = 0; i < sample->label_count; i++)
		if (!str_eq(sample->labels[i].name, STR("__name__")) && sample->labels[i].value.len)
			labels[count++] = sample->labels[i];
	sort_labels(labels, count);
	for (size_t i = 0; i < count; i++) {
		put_text(out, labels[i].name);
		put_text(out, labels[i].value);
	}
	return true;
}

/* ---- times */

/* Of several the oldest; what has no room or no time is of unknown age. */
static void keep_time(struct api_plan *plan, struct str key, double seconds)
{
	int64_t *time_ms = map_get(&plan->ages->times, key);
	int64_t new_ms;

	if (!isfinite(seconds) || fabs(seconds) > 1e12)
		return;
	new_ms = (int64_t)(seconds * 1000);
	if (time_ms) {
		*time_ms = new_ms < *time_ms ? new_ms : *time_ms;
		return;
	}
	time_ms = arena_calloc(plan->arena, 1, sizeof(*time_ms));
	if (time_ms && arena_copy(plan->arena, key, &key)) {
		*time_ms = new_ms;
		*map_at(&plan->ages->times, key) = time_ms;
	}
}

bool ages_find(const struct api_plan *plan, const struct sample *sample, int64_t *ret_time_ms)
{
	CLEANUP(buf_clear) struct buf key = {0};
	const int64_t *time_ms = NULL;

	if (write_key(plan, sample, &key))
		time_ms = map_get(&plan->ages->times, buf_str(&key));
	if (time_ms)
		*ret_time_ms = *time_ms;
	return time_ms != NULL;
}

/* One Prometheus may have what another has not got yet: a number is as old as its own says. */
bool ages_are_of(const struct api_plan *plan, const struct samples *samples)
{
	return plan->ages == NULL || plan->ages->source == samples->source;
}

void api_aged(struct api_plan *plan, const struct samples *samples)
{
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];
		CLEANUP(buf_clear) struct buf key = {0};

		if (!sample_is_foreign(plan, sample) && write_key(plan, sample, &key))
			keep_time(plan, buf_str(&key), sample->value);
	}
	plan->ages->source = samples->source;
	buf_clear(&plan->promql);
	plan->promql = plan->later;
	plan->later = (struct buf){0};
	plan->step = API_QUERY;
}
