/* SPDX-License-Identifier: Apache-2.0 */
/* The authentication ConfigMap: what is taken of it is text. */
#include "kube/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct trust_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		CHECK(str_is_utf8(list->items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust *trust = trust_parse((struct str){(const char *)data, size}, 7);

	CHECK(trust && trust->generation == 7);
	CHECK(str_is_utf8(trust->client_ca_pem) && str_is_utf8(trust->requestheader_ca_pem));
	check_list(&trust->allowed_names);
	check_list(&trust->username_headers);
	check_list(&trust->group_headers);
	check_list(&trust->extra_prefixes);
	check_list(&trust->uid_headers);
	trust_free(trust);
	return 0;
}
