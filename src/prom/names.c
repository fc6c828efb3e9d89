/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/names.h"

#include <stdlib.h>

#include "base/log.h"
#include "model/metric_names.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/client.h"

enum { FIRST_RETRY_MS = 2000 }; /* after a failure, doubled each time, up to the interval */

struct names {
	struct loop *loop;
	struct prom *prom;
	struct names_options options;
	struct loop_timer next;
	struct prom_call *call; /* NULL: not asked at the moment */
	struct metric_names *known;
	int64_t retry_ms; /* the wait after the last failure; 0: it was good */
};

static int64_t wait_after(struct names *names, const struct upstream_error *problem)
{
	int64_t most = names->options.relist_ms;

	if (problem == NULL) {
		names->retry_ms = 0;
		return most;
	}
	if (names->retry_ms == 0)
		log_warn("the names of the metrics: %s; those found before stay", problem->text);
	else
		log_v(2, "the names of the metrics: %s", problem->text);
	names->retry_ms = names->retry_ms ? names->retry_ms * 2 : FIRST_RETRY_MS;
	if (names->retry_ms > most)
		names->retry_ms = most;
	return names->retry_ms;
}

static void answered(void *context, struct metric_names *known, const struct upstream_error *problem)
{
	struct names *names = context;

	names->call = NULL;
	if (known) {
		log_v(2, "there are %zu names of metrics", metric_names_count(known));
		metric_names_free(names->known);
		names->known = known;
	}
	loop_timer_set(names->loop, &names->next, wait_after(names, problem));
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
