/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h - what we are known to Prometheus by. Each kind of credential stands behind one interface, and has a row in one table. */
#ifndef GAUGELET_PROM_CREDENTIAL_H
#define GAUGELET_PROM_CREDENTIAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "base/waiters.h"

struct credential;
struct http_client_options;
struct http_request;
struct prom_options;

struct header_lines {
	VEC_OF(const char *); /* "Name: value" */
};

struct credential_wait {
	struct waiter waiter;
	void (*handler)(void *context); /* once: it is ready now, or there is a failure */
	void *context;
};

/* Each may be NULL: it is ready always, is part of no connection, and so on. */
struct credential_kind {
	bool (*is_ready)(const struct credential *credential);
	/* It is not ready: the wait is told when it is, or has failed. */
	void (*wait)(struct credential *credential, struct credential_wait *wait);
	/* Why it will not be ready soon, in one line, and in how long that may change; NULL: it may be at any moment. Lent. */
	const char *(*failure)(const struct credential *credential, int64_t *ret_wait_ms);
	/* Adds what it needs to a connection. */
	void (*connect)(const struct credential *credential, struct http_client_options *options);
	/* Adds what proves who we are to a request that is complete otherwise: lines to `lines`, or what the HTTP client signs with. Lent
	   until the next turn of the loop. Sets `version` anew when the secret is another one. */
	void (*sign)(struct credential *credential, struct http_request *request, struct header_lines *lines);
	/* The secret was refused. True: another one is on its way. */
	bool (*renew)(struct credential *credential);
	/* Appends who we are. */
	void (*describe)(const struct credential *credential, struct buf *out);
	void (*free)(struct credential *credential);
};

/* The first member of each kind's own struct. */
struct credential {
	const struct credential_kind *kind;
	const char *flag; /* that gave it; NULL: it is told by none */
	bool authorizes;  /* it is, or makes, the header Authorization */
	uint64_t version; /* of the secret */
};

/* All that go with a request. One of them authorizes at most. */
struct credentials {
	VEC_OF(struct credential *);
	const struct credential *authorizing; /* NULL: none */
	struct header_lines lines;
};

/* ERR_INVALID names the flag; clear it also then. Secrets are told to log_hide. */
MUST_USE bool credentials_init(struct credentials *credentials, const struct prom_options *options, struct err *err);
void credentials_clear(struct credentials *credentials);

/* Takes `credential`, unless it authorizes and another does: then it is freed, and the log says that it has no effect. */
void credentials_add(struct credentials *credentials, struct credential *credential);

bool credentials_are_ready(const struct credentials *credentials);
void credentials_wait(struct credentials *credentials, struct credential_wait *wait);
const char *credentials_failure(const struct credentials *credentials, int64_t *ret_wait_ms);
void credentials_connect(const struct credentials *credentials, struct http_client_options *options);

/* `basic` authorizes when no other does; NULL: none. Returns which secrets the request is signed with. */
uint64_t credentials_sign(struct credentials *credentials, struct credential *basic, struct http_request *request);

/* A request that was signed with these secrets was refused. False: there are no others, nor will there be soon. */
bool credentials_renew(struct credentials *credentials, struct credential *basic, uint64_t version);

/* Appends " to NAME" where the one that authorizes has a name. */
void credentials_describe(const struct credentials *credentials, struct buf *out);

/* The flag of the one in use; NULL: none. */
const char *credentials_flag(const struct credentials *credentials, const struct credential *basic);

/* ---- the kinds. Each adds those of its flags. */

typedef bool credential_add(struct credentials *credentials, const struct prom_options *options, struct err *err);

credential_add credential_add_token_file, credential_add_aws, credential_add_header_files, credential_add_header_envs,
	credential_add_headers, credential_add_kubernetes, credential_add_certificate;

/* "Authorization: Basic ..." */
struct credential *credential_basic(struct str user, struct str password, const char *flag) MUST_USE;
void credential_free(struct credential *credential); /* NULL is fine */

#endif
