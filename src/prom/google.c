/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/google.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "credential.h"
#include "google_key.h"
#include "net/http_client.h"
#include "net/loop.h"

enum {
	METADATA_TIMEOUT_MS = 5000,
	TOKEN_URI_TIMEOUT_MS = 10000,
	ANSWER_BYTES_MAX = 64 << 10,
	VALUE_BYTES_MAX = 255,
	AHEAD_MS = 300000, /* a token is renewed so long before its end, or at half of its life */
	FIRST_RETRY_MS = 500,
	LAST_RETRY_MS = 30000,
	RENEW_AGAIN_MS = 10000, /* a refused token is not exchanged more often */
	CONNECTIONS = 4,
	CLOCK_SKEW_S = 30, /* what is worth a word */
};

enum item { TOKEN, PROJECT, LOCATION, CLUSTER, EMAIL, ITEM_COUNT };

static const struct {
	const char *path, *what;
} ITEMS[ITEM_COUNT] = {
	[TOKEN] = {"instance/service-accounts/default/token", "the token"},
	[PROJECT] = {"project/project-id", "the project"},
	[LOCATION] = {"instance/attributes/cluster-location", "the cluster's location"},
	[CLUSTER] = {"instance/attributes/cluster-name", "the cluster's name"},
	[EMAIL] = {"instance/service-accounts/default/email", "the service account's name"},
};

struct fetch {
	struct google *google;
	enum item item;
	bool wanted;
	bool matched; /* it is a matcher */
	struct http_call *call;
	struct loop_timer next;
	int64_t retry_ms; /* the wait after the last failure; 0: it was good */
	struct buf answer;
	struct buf value; /* empty: not known. Of a token the header */
	char failure[400];
};

struct google {
	struct credential credential;
	struct loop *loop;
	struct http_client *metadata, *oauth;
	struct buf host;     /* of the metadata server */
	const char *path;    /* of the key; NULL: none */
	struct arena *arena; /* of the key */
	struct google_key key;
	struct fetch items[ITEM_COUNT];
	int64_t expires_ms, renewed_ms; /* of the token: its end, and when the last one was refused */
	struct waiters waiting;
};

/* ---- what is there */

static bool is_there(const struct fetch *fetch)
{
	const struct google *google = fetch->google;

	if (fetch->item == TOKEN && loop_now_ms(google->loop) >= google->expires_ms)
		return false;
	return fetch->value.len > 0;
}

/* The name of the account is for messages alone. */
static const struct fetch *first_missing(const struct google *google, bool failed)
{
	for (enum item item = TOKEN; item < EMAIL; item++) {
		const struct fetch *fetch = &google->items[item];

		if (fetch->wanted && !is_there(fetch) && (!failed || fetch->failure[0]))
			return fetch;
	}
	return NULL;
}

static const struct google *google_of(const struct credential *credential)
{
	return (const struct google *)credential;
}

static bool is_ready(const struct credential *credential)
{
	return first_missing(google_of(credential), false) == NULL;
}

static const char *failure(const struct credential *credential, int64_t *ret_wait_ms)
{
	const struct google *google = google_of(credential);
	const struct fetch *fetch = first_missing(google, true);
	int64_t left_ms;

	if (fetch == NULL)
		return NULL;
	left_ms = fetch->next.heap_index ? fetch->next.due_ms - loop_now_ms(google->loop) : 0;
	*ret_wait_ms = left_ms > 0 ? left_ms : 1;
	return fetch->failure;
}

static void sign(struct credential *credential, struct http_request *request, struct header_lines *lines)
{
	struct fetch *token = &((struct google *)credential)->items[TOKEN];

	(void)request;
	if (token->wanted && is_there(token))
		*vec_push(lines) = buf_cstr(&token->value);
}

struct str google_project(const struct google *google)
{
	return buf_str(&google->items[PROJECT].value);
}

static bool place_is_known(const struct fetch *fetch, struct str *ret_value)
{
	if (fetch->matched)
		*ret_value = buf_str(&fetch->value);
	return !fetch->matched || fetch->value.len > 0;
}

bool google_place(const struct google *google, struct google_place *ret_place)
{
	struct google_place place = {0};

	if (!place_is_known(&google->items[PROJECT], &place.project) ||
	    !place_is_known(&google->items[LOCATION], &place.location) ||
	    !place_is_known(&google->items[CLUSTER], &place.cluster))
		return false;
	*ret_place = place;
	return true;
}

static void describe(const struct credential *credential, struct buf *out)
{
	const struct google *google = google_of(credential);
	const struct fetch *email = &google->items[EMAIL];

	if (google->path) {
		buf_put(out, google->key.email);
		buf_printf(out, " (key %s)", google->path);
		return;
	}
	if (email->value.len > 0)
		buf_put(out, buf_str(&email->value));
	else
		buf_puts(out, "the default service account");
	buf_printf(out, " (metadata server %.*s)", STR_ARG(buf_str(&google->host)));
}

/* ---- who waits */

static void call_waiter(struct waiter *waiter, const void *news)
{
	const struct credential_wait *wait = LIST_OF(waiter, struct credential_wait, waiter);

	(void)news; /* that there are any */
	wait->handler(wait->context);
}

static void wait(struct credential *credential, struct credential_wait *wait)
{
	wait->waiter.handler = call_waiter;
	waiters_add(&((struct google *)credential)->waiting, &wait->waiter);
}

static void wake(struct google *google)
{
	if (is_ready(&google->credential) || first_missing(google, true))
		waiters_tell(&google->waiting, NULL);
}

/* ---- answers */

static void failed(struct fetch *fetch, const char *text)
{
	struct google *google = fetch->google;
	bool first = fetch->retry_ms == 0;

	fetch->retry_ms = first ? FIRST_RETRY_MS : fetch->retry_ms * 2;
	if (fetch->retry_ms > LAST_RETRY_MS)
		fetch->retry_ms = LAST_RETRY_MS;
	snprintf(fetch->failure, sizeof(fetch->failure), "%s", text);
	log_redact(fetch->failure);
	if (first && fetch->item != EMAIL)
		log_warn("%s; tried again", fetch->failure);
	else
		log_v(2, "%s", fetch->failure);
	loop_timer_set(google->loop, &fetch->next, fetch->retry_ms);
	wake(google);
}

static bool take_token(struct fetch *fetch, struct err *err)
{
	struct google *google = fetch->google;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	int64_t now_ms = loop_now_ms(google->loop), life_ms, seconds = 0;
	struct str token;

	if (!google_token_parse(buf_str(&fetch->answer), arena, &token, &seconds, err))
		return false;
	life_ms = seconds * 1000;
	google->expires_ms = now_ms + life_ms;
	buf_wipe(&fetch->value);
	buf_puts(&fetch->value, "Authorization: Bearer ");
	buf_put(&fetch->value, token);
	google->credential.version++;
	loop_timer_set(google->loop, &fetch->next, life_ms - (life_ms / 2 < AHEAD_MS ? life_ms / 2 : AHEAD_MS));
	log_v(2, "--google-auth: a token for %lld s", (long long)seconds);
	return true;
}

/* A project stands in a URL. */
static bool is_value(struct str text, bool plain)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (plain ? !letter && !strchr("-.:_", c) : c <= ' ' || c >= 0x7f)
			return false;
	}
	return text.len > 0 && text.len <= VALUE_BYTES_MAX;
}

static bool take_value(struct fetch *fetch, struct err *err)
{
	struct str value = str_trim(buf_str(&fetch->answer));

	if (!is_value(value, fetch->item == PROJECT))
		return err_set(err, ERR_UPSTREAM, "the answer is none");
	buf_wipe(&fetch->value);
	buf_put(&fetch->value, value);
	log_info("%s is %.*s", ITEMS[fetch->item].what, STR_ARG(value));
	return true;
}

static bool uses_key(const struct fetch *fetch)
{
	return fetch->item == TOKEN && fetch->google->path;
}

/* "Google's metadata server HOST", which many are not. */
static void put_neighbour(struct buf *out, const struct fetch *fetch)
{
	const struct google *google = fetch->google;

	if (uses_key(fetch))
		buf_printf(out, "%s as %.*s from %.*s: ", ITEMS[fetch->item].what, STR_ARG(google->key.email),
			   STR_ARG(google->key.token_uri));
	else
		buf_printf(out, "%s from Google's metadata server %.*s: ", ITEMS[fetch->item].what,
			   STR_ARG(buf_str(&google->host)));
}

/* What is signed with the time of another day is refused, and not always in words that say so. */
static void put_clock(struct buf *out, const struct http_answer *answer)
{
	int64_t ahead_s = answer->ahead_ms / 1000;

	if (ahead_s > CLOCK_SKEW_S || ahead_s < -CLOCK_SKEW_S)
		buf_printf(out, "; the clock here is %lld s %s its own", (long long)(ahead_s < 0 ? -ahead_s : ahead_s),
			   ahead_s < 0 ? "ahead of" : "behind");
}

static bool read_answer(struct fetch *fetch, const struct http_answer *answer, struct err *err)
{
	CLEANUP(buf_clear) struct buf words = {0};

	if (answer->fault != HTTP_OK)
		return err_set(err, ERR_UPSTREAM, "%s", answer->message);
	if (!uses_key(fetch) && !str_eq_nocase(answer->header, STR("Google")))
		return err_set(err, ERR_UPSTREAM,
			       "the answer (%d) is without Metadata-Flavor: Google, so it comes from somebody else",
			       answer->status);
	if (answer->status != 200) {
		google_error_write(&words, buf_str(&fetch->answer));
		put_clock(&words, answer);
		return err_set(err, ERR_UPSTREAM, "%d %s", answer->status, buf_cstr(&words));
	}
	return fetch->item == TOKEN ? take_token(fetch, err) : take_value(fetch, err);
}

static void answered(void *context, const struct http_answer *answer)
{
	struct fetch *fetch = context;
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};

	fetch->call = NULL;
	if (read_answer(fetch, answer, &err)) {
		if (fetch->retry_ms)
			log_info("%s has come", ITEMS[fetch->item].what);
		fetch->retry_ms = 0;
		fetch->failure[0] = '\0';
		wake(fetch->google);
		return;
	}
	put_neighbour(&text, fetch);
	buf_puts(&text, err.msg);
	failed(fetch, buf_cstr(&text));
}

/* ---- requests */

static bool take_piece(void *context, int status, struct str piece)
{
	struct fetch *fetch = context;

	(void)status;
	buf_put(&fetch->answer, piece);
	return true;
}

static void start(struct fetch *fetch, const char *url, struct str form, const char *header)
{
	struct google *google = fetch->google;
	const char *headers[] = {header, NULL};

	buf_wipe(&fetch->answer);
	fetch->call = http_client_start(form.len ? google->oauth : google->metadata,
					&(struct http_request){
						.method = form.len ? "POST" : "GET",
						.url = url,
						.headers = headers,
						.body = form,
						.deadline_ms = loop_now_ms(google->loop) +
							       (form.len ? TOKEN_URI_TIMEOUT_MS : METADATA_TIMEOUT_MS),
						.max_body_bytes = ANSWER_BYTES_MAX,
						.wanted_header = "Metadata-Flavor",
						.context = fetch,
						.on_body = take_piece,
						.on_done = answered,
					});
}

static void ask_metadata(struct fetch *fetch)
{
	CLEANUP(buf_clear) struct buf url = {0};

	buf_printf(&url, "http://%.*s/computeMetadata/v1/%s", STR_ARG(buf_str(&fetch->google->host)),
		   ITEMS[fetch->item].path);
	start(fetch, buf_cstr(&url), STR(""), "Metadata-Flavor: Google");
}

/* The file is read each time: a key is exchanged while we run. */
static bool load_key(struct google *google, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);

	if (!google_key_load(google->path, arena, &google->key, err))
		return err_wrap(err, "--google-auth");
	arena_free(google->arena);
	google->arena = STEAL(arena);
	return true;
}

static void ask_with_key(struct fetch *fetch)
{
	struct google *google = fetch->google;
	CLEANUP(buf_wipe) struct buf form = {0};
	struct err err = {0};

	if (!load_key(google, &err) ||
	    !google_key_write_form(&google->key, loop_wall_ms(google->loop) / 1000, &form, &err)) {
		failed(fetch, err.msg);
		return;
	}
	start(fetch, google->key.token_uri.ptr, buf_str(&form), "Accept: application/json");
}

static void ask(void *context)
{
	struct fetch *fetch = context;

	if (fetch->call == NULL)
		(uses_key(fetch) ? ask_with_key : ask_metadata)(fetch);
}

static bool renew(struct credential *credential)
{
	struct google *google = (struct google *)credential;
	struct fetch *token = &google->items[TOKEN];

	if (!token->wanted)
		return false;
	if (!is_there(token)) /* who else was refused waits for the same one */
		return true;
	if (loop_now_ms(google->loop) - google->renewed_ms < RENEW_AGAIN_MS)
		return false;
	google->expires_ms = 0;
	google->renewed_ms = loop_now_ms(google->loop);
	loop_timer_set(google->loop, &token->next, 0);
	return true;
}

/* ---- the credential */

static const struct credential_kind KIND = {
	.is_ready = is_ready, .wait = wait, .failure = failure, .sign = sign, .renew = renew, .describe = describe};

struct credential *google_credential(struct google *google)
{
	return &google->credential;
}

/* ---- life */

/* Known already, or to be asked for; NULL: neither. */
static void want(struct google *google, enum item item, const char *given)
{
	struct fetch *fetch = &google->items[item];

	if (given == NULL)
		return;
	fetch->wanted = true;
	if (strcmp(given, "auto") != 0)
		buf_puts(&fetch->value, given);
	else if (item == PROJECT && google->key.project.len > 0)
		buf_put(&fetch->value, google->key.project);
}

static void set_up_items(struct google *google, const struct google_options *options)
{
	const char *places[] = {options->project, options->location, options->cluster};

	for (enum item item = TOKEN; item < ITEM_COUNT; item++) {
		google->items[item].google = google;
		google->items[item].item = item;
		google->items[item].answer.max = ANSWER_BYTES_MAX;
		google->items[item].next = (struct loop_timer){.handler = ask, .context = &google->items[item]};
	}
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		want(google, PROJECT + (enum item)i, places[i]);
		google->items[PROJECT + i].matched = places[i] != NULL;
	}
	if (options->project == NULL && options->project_in_url)
		want(google, PROJECT, "auto");
	google->items[TOKEN].wanted = options->auth != NULL;
	google->items[EMAIL].wanted = options->auth && google->path == NULL;
}

static bool find_key(struct google *google, const char *auth, struct err *err)
{
	const char *named = getenv("GOOGLE_APPLICATION_CREDENTIALS");

	if (auth == NULL || strcmp(auth, "metadata") == 0)
		return true;
	if (strcmp(auth, "auto") != 0)
		google->path = auth;
	else if (named && named[0])
		google->path = named;
	return google->path == NULL || load_key(google, err);
}

static bool set_up_clients(struct google *google, struct err *err)
{
	const struct http_client_options metadata = {.max_connections = CONNECTIONS, .no_proxy = true};
	const struct http_client_options oauth = {.max_connections = 1};
	const char *host = getenv("GCE_METADATA_HOST");

	buf_puts(&google->host, host && host[0] ? host : "metadata.google.internal");
	google->metadata = http_client_new(google->loop, &metadata, err);
	google->oauth = google->metadata ? http_client_new(google->loop, &oauth, err) : NULL;
	return google->oauth != NULL;
}

struct google *google_new(struct loop *loop, const struct google_options *options, struct err *err)
{
	CLEANUP(google_free_at) struct google *google = xnew(struct google);

	google->credential = (struct credential){
		.kind = &KIND, .flag = options->auth ? "--google-auth" : NULL, .authorizes = options->auth != NULL};
	waiters_init(&google->waiting);
	google->loop = loop;
	google->renewed_ms = INT64_MIN / 2; /* long ago */
	if (!find_key(google, options->auth, err) || !set_up_clients(google, err))
		return NULL;
	set_up_items(google, options);
	for (enum item item = TOKEN; item < ITEM_COUNT; item++)
		if (google->items[item].wanted && google->items[item].value.len == 0)
			loop_timer_set(loop, &google->items[item].next, 0);
	return STEAL(google);
}

void google_free(struct google *google)
{
	if (google == NULL)
		return;
	http_client_free(google->metadata);
	http_client_free(google->oauth);
	for (enum item item = TOKEN; item < ITEM_COUNT; item++) {
		loop_timer_cancel(google->loop, &google->items[item].next);
		buf_wipe(&google->items[item].answer);
		buf_wipe(&google->items[item].value);
	}
	buf_clear(&google->host);
	arena_free(google->arena);
	free(google);
}
