/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h - whom to believe: kube-system/extension-apiserver-authentication, live. */
#ifndef GAUGELET_KUBE_TRUST_H
#define GAUGELET_KUBE_TRUST_H

#include "base/base.h"
#include "base/str.h"

struct kube_client;
struct loop;
struct trust_source;

struct trust_list {
	const struct str *items;
	size_t count;
};

/* A snapshot, const. An empty CA text: certificates of that kind are not believed. */
struct trust {
	struct str client_ca_pem, requestheader_ca_pem;
	struct trust_list allowed_names, username_headers, group_headers, extra_prefixes, uid_headers;
	uint64_t generation; /* another one, another content */
	struct arena *arena;
};
void trust_free(struct trust *trust); /* NULL is fine */

/* From the ConfigMap's data as JSON: {"client-ca-file": "PEM", "requestheader-allowed-names": "[\"a\"]", ...}. What is malformed is
   left empty and said in the log; never fails. */
struct trust *trust_parse(struct str data_json, uint64_t generation) MUST_USE;

/* `trust` is given; called at the first answer and whenever it changes; an absent ConfigMap gives an empty one. */
typedef void trust_handler(void *context, struct trust *trust);
struct trust_source *trust_source_new(struct loop *loop, struct kube_client *client, trust_handler *handler,
				      void *context) MUST_USE;
void trust_source_free(struct trust_source *source);
DEFINE_FREE_AT(trust_source)

#endif
