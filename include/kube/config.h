/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - how to reach a kube-apiserver: a kubeconfig file, or the pod's own service account. */
#ifndef GAUGELET_KUBE_CONFIG_H
#define GAUGELET_KUBE_CONFIG_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

/* Texts are empty when absent; all NUL-ended. Of a file and inline PEM text at most one is set. */
struct kube_config {
	struct str server; /* https://host:port, without a slash at the end */
	struct str tls_server_name;
	struct str ca_file, ca_pem;
	struct str cert_file, cert_pem, key_file, key_pem;
	struct str token, token_file; /* the file is read again when it changes */
	struct str user, password;
	bool insecure;
	struct arena *arena;
};

/* The current context of the file at `path` (YAML or JSON; `...-data` is base64; relative paths are relative to the file). NULL
   or "": in-cluster, from KUBERNETES_SERVICE_HOST and _PORT and the service account's folder. ERR_INVALID and ERR_IO say which
   key or file, and what would be right; `exec` and `auth-provider` are refused with the reason. Secrets are told to log_hide. */
MUST_USE bool kube_config_load(const char *path, struct kube_config **ret_config, struct err *err);
void kube_config_free(struct kube_config *config);
DEFINE_FREE_AT(kube_config)

#endif
