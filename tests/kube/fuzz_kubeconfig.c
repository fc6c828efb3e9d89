/* SPDX-License-Identifier: Apache-2.0 */
/* A kubeconfig: one that is taken has a server, and of each file and inline text at most one. */
#include "base/log.h"

/* Each text would be kept until the end. */
#define log_hide(secret) ((void)(secret))
#include "../../src/kube/config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_config(const struct kube_config *config)
{
	CHECK(str_eq_nocase(str_slice(config->server, 0, 8), STR("https://")) ||
	      str_eq_nocase(str_slice(config->server, 0, 7), STR("http://")));
	CHECK(!str_ends(config->server, STR("/")));
	CHECK(config->ca_file.len == 0 || config->ca_pem.len == 0);
	CHECK(config->cert_file.len == 0 || config->cert_pem.len == 0);
	CHECK(config->key_file.len == 0 || config->key_pem.len == 0);
	CHECK(str_index(config->token, '\n') == config->token.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(kube_config_free_at) struct kube_config *config = config_new();
	struct kubeconfig file = {.config = config, .folder = folder_of(config, "/nowhere/config")};
	struct err err = {0};

	if (parse_yaml((struct str){(const char *)data, size}, config->arena, &file.root, &err) &&
	    read_context(&file, &err))
		check_config(config);
	else
		CHECK(err.code != ERR_NONE && err.msg[0] && str_is_utf8(str_of(err.msg)));
	return 0;
}
