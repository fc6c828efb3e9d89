/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"
#include "prom/client.h"
#include "prom/google.h"

static bool add_google(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	(void)err;
	if (options->google)
		credentials_add(credentials, google_credential(options->google));
	return true;
}

/* In the order in which they count: the first that authorizes does. */
static credential_add *const KINDS[] = {
	credential_add_token_file,  add_google,
	credential_add_aws,	    credential_add_header_files,
	credential_add_header_envs, credential_add_headers,
	credential_add_kubernetes,  credential_add_certificate,
};

bool credentials_init(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (!KINDS[i](credentials, options, err))
			return false;
	return true;
}
