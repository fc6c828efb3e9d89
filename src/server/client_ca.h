/* SPDX-License-Identifier: Apache-2.0 */
/* client_ca.h - clients' certificates, verified by the two CAs of a trust. Pure. */
#ifndef GAUGELET_SERVER_CLIENT_CA_H
#define GAUGELET_SERVER_CLIENT_CA_H

#include "base/arena.h"
#include "model/access.h"
#include "kube/trust.h"

enum { CLIENT_CHAIN_MAX = 8 }; /* certificates of a client that are looked at */

/* A trust, made ready. */
struct client_ca;
struct client_ca *client_ca_new(struct trust *trust) MUST_USE; /* the trust is given */
void client_ca_free(struct client_ca *client_ca);	       /* NULL is fine */
const struct trust *client_ca_trust(const struct client_ca *client_ca);

struct chain_verdict {
	bool is_proxy;	/* the request header's users may be believed */
	bool is_client; /* `identity` is who asks */
	struct identity identity;
	int64_t until_ms; /* the leaf's last moment, since 1970 */
};

/* The leaf first, in DER. False: the arena is full. */
MUST_USE bool client_ca_verify(const struct client_ca *client_ca, const struct str *chain, size_t count,
			       int64_t wall_ms, struct arena *arena, struct chain_verdict *ret_verdict);

#endif
