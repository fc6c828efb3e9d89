/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "client_limits.h"
#include "kube/client.h"
#include "model/access.h"
#include "text/json_document.h"
#include "text/json_writer.h"

enum { ANSWER_BYTES_MAX = 1 << 20 }; /* a review comes back with its question */

struct review {
	token_review_handler *token_handler; /* one of the two */
	access_review_handler *access_handler;
	void *context;
	struct str question; /* of an access review: the document that was sent, behind this struct */
};

/* ---- questions */

static void begin_document(struct json_writer *writer, struct buf *out, const char *kind, const char *version)
{
	json_writer_init(writer, out, false);
	json_writer_object(writer);
	json_writer_member(writer, "kind", str_of(kind));
	json_writer_member(writer, "apiVersion", str_of(version));
	json_writer_key(writer, "metadata");
	json_writer_object(writer);
	json_writer_object_end(writer);
	json_writer_key(writer, "spec");
	json_writer_object(writer);
}

static void write_token_review(struct buf *out, struct str token)
{
	struct json_writer writer;

	begin_document(&writer, out, "TokenReview", "authentication.k8s.io/v1");
	json_writer_member(&writer, "token", token);
	json_writer_object_end(&writer);
	json_writer_key(&writer, "status");
	json_writer_object(&writer);
	json_writer_key(&writer, "user");
	json_writer_object(&writer);
	json_writer_object_end(&writer);
	json_writer_object_end(&writer);
	json_writer_object_end(&writer);
}

static void put_member(struct json_writer *writer, const char *key, struct str value)
{
	if (value.len > 0)
		json_writer_member(writer, key, value);
}

static void put_attributes(struct json_writer *writer, const struct access_attributes *attributes)
{
	bool of_path = attributes->path.len > 0;

	json_writer_key(writer, of_path ? "nonResourceAttributes" : "resourceAttributes");
	json_writer_object(writer);
	if (of_path) {
		json_writer_member(writer, "path", attributes->path);
		put_member(writer, "verb", attributes->verb);
	} else {
		put_member(writer, "namespace", attributes->namespace);
		put_member(writer, "verb", attributes->verb);
		put_member(writer, "group", attributes->group);
		put_member(writer, "version", attributes->version);
		put_member(writer, "resource", attributes->resource);
		put_member(writer, "subresource", attributes->subresource);
		put_member(writer, "name", attributes->name);
	}
	json_writer_object_end(writer);
}

static void put_texts(struct json_writer *writer, const struct str *texts, size_t count)
{
	json_writer_array(writer);
	for (size_t i = 0; i < count; i++)
		json_writer_string(writer, texts[i]);
	json_writer_array_end(writer);
}

static int compare_keys(const void *left, const void *right)
{
	const struct identity_extra *a = *(const struct identity_extra *const *)left;
	const struct identity_extra *b = *(const struct identity_extra *const *)right;
	int order = str_cmp(a->key, b->key);

	return order != 0 ? order : (a > b) - (a < b); /* the same order each time */
}

/* Go writes the keys of a map sorted. */
static void put_extra(struct json_writer *writer, const struct identity *identity)
{
	const struct identity_extra **sorted = xcalloc(identity->extra_count, sizeof(*sorted));

	for (size_t i = 0; i < identity->extra_count; i++)
		sorted[i] = &identity->extra[i];
	qsort(sorted, identity->extra_count, sizeof(*sorted), compare_keys);
	json_writer_key(writer, "extra");
	json_writer_object(writer);
	for (size_t i = 0; i < identity->extra_count; i++) {
		json_writer_key_str(writer, sorted[i]->key);
		put_texts(writer, sorted[i]->values, sorted[i]->value_count);
	}
	json_writer_object_end(writer);
	free(sorted);
}

void review_access_write(struct buf *out, const struct identity *identity, const struct access_attributes *attributes)
{
	struct json_writer writer;

	begin_document(&writer, out, "SubjectAccessReview", "authorization.k8s.io/v1");
	put_attributes(&writer, attributes);
	put_member(&writer, "user", identity->user);
	if (identity->group_count > 0) {
		json_writer_key(&writer, "groups");
		put_texts(&writer, identity->groups, identity->group_count);
	}
	if (identity->extra_count > 0)
		put_extra(&writer, identity);
	put_member(&writer, "uid", identity->uid);
	json_writer_object_end(&writer);
	json_writer_key(&writer, "status");
	json_writer_object(&writer);
	json_writer_key(&writer, "allowed");
	json_writer_bool(&writer, false);
	json_writer_object_end(&writer);
	json_writer_object_end(&writer);
}

/* ---- answers. What is not quite what it should be is a problem: to guess here would let somebody in. */

/* Who may not ask lacks the role that every adapter needs. */
static bool refuse_review(const struct kube_answer *answer, const char *kind, struct err *err)
{
	bool token = str_eq(str_of(kind), STR("TokenReview"));

	return err_set(
		err, ERR_UPSTREAM,
		"answered 403: %.300s. fix: bind ClusterRole system:auth-delegator to the adapter, so that it may "
		"create %s",
		answer->text, token ? "tokenreviews" : "subjectaccessreviews");
}

/* The document is lent by *ret_root. */
static bool find_status(const struct kube_answer *answer, const char *kind, json_t **ret_root,
			const json_t **ret_status, struct err *err)
{
	if (answer->status < 200 || answer->status > 299) {
		if (answer->status == 0)
			return err_set(err, ERR_UPSTREAM, "%s", answer->text);
		if (answer->status == 403)
			return refuse_review(answer, kind, err);
		return err_set(err, ERR_UPSTREAM, "answered %d: %s", answer->status, answer->text);
	}
	if (!json_document_parse(answer->body, ret_root, err))
		return err_wrap(err, "answered %d with something else than a %s", answer->status, kind);
	if (!str_eq(json_document_text(*ret_root, "kind"), str_of(kind)))
		return err_set(err, ERR_UPSTREAM, "answered %d with another document than a %s", answer->status, kind);
	*ret_status = json_object_get(*ret_root, "status");
	return json_is_object(*ret_status) || err_set(err, ERR_UPSTREAM, "answered with a %s without a status", kind);
}

static bool read_bool(const json_t *object, const char *key, bool *ret_value, struct err *err)
{
	const json_t *value = json_document_get(object, key);

	if (value && !json_is_boolean(value))
		return err_set(err, ERR_UPSTREAM, "answered with a status whose %s is neither true nor false", key);
	*ret_value = json_is_true(value);
	return true;
}

static bool read_text(const json_t *object, const char *key, struct str *ret_text, struct err *err)
{
	const json_t *value = json_document_get(object, key);

	if (value && !json_is_string(value))
		return err_set(err, ERR_UPSTREAM, "answered with a %s that is no text", key);
	*ret_text = json_document_str(value);
	return true;
}

static bool read_texts(const json_t *list, struct arena *arena, const struct str **ret_texts, size_t *ret_count,
		       struct err *err)
{
	struct str *texts;
	json_t *item;
	size_t i;

	if (list == NULL)
		return true;
	if (!json_is_array(list))
		return err_set(err, ERR_UPSTREAM, "answered with groups or extra values that are no list");
	texts = arena_calloc(arena, json_array_size(list), sizeof(*texts));
	CHECK(texts); /* the arena has no maximum; the answer has */
	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			return err_set(err, ERR_UPSTREAM, "answered with a group or an extra value that is no text");
		texts[i] = json_document_str(item);
	}
	*ret_texts = texts;
	*ret_count = i;
	return true;
}

static bool read_extra(json_t *object, struct arena *arena, struct identity *identity, struct err *err)
{
	struct identity_extra *extra;
	size_t count = 0;

	if (object == NULL)
		return true;
	if (!json_is_object(object))
		return err_set(err, ERR_UPSTREAM, "answered with extra that is no object");
	extra = arena_calloc(arena, json_object_size(object), sizeof(*extra));
	CHECK(extra);
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at), count++) {
		const json_t *values = json_object_iter_value(at);

		extra[count].key = str_of(json_object_iter_key(at));
		if (!json_is_null(values) &&
		    !read_texts(values, arena, &extra[count].values, &extra[count].value_count, err))
			return false;
	}
	identity->extra = extra;
	identity->extra_count = count;
	return true;
}

static bool read_user(const json_t *user, struct arena *arena, struct identity *identity, struct err *err)
{
	if (!read_text(user, "username", &identity->user, err) || !read_text(user, "uid", &identity->uid, err))
		return false;
	if (identity->user.len == 0)
		return err_set(err, ERR_UPSTREAM, "answered that the token is good, but not whose it is");
	return read_texts(json_document_get(user, "groups"), arena, &identity->groups, &identity->group_count, err) &&
	       read_extra(json_document_get(user, "extra"), arena, identity, err);
}

/* True with *ret_good false: the token is not good. Texts of the identity are lent by *ret_root. */
static bool read_token_review(const struct kube_answer *answer, json_t **ret_root, struct arena *arena,
			      struct identity *identity, bool *ret_good, struct err *err)
{
	const json_t *status = NULL;
	struct str error = STR("");

	if (!find_status(answer, "TokenReview", ret_root, &status, err) ||
	    !read_bool(status, "authenticated", ret_good, err))
		return false;
	if (*ret_good && !read_text(status, "error", &error, err))
		return false;
	if (error.len > 0) /* whose text may repeat the token */
		return err_set(err, ERR_UPSTREAM, "answered that the token is good, and that it could not be checked");
	if (!*ret_good)
		log_v(4, "TokenReview: the token is not good"); /* the error may repeat it */
	return !*ret_good || read_user(json_object_get(status, "user"), arena, identity, err);
}

/* The texts of one object are those of the other; what is not there is empty. */
static bool same_texts(const json_t *one, const json_t *other, const char *const *keys)
{
	for (; *keys; keys++)
		if (!str_eq(json_document_text(one, *keys), json_document_text(other, *keys)))
			return false;
	return true;
}

/* An answer may leave the question out. One that names it, names ours: else it is another one's. */
static bool answers_question(json_t *root, struct str question)
{
	static const char *const user[] = {"user", "uid", NULL};
	static const char *const resource[] = {"namespace", "verb",	   "group", "version",
					       "resource",  "subresource", "name",  NULL};
	static const char *const path[] = {"path", "verb", NULL};
	json_auto_t *asked = NULL;
	const json_t *got = json_document_get(root, "spec"), *want;
	struct err err;

	if (!json_is_object(got) || json_object_size(got) == 0)
		return true;
	if (!json_document_parse(question, &asked, &err))
		return false;
	want = json_document_get(asked, "spec");
	return same_texts(got, want, user) &&
	       same_texts(json_document_get(got, "resourceAttributes"), json_document_get(want, "resourceAttributes"),
			  resource) &&
	       same_texts(json_document_get(got, "nonResourceAttributes"),
			  json_document_get(want, "nonResourceAttributes"), path);
}

static bool read_access_review(const struct kube_answer *answer, struct str question, json_t **ret_root,
			       bool *ret_allowed, struct str *ret_reason, struct err *err)
{
	const json_t *status = NULL;
	bool denied = false;

	if (!find_status(answer, "SubjectAccessReview", ret_root, &status, err))
		return false;
	if (!answers_question(*ret_root, question))
		return err_set(err, ERR_UPSTREAM, "answered another question than was asked");
	if (!read_bool(status, "denied", &denied, err) || !read_bool(status, "allowed", ret_allowed, err))
		return false;
	*ret_allowed = *ret_allowed && !denied;
	*ret_reason = json_document_text(status, "reason");
	return true;
}

/* ---- the calls */

static void token_reviewed(void *context, const struct kube_answer *answer)
{
	const struct review *review = context;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	json_auto_t *root = NULL;
	struct identity identity = {0};
	struct err err = {0};
	bool good = false;

	if (!read_token_review(answer, &root, arena, &identity, &good, &err)) {
		(void)err_wrap(&err, "TokenReview");
		review->token_handler(review->context, NULL, err.msg);
		return;
	}
	review->token_handler(review->context, good ? &identity : NULL, NULL);
}

static void access_reviewed(void *context, const struct kube_answer *answer)
{
	const struct review *review = context;
	json_auto_t *root = NULL;
	struct str reason = STR("");
	struct err err = {0};
	bool allowed = false;

	if (!read_access_review(answer, review->question, &root, &allowed, &reason, &err)) {
		(void)err_wrap(&err, "SubjectAccessReview");
		review->access_handler(review->context, false, STR(""), err.msg);
		return;
	}
	review->access_handler(review->context, allowed, reason, NULL);
}

static struct kube_call *post(struct kube_client *client, struct kube_request request, const struct review *review)
{
	struct review *kept = xcalloc(1, sizeof(*kept) + review->question.len);
	struct kube_call *call;

	*kept = *review;
	if (review->question.len)
		memcpy(kept + 1, review->question.ptr, review->question.len);
	kept->question.ptr = (const char *)(kept + 1);
	request.method = "POST";
	request.max_body_bytes = ANSWER_BYTES_MAX;
	request.retry = true;
	request.context = kept;
	call = kube_ask(client, &request);
	kube_call_keep(call, kept);
	return call;
}

struct kube_call *review_token(struct kube_client *client, struct str token, int64_t timeout_ms,
			       token_review_handler *handler, void *context)
{
	const struct review review = {.token_handler = handler, .context = context};
	CLEANUP(buf_clear) struct buf document = {0};

	write_token_review(&document, token);
	return post(client,
		    (struct kube_request){.path = STR("/apis/authentication.k8s.io/v1/tokenreviews"),
					  .body = buf_str(&document),
					  .timeout_ms = timeout_ms,
					  .on_done = token_reviewed},
		    &review);
}

struct kube_call *review_access(struct kube_client *client, struct str document, int64_t timeout_ms,
				access_review_handler *handler, void *context)
{
	const struct review review = {.access_handler = handler, .context = context, .question = document};
	CLEANUP(buf_clear) struct buf path = {0};

	buf_puts(&path, "/apis/authorization.k8s.io/v1/subjectaccessreviews?timeout=");
	buf_put_i64(&path, timeout_ms % 1000 == 0 ? timeout_ms / 1000 : timeout_ms);
	buf_puts(&path, timeout_ms % 1000 == 0 ? "s" : "ms");
	return post(
		client,
		(struct kube_request){
			.path = buf_str(&path), .body = document, .timeout_ms = timeout_ms, .on_done = access_reviewed},
		&review);
}
