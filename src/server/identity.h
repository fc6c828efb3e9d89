/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - who a request says it is from. Pure. */
#ifndef GAUGELET_SERVER_IDENTITY_H
#define GAUGELET_SERVER_IDENTITY_H

#include "base/arena.h"
#include "model/access.h"
#include "kube/trust.h"

#define ANONYMOUS	"system:anonymous"
#define AUTHENTICATED	"system:authenticated"
#define UNAUTHENTICATED "system:unauthenticated"
#define MASTERS		"system:masters"

struct header {
	struct str name, value;
};

/* Who the front proxy says asks; an empty user: it says nothing. False: the arena is full. */
MUST_USE bool identity_of_headers(const struct trust *trust, const struct header *headers, size_t count,
				  struct arena *arena, struct identity *ret_identity);

/* Of `Authorization: Bearer TOKEN`; empty when there is none. */
struct str identity_token(struct str authorization);

/* Adds system:authenticated where upstream does. */
MUST_USE bool identity_add_authenticated(struct identity *identity, struct arena *arena);

MUST_USE bool identity_copy(const struct identity *identity, struct arena *arena, struct identity *ret_copy);
bool identity_in_group(const struct identity *identity, struct str group);

#endif
