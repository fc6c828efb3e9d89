/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include "base/log.h"
#include "net/http_client.h"

void credential_free(struct credential *credential)
{
	if (credential && credential->kind->free)
		credential->kind->free(credential);
}

void credentials_clear(struct credentials *credentials)
{
	for (size_t i = 0; i < credentials->count; i++)
		credential_free(credentials->items[i]);
	vec_clear(&credentials->lines);
	vec_clear(credentials);
}

/* A flag that is given twice for the same header sends both lines, as upstream does. */
void credentials_add(struct credentials *credentials, struct credential *credential)
{
	const struct credential *before = credentials->authorizing;

	if (credential->authorizes && before && before->flag != credential->flag) {
		log_warn("%s: Authorization has no effect beside %s", credential->flag, before->flag);
		credential_free(credential);
		return;
	}
	if (credential->authorizes)
		credentials->authorizing = credential;
	*vec_push(credentials) = credential;
}

/* ---- what there is to wait for */

/* NULL: all are ready. */
static struct credential *first_not_ready(const struct credentials *credentials)
{
	for (size_t i = 0; i < credentials->count; i++) {
		struct credential *credential = credentials->items[i];

		if (credential->kind->is_ready && !credential->kind->is_ready(credential))
			return credential;
	}
	return NULL;
}

bool credentials_are_ready(const struct credentials *credentials)
{
	return first_not_ready(credentials) == NULL;
}

void credentials_wait(struct credentials *credentials, struct credential_wait *wait)
{
	struct credential *credential = first_not_ready(credentials);

	CHECK(credential);
	credential->kind->wait(credential, wait);
}

const char *credentials_failure(const struct credentials *credentials, int64_t *ret_wait_ms)
{
	const struct credential *credential = first_not_ready(credentials);

	return credential ? credential->kind->failure(credential, ret_wait_ms) : NULL;
}

/* ---- what is sent */

void credentials_connect(const struct credentials *credentials, struct http_client_options *options)
{
	for (size_t i = 0; i < credentials->count; i++)
		if (credentials->items[i]->kind->connect)
			credentials->items[i]->kind->connect(credentials->items[i], options);
}

static uint64_t sign(struct credential *credential, struct http_request *request, struct header_lines *lines)
{
	if (credential->kind->sign)
		credential->kind->sign(credential, request, lines);
	return credential->version;
}

uint64_t credentials_sign(struct credentials *credentials, struct credential *basic, struct http_request *request)
{
	struct header_lines *lines = &credentials->lines;
	uint64_t version = 0;

	lines->count = 0;
	for (size_t i = 0; i < credentials->count; i++)
		version += sign(credentials->items[i], request, lines);
	if (basic && credentials->authorizing == NULL)
		version += sign(basic, request, lines);
	*vec_push(lines) = NULL;
	request->headers = lines->items;
	return version;
}

/* A file may hold another secret by now, which signing finds. */
bool credentials_renew(struct credentials *credentials, struct credential *basic, uint64_t version)
{
	struct http_request probe = {.url = "", .method = "GET"};
	bool coming = false;

	if (credentials_sign(credentials, basic, &probe) != version)
		return true;
	for (size_t i = 0; i < credentials->count; i++)
		coming |=
			credentials->items[i]->kind->renew && credentials->items[i]->kind->renew(credentials->items[i]);
	return coming;
}

/* ---- what is said */

void credentials_describe(const struct credentials *credentials, struct buf *out)
{
	const struct credential *credential = credentials->authorizing;

	if (credential == NULL || credential->kind->describe == NULL)
		return;
	buf_puts(out, " to ");
	credential->kind->describe(credential, out);
}

const char *credentials_flag(const struct credentials *credentials, const struct credential *basic)
{
	if (credentials->authorizing)
		return credentials->authorizing->flag;
	if (basic)
		return basic->flag;
	for (size_t i = 0; i < credentials->count; i++)
		if (credentials->items[i]->flag)
			return credentials->items[i]->flag;
	return NULL;
}
