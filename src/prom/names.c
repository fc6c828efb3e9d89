/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/names.h"

#include <stdlib.h>

#include "base/log.h"
#include "model/metric_names.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/client.h"
#include "search_schedule.h"

struct names {
	struct loop *loop;
	struct prom *prom;
	struct names_options options;
	struct loop_timer next;
	struct prom_call *call; /* NULL: not asked at the moment */
	struct metric_names *known;
	struct search_schedule schedule;
};

static void failed(struct names *names, const struct upstream_error *problem)
{
	if (names->schedule.retry_ms == 0)
		log_warn("the names of the metrics: %s; those found before stay", problem->text);
	else
		log_v(2, "the names of the metrics: %s", problem->text);
	search_schedule_failed(&names->schedule, loop_now_ms(names->loop), names->options.relist_ms, problem);
}

/* None in the place of some are taken only when they are said again and again, as series are. */
static void found(struct names *names, struct metric_names *known)
{
	size_t count = metric_names_count(known), before = names->known ? metric_names_count(names->known) : 0;

	log_v(2, "there are %zu names of metrics", count);
	if (search_schedule_answered(&names->schedule, loop_now_ms(names->loop), names->options.relist_ms, count > 0,
				     before > 0)) {
		metric_names_free(names->known);
		names->known = known;
	} else {
		metric_names_free(known);
	}
}

static void answered(void *context, struct metric_names *known, const struct upstream_error *problem)
{
	struct names *names = context;

	names->call = NULL;
	if (known)
		found(names, known);
	else
		failed(names, problem);
	loop_timer_set(names->loop, &names->next, names->schedule.due_ms - loop_now_ms(names->loop));
}

static void ask(void *context)
{
	struct names *names = context;

	names->call = prom_names(names->prom, STR(""), loop_wall_ms(names->loop) - names->options.max_age_ms, INT64_MAX,
				 answered, names);
}

struct names *names_new(struct loop *loop, struct prom *prom, const struct names_options *options)
{
	struct names *names = xnew(struct names);

	*names = (struct names){.loop = loop, .prom = prom, .options = *options};
	names->next = (struct loop_timer){.handler = ask, .context = names};
	loop_timer_set(loop, &names->next, 0);
	return names;
}

void names_free(struct names *names)
{
	if (names == NULL)
		return;
	loop_timer_cancel(names->loop, &names->next);
	if (names->call)
		prom_call_cancel(names->call);
	metric_names_free(names->known);
	free(names);
}

const struct metric_names *names_known(const struct names *names)
{
	return names->known;
}
