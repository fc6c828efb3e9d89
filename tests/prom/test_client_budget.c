/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the answers of Prometheus is read at a time. */
#include "client_world.h"
#include "model/upstream_error.h"
#include "prom/stats.h"

enum { BUDGET = 64 << 10, MANY = 400 };

struct crowd {
	struct world *world;
	struct prom_call *first;
	char *large; /* an answer of MANY samples; the first time its end does not come */
	struct step step;
	int asked;
};

static const struct step *answer_largely(void *context, const char *request)
{
	struct crowd *crowd = context;

	(void)request;
	crowd->step = (struct step){crowd->large, crowd->asked++ ? KEEP : HANG, 0};
	return &crowd->step;
}

static void make_large(struct crowd *crowd, struct buf *out)
{
	CLEANUP(buf_clear) struct buf body = {0};

	buf_puts(&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < MANY; i++)
		buf_printf(&body, "%s{\"metric\":{\"pod\":\"%0100d\"},\"value\":[1565786045,\"1\"]}", i ? "," : "", i);
	buf_puts(&body, "]}}");
	buf_printf(out, "HTTP/1.1 200 OK\r\n" JSON_TYPE "Content-Length: %zu\r\n\r\n", body.len + 1);
	buf_put(out, buf_str(&body));
	crowd->large = out->ptr;
	(void)buf_cstr(out);
}

static void begin_reading(void *context)
{
	struct crowd *crowd = context;

	if (prom_reading_bytes(crowd->world->prom) < BUDGET / 2) /* not all of it has come */
		loop_timer_set(crowd->world->loop, &crowd->world->patience, 1);
	else
		loop_stop(crowd->world->loop);
}

static void test_budget(void **state)
{
	struct world *world = *state;
	struct crowd crowd = {.world = world};
	struct prom_options options = usual();
	CLEANUP(buf_clear) struct buf large = {0};

	make_large(&crowd, &large);
	crowd.large = large.ptr;
	world->server.choose = answer_largely;
	world->server.context = &crowd;
	options.samples_bytes_max = BUDGET;
	new_prom(world, "", "", options);
	crowd.first = start_query(world, "first", 1000, PATIENCE_MS);
	world->patience = (struct loop_timer){.handler = begin_reading, .context = &crowd};
	loop_timer_set(world->loop, &world->patience, 0);
	loop_run(world->loop); /* one alone may have more than the budget */
	assert_true(prom_reading_bytes(world->prom) > BUDGET);
	query(world);
	assert_int_equal(world->problem.fault, UPSTREAM_OVERLOAD);
	assert_contains(str_of(world->problem.text),
			"with the other answers that are being read it takes more than 65536 bytes");
	prom_call_cancel(crowd.first);
	assert_int_equal(prom_reading_bytes(world->prom), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
