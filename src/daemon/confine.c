/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include "options_table.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "kube/config.h"
#include "text/number.h"
#include "text/url.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/token"

struct needs {
	struct arena *arena;
	struct {
		VEC_OF(const char *);
	} files;
	struct {
		VEC_OF(uint16_t);
	} ports;
	bool any_port;
};

static void file_add(struct needs *needs, struct str path)
{
	struct str copy;

	if (path.len == 0)
		return;
	CHECK(arena_copy(needs->arena, path, &copy)); /* it has no maximum */
	*vec_push(&needs->files) = copy.ptr;
}

static void url_add(struct needs *needs, struct str text)
{
	struct url url;
	struct err err;

	if (url_parse(text, needs->arena, &url, &err))
		*vec_push(&needs->ports) = url.port;
	else
		needs->any_port = true;
}

/* ---- flags */

static const void *value_of(const struct options *options, const struct option *option)
{
	return (const char *)options + option->offset;
}

static void option_add(struct needs *needs, const struct options *options, const struct option *option)
{
	const char *text;

	if (option_is_unused(option) || option->kind != OPTION_TEXT || !option->unit)
		return;
	memcpy(&text, value_of(options, option), sizeof(text));
	if (text && (strcmp(option->unit, "FILE") == 0 || strcmp(option->unit, "FOLDER") == 0))
		file_add(needs, str_of(text));
}

static void flags_add(struct needs *needs, const struct options *options)
{
	for (size_t i = 0; i < options_table_count; i++)
		option_add(needs, options, &options_table[i]);
	/* a key, unless it is one of two words */
	if (options->google_auth && strcmp(options->google_auth, "auto") != 0 &&
	    strcmp(options->google_auth, "metadata") != 0)
		file_add(needs, str_of(options->google_auth));
	for (size_t i = 0; i < options->prometheus_header_files.count; i++) {
		struct str path = str_of(options->prometheus_header_files.items[i]), name;

		str_split(&path, '=', &name);
		file_add(needs, path);
	}
	for (size_t i = 0; i < options->tls_sni_count; i++) {
		file_add(needs, str_of(options->tls_sni[i].cert_file));
		file_add(needs, str_of(options->tls_sni[i].key_file));
	}
	for (size_t i = 0; i < options->prometheus_urls.count; i++)
		url_add(needs, str_of(options->prometheus_urls.items[i]));
}

/* ---- the cluster */

static void kubeconfig_add(struct needs *needs, const char *path)
{
	CLEANUP(kube_config_free_at) struct kube_config *config = NULL;
	struct err err;

	if (!kube_config_load(path, &config, &err))
		return; /* whoever needs it has said so */
	file_add(needs, config->ca_file);
	file_add(needs, config->cert_file);
	file_add(needs, config->key_file);
	file_add(needs, config->token_file);
	url_add(needs, config->server);
}

static void cluster_add(struct needs *needs, const struct options *options)
{
	file_add(needs, STR(SERVICE_ACCOUNT));
	if (options->prometheus_auth_config || options->prometheus_auth_incluster)
		kubeconfig_add(needs, options->prometheus_auth_config);
	if (options->standalone)
		return;
	kubeconfig_add(needs, options->lister_kubeconfig);
	kubeconfig_add(needs, options->authentication_kubeconfig);
	kubeconfig_add(needs, options->authorization_kubeconfig);
}

/* ---- the environment */

static void environment_add(struct needs *needs)
{
	static const char *const files[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "GOOGLE_APPLICATION_CREDENTIALS",
					    "AWS_SHARED_CREDENTIALS_FILE"};
	static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < COUNT_OF(files); i++)
		file_add(needs, str_of(getenv(files[i])));
	for (size_t i = 0; i < COUNT_OF(proxies); i++)
		needs->any_port = needs->any_port || getenv(proxies[i]) != NULL;
}

/* Of names, of TLS and of metadata servers. */
static const uint16_t usual_ports[] = {53, 80, 443};

void confine(const struct options *options)
{
	struct needs needs = {.arena = arena_new(0)};
	struct sandbox sandbox;
	enum sandbox_mode mode = strcmp(options->sandbox, "on") == 0	 ? SANDBOX_ON
				 : strcmp(options->sandbox, "warn") == 0 ? SANDBOX_WARN
									 : SANDBOX_OFF;

	flags_add(&needs, options);
	cluster_add(&needs, options);
	environment_add(&needs);
	for (size_t i = 0; i < COUNT_OF(usual_ports); i++)
		*vec_push(&needs.ports) = usual_ports[i];
	*vec_push(&needs.files) = NULL;
	/* where a key of Google's leads is written in the key */
	needs.any_port =
		needs.any_port || options->google_auth || options->managed || options->prometheus_redirects_any;
	sandbox = (struct sandbox){.files = needs.files.items,
				   .ports = needs.any_port ? NULL : needs.ports.items,
				   .port_count = needs.any_port ? 0 : needs.ports.count};
	sandbox_enter(mode, &sandbox);
	vec_clear(&needs.files);
	vec_clear(&needs.ports);
	arena_free(needs.arena);
}
