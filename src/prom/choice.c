/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/log.h"
#include "choice_in.h"
#include "model/upstream_error.h"

enum {
	SOURCES_MAX = 8,
	/* Who gives less time learns nothing about the other side; a caller's `timeout` must not close it for the others. */
	TIMEOUT_COUNTS_MS = 3000,
	SHARE_MAX_MS =
		4000,	   /* less than the answers of questions given up are waited for, so that they fail over, too */
	HOLD_MAX_S = 3600, /* the breaker grants less */
};

/* ---- the sources */

static bool add_source(struct choice *choice, struct loop *loop, const struct prom_options *options, const char *url,
		       struct err *err)
{
	struct source *source = &choice->items[choice->count++];
	struct http_client_options http = {
		.ca_file = options->ca_file,
		.cert_file = options->cert_file,
		.key_file = options->key_file,
		.ca_pem = options->ca_pem,
		.cert_pem = options->cert_pem,
		.key_pem = options->key_pem,
		.tls_server_name = options->tls_server_name,
		.insecure = options->insecure,
		.follow_redirects = options->tls_server_name == NULL,
		.max_connections = options->max_connections,
	};

	source->upstream = upstream_new(options, url, err);
	if (source->upstream == NULL)
		return false;
	source->stats = &choice->stats.upstreams[choice->stats.count++];
	source->stats->authority = upstream_authority(source->upstream);
	source->stats->url = upstream_url(source->upstream);
	http.user = upstream_user(source->upstream);
	http.password = upstream_password(source->upstream);
	source->http = http_client_new(loop, &http, err);
	return source->http != NULL;
}

bool choice_init(struct choice *choice, struct loop *loop, const struct prom_options *options, struct err *err)
{
	size_t more = 0;

	while (options->more_urls && options->more_urls[more])
		more++;
	if (more + 1 > SOURCES_MAX)
		return err_set(err, ERR_INVALID, "--prometheus-url: %zu are too many, %d are taken", more + 1,
			       SOURCES_MAX);
	choice->items = xcalloc(more + 1, sizeof(*choice->items));
	choice->stats.upstreams = xcalloc(more + 1, sizeof(*choice->stats.upstreams));
	if (!add_source(choice, loop, options, options->url, err))
		return false;
	for (size_t i = 0; i < more; i++)
		if (!add_source(choice, loop, options, options->more_urls[i], err))
			return false;
	return true;
}

void choice_clear(struct choice *choice)
{
	for (size_t i = 0; i < choice->count; i++) {
		http_client_free(choice->items[i].http);
		upstream_free(choice->items[i].upstream);
	}
	free(choice->items);
	free(choice->stats.upstreams);
	*choice = (struct choice){0};
}

/* ---- whom to ask */

static uint32_t bit_of(const struct choice *choice, const struct source *source)
{
	return UINT32_C(1) << (source - choice->items);
}

struct source *choice_next(struct choice *choice, uint32_t tried, int64_t now_ms)
{
	for (size_t i = 0; i < choice->count; i++) {
		struct source *source = &choice->items[i];

		if (!(tried & bit_of(choice, source)) && breaker_wait_ms(&source->breaker, now_ms) == 0)
			return source;
	}
	return NULL;
}

void choice_asked(struct choice *choice, struct source *source, uint32_t *tried, int64_t now_ms)
{
	*tried |= bit_of(choice, source);
	breaker_asked(&source->breaker, now_ms);
}

/* The one that may be asked first. */
static struct source *soonest(const struct choice *choice, int64_t now_ms)
{
	struct source *found = &choice->items[0];

	for (size_t i = 1; i < choice->count; i++)
		if (breaker_wait_ms(&choice->items[i].breaker, now_ms) < breaker_wait_ms(&found->breaker, now_ms))
			found = &choice->items[i];
	return found;
}

int64_t choice_share_ms(int64_t left_ms)
{
	return left_ms / 2 < SHARE_MAX_MS ? left_ms / 2 : SHARE_MAX_MS;
}

int64_t choice_wait_ms(const struct choice *choice, int64_t now_ms)
{
	return breaker_wait_ms(&soonest(choice, now_ms)->breaker, now_ms);
}

void choice_refuse(struct choice *choice, enum prom_path path, int64_t now_ms, struct upstream_error *ret_problem)
{
	struct source *source = soonest(choice, now_ms);

	source->stats->paths[path].not_asked++;
	trouble_describe_wait(&source->last, breaker_wait_ms(&source->breaker, now_ms), ret_problem);
}

/* ---- what came of it */

bool source_is_lost(const struct upstream_error *problem)
{
	switch (problem->fault) {
	case UPSTREAM_REFUSED:
	case UPSTREAM_UNRESOLVED:
	case UPSTREAM_TIMEOUT:
	case UPSTREAM_TLS:
	case UPSTREAM_CUT:
		return true;
	case UPSTREAM_OTHER: /* no route, for one; with a status it is a redirect that leads nowhere */
		return problem->status == 0;
	case UPSTREAM_STATUS:
		return problem->status >= 502 && problem->status <= 504;
	case UPSTREAM_OK:
	case UPSTREAM_NOT_JSON:
	case UPSTREAM_TOO_BIG:
	case UPSTREAM_PARTIAL:
	case UPSTREAM_IDENTITY:
	case UPSTREAM_MALFORMED:
		break;
	}
	return false;
}

static void note_failure(struct source *source, const struct http_answer *answer, const struct upstream_error *problem,
			 int64_t now_ms)
{
	if (problem->fault == UPSTREAM_TIMEOUT && answer->elapsed_ms < TIMEOUT_COUNTS_MS)
		return;
	source->last = *problem;
	if (breaker_failed(&source->breaker, now_ms))
		log_warn("%s; it has failed too often in a row and is asked only now and then until it answers",
			 problem->text);
}

static void note_answer(struct source *source, const struct http_answer *answer, const struct upstream_error *problem,
			int64_t now_ms)
{
	int64_t wait_s = answer->retry_after_s < HOLD_MAX_S ? answer->retry_after_s : HOLD_MAX_S;

	if (breaker_answered(&source->breaker))
		log_info("Prometheus %.*s answers again", STR_ARG(upstream_authority(source->upstream)));
	if (wait_s == 0 || (problem->status != 429 && problem->status != 503))
		return;
	source->last = *problem;
	breaker_hold(&source->breaker, now_ms, wait_s * 1000);
}

void source_note(struct source *source, enum prom_path path, const struct http_answer *answer,
		 const struct upstream_error *problem, int64_t now_ms)
{
	prom_path_count(&source->stats->paths[path], problem, answer->status, answer->elapsed_ms, answer->retries);
	if (problem->fault != UPSTREAM_STATUS && answer->fault != HTTP_OK && source_is_lost(problem))
		note_failure(source, answer, problem, now_ms);
	else
		note_answer(source, answer, problem, now_ms);
}

const struct prom_stats *choice_stats(const struct choice *choice, int64_t now_ms)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct source *source = &choice->items[i];

		source->stats->breaker = breaker_state(&source->breaker, now_ms);
		source->stats->times_opened = source->breaker.times_opened;
	}
	return &choice->stats;
}
