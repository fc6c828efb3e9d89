/* SPDX-License-Identifier: Apache-2.0 */
#include "failover.h"

#include <stdlib.h>

#include "upstream_error.h"
#include "prom/client.h"

enum {
	UPSTREAMS_MAX = 8,
	SHARE_MAX_MS =
		4000, /* less than the answers of requests given up are waited for, so that they fail over, too */
};

bool failover_init(struct failover *failover, struct loop *loop, const struct prom_options *options, struct err *err)
{
	size_t more = 0;

	while (options->more_urls && options->more_urls[more])
		more++;
	if (more + 1 > UPSTREAMS_MAX)
		return err_set(err, ERR_INVALID, "--prometheus-url: %zu are too many, %d are taken", more + 1,
			       UPSTREAMS_MAX);
	failover->items = xcalloc(more + 1, sizeof(*failover->items));
	failover->stats.upstreams = xcalloc(more + 1, sizeof(*failover->stats.upstreams));
	if (!credentials_init(&failover->credentials, options, err))
		return false;
	for (size_t i = 0; i <= more; i++) {
		failover->items[i] = upstream_new(loop, options, i ? options->more_urls[i - 1] : options->url,
						  &failover->credentials, &failover->stats.upstreams[i], err);
		if (failover->items[i] == NULL)
			return false;
		failover->items[i]->index = (unsigned)i;
		failover->stats.count = ++failover->count;
	}
	return true;
}

void failover_clear(struct failover *failover)
{
	for (size_t i = 0; i < failover->count; i++)
		upstream_free(failover->items[i]);
	credentials_clear(&failover->credentials);
	free(failover->items);
	free(failover->stats.upstreams);
	*failover = (struct failover){0};
}

struct upstream *failover_next(const struct failover *failover, uint32_t tried, int64_t now_ms)
{
	for (size_t i = 0; i < failover->count; i++)
		if (!(tried & upstream_bit(failover->items[i])) &&
		    breaker_wait_ms(&failover->items[i]->breaker, now_ms) == 0)
			return failover->items[i];
	return NULL;
}

/* The one that may be asked first. */
static struct upstream *soonest(const struct failover *failover, int64_t now_ms)
{
	struct upstream *found = failover->items[0];

	for (size_t i = 1; i < failover->count; i++)
		if (breaker_wait_ms(&failover->items[i]->breaker, now_ms) < breaker_wait_ms(&found->breaker, now_ms))
			found = failover->items[i];
	return found;
}

int64_t failover_share_ms(int64_t left_ms)
{
	return left_ms / 2 < SHARE_MAX_MS ? left_ms / 2 : SHARE_MAX_MS;
}

int64_t failover_wait_ms(const struct failover *failover, int64_t now_ms)
{
	return breaker_wait_ms(&soonest(failover, now_ms)->breaker, now_ms);
}

void failover_refuse(const struct failover *failover, enum prom_path path, int64_t now_ms,
		     struct upstream_error *ret_error)
{
	struct upstream *upstream = soonest(failover, now_ms);

	upstream->stats->paths[path].not_asked++;
	upstream_error_describe_wait(&upstream->last, breaker_wait_ms(&upstream->breaker, now_ms), ret_error);
}

const struct prom_stats *failover_stats(const struct failover *failover, int64_t now_ms)
{
	for (size_t i = 0; i < failover->count; i++) {
		const struct upstream *upstream = failover->items[i];

		upstream->stats->breaker = breaker_state(&upstream->breaker, now_ms);
		upstream->stats->times_opened = upstream->breaker.times_opened;
	}
	return &failover->stats;
}
