/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "config_data.h"
#include "text/base64.h"
#include "text/url.h"

enum { NAME_BYTES = 120 }; /* of a name in an error */

#define ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* ---- the whole */

static struct kube_config *config_new(void)
{
	struct kube_config *config = xnew(struct kube_config);

	config->arena = arena_new(0);
	return config;
}

void kube_config_free(struct kube_config *config)
{
	if (config == NULL)
		return;
	arena_free(config->arena);
	free(config);
}

static void hide_secrets(const struct kube_config *config)
{
	CLEANUP(buf_wipe) struct buf pair = {0};
	CLEANUP(buf_wipe) struct buf basic = {0};

	log_hide(config->token);
	log_hide(config->password);
	log_hide(config->key_pem);
	if (config->user.len == 0)
		return;
	buf_put(&pair, config->user);
	buf_putc(&pair, ':');
	buf_put(&pair, config->password);
	base64_write(&basic, buf_str(&pair));
	log_hide(buf_str(&basic));
}

/* ---- the lists of a kubeconfig */

struct kubeconfig {
	const struct yaml_node *root;
	char *folder; /* of the file */
	struct kube_config *config;
};

/* "cluster 'NAME'", for errors. */
struct label {
	char text[NAME_BYTES + 20];
};

static struct label label_of(const char *kind, struct str name)
{
	struct label label;

	snprintf(label.text, sizeof(label.text), "%s '%.*s'", kind, STR_ARG(str_slice(name, 0, NAME_BYTES)));
	return label;
}

static void write_names(struct buf *out, const struct yaml_node *list)
{
	for (size_t i = 0; list && i < list->count && out->len < 200; i++) {
		const struct yaml_node *item = list->items[i];
		const struct yaml_node *name = item->kind == YAML_MAP ? yaml_get(item, STR("name")) : NULL;

		if (name && name->kind == YAML_SCALAR)
			buf_printf(out, "%s%.*s", out->len > 0 ? ", " : "", STR_ARG(name->text));
	}
}

/* {`plural`: [{name: NAME, `kind`: {...}}]} */
static bool find_named(const struct kubeconfig *file, const char *plural, const char *kind, struct str wanted,
		       const struct yaml_node **ret_map, struct err *err)
{
	const struct yaml_node *list = yaml_get(file->root, str_of(plural));
	struct label label = label_of(kind, wanted);
	CLEANUP(buf_clear) struct buf names = {0};

	if (list && list->kind != YAML_LIST && list->kind != YAML_NULL)
		return err_set(err, ERR_INVALID, "%s is to be a list", plural);
	for (size_t i = 0; list && i < list->count; i++) {
		const struct yaml_node *item = list->items[i], *map;
		const struct yaml_node *name = item->kind == YAML_MAP ? yaml_get(item, STR("name")) : NULL;

		if (name == NULL || name->kind != YAML_SCALAR || !str_eq(name->text, wanted))
			continue;
		map = yaml_get(item, str_of(kind));
		if (map == NULL || map->kind != YAML_MAP)
			return err_set(err, ERR_INVALID, "%s has no %s: {...} beside its name", label.text, kind);
		*ret_map = map;
		return true;
	}
	write_names(&names, list && list->kind == YAML_LIST ? list : NULL);
	return err_set(err, ERR_INVALID, "there is no %s; there is: %s", label.text,
		       names.len > 0 ? buf_cstr(&names) : "none");
}

/* ---- clusters */

static bool check_server(struct str *server, const char *what, struct arena *arena, struct err *err)
{
	struct url url = {0};

	if (server->len == 0)
		return err_set(err, ERR_INVALID, "%s: server is missing; https://HOST:PORT is wanted", what);
	if (!url_parse(*server, arena, &url, err))
		return err_wrap(err, "%s: server", what);
	if (url.has_user || url.query.len > 0 || str_contains(*server, STR("#")))
		return err_set(err, ERR_INVALID, "%s: server has more than https://HOST:PORT/PATH", what);
	while (str_ends(*server, STR("/")))
		server->len--;
	CHECK(arena_copy(arena, *server, server)); /* NUL-ended where it ends now */
	return true;
}

static bool check_proxy(const struct yaml_node *map, const char *what, struct err *err)
{
	struct str proxy = STR("");

	if (!config_text(map, what, "proxy-url", &proxy, err))
		return false;
	return proxy.len == 0 ||
	       err_set(err, ERR_INVALID, "%s: proxy-url is not supported; the environment's HTTPS_PROXY is", what);
}

static bool read_insecure(struct kube_config *config, const struct yaml_node *map, const char *what, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, STR("insecure-skip-tls-verify"));

	if (node == NULL || node->kind == YAML_NULL)
		return true;
	if (!yaml_bool(node, &config->insecure))
		return err_set(err, ERR_INVALID, "%s: insecure-skip-tls-verify is to be true or false", what);
	if (config->insecure && (config->ca_file.len > 0 || config->ca_pem.len > 0))
		return err_set(err, ERR_INVALID,
			       "%s: insecure-skip-tls-verify does not go with certificate-authority: one of the two is "
			       "to be taken out",
			       what);
	return true;
}

static bool read_cluster(const struct kubeconfig *file, struct str name, struct err *err)
{
	struct kube_config *config = file->config;
	struct label label = label_of("cluster", name);
	const struct yaml_node *map = NULL;

	return find_named(file, "clusters", "cluster", name, &map, err) &&
	       config_text(map, label.text, "server", &config->server, err) &&
	       check_server(&config->server, label.text, config->arena, err) &&
	       config_text(map, label.text, "tls-server-name", &config->tls_server_name, err) &&
	       config_pem(map, label.text, "certificate-authority", file->folder, config->arena, &config->ca_file,
			  &config->ca_pem, err) &&
	       read_insecure(config, map, label.text, err) && check_proxy(map, label.text, err);
}

/* ---- users */

static bool check_unsupported(const struct yaml_node *map, const char *what, struct err *err)
{
	static const struct {
		const char *key, *why;
	} NOT_US[] = {
		{"exec", "no programs are started for credentials"},
		{"auth-provider", "Kubernetes itself has given it up"},
		{"as", "impersonation is not supported"},
		{"as-uid", "impersonation is not supported"},
		{"as-groups", "impersonation is not supported"},
		{"as-user-extra", "impersonation is not supported"},
	};

	for (size_t i = 0; i < COUNT_OF(NOT_US); i++) {
		const struct yaml_node *node = yaml_get(map, str_of(NOT_US[i].key));

		if (node && node->kind != YAML_NULL)
			return err_set(err, ERR_INVALID,
				       "%s: %s: %s; a token, tokenFile or client-certificate is wanted", what,
				       NOT_US[i].key, NOT_US[i].why);
	}
	return true;
}

/* A line break in a token would begin another header. */
static bool check_token(struct str token, const char *what, struct err *err)
{
	for (size_t i = 0; i < token.len; i++)
		if ((unsigned char)token.ptr[i] <= ' ' || token.ptr[i] == 0x7f)
			return err_set(err, ERR_INVALID, "%s: token has white space or a control character", what);
	return true;
}

static bool read_token(const struct kubeconfig *file, const struct yaml_node *map, const char *what, struct err *err)
{
	struct kube_config *config = file->config;
	struct str path = STR("");

	if (!config_text(map, what, "token", &config->token, err) || !config_text(map, what, "tokenFile", &path, err) ||
	    !check_token(config->token, what, err))
		return false;
	return path.len == 0 ||
	       config_path(path, what, "tokenFile", file->folder, config->arena, &config->token_file, err);
}

static bool check_user(const struct kube_config *config, const char *what, struct err *err)
{
	bool cert = config->cert_file.len + config->cert_pem.len > 0;
	bool key = config->key_file.len + config->key_pem.len > 0;

	if (cert != key)
		return err_set(err, ERR_INVALID, "%s: client-certificate and client-key belong together: %s is missing",
			       what, cert ? "the key" : "the certificate");
	if (config->user.len == 0 && config->password.len > 0)
		return err_set(err, ERR_INVALID, "%s: a password without a username", what);
	if (config->user.len > 0 && config->token.len + config->token_file.len > 0)
		return err_set(err, ERR_INVALID, "%s: a token and a username: one of the two is to be taken out", what);
	return true;
}

static bool read_user(const struct kubeconfig *file, struct str name, struct err *err)
{
	struct kube_config *config = file->config;
	struct label label = label_of("user", name);
	const struct yaml_node *map = NULL;
	bool ok;

	if (name.len == 0) {
		log_warn("kubeconfig: the current context has no user; requests are anonymous");
		return true;
	}
	ok = find_named(file, "users", "user", name, &map, err) && check_unsupported(map, label.text, err) &&
	     config_pem(map, label.text, "client-certificate", file->folder, config->arena, &config->cert_file,
			&config->cert_pem, err) &&
	     config_pem(map, label.text, "client-key", file->folder, config->arena, &config->key_file, &config->key_pem,
			err) &&
	     read_token(file, map, label.text, err) && config_text(map, label.text, "username", &config->user, err) &&
	     config_text(map, label.text, "password", &config->password, err);
	hide_secrets(config); /* also when something else is wrong */
	return ok && check_user(config, label.text, err);
}

/* ---- the file */

static bool read_context(const struct kubeconfig *file, struct err *err)
{
	struct str name = STR(""), cluster = STR(""), user = STR("");
	const struct yaml_node *context = NULL;
	struct label label;

	if (file->root->kind != YAML_MAP)
		return err_set(err, ERR_INVALID, "this is no kubeconfig: clusters, users and contexts are wanted");
	if (!config_text(file->root, "kubeconfig", "current-context", &name, err))
		return false;
	if (name.len == 0)
		return err_set(err, ERR_INVALID, "current-context is missing; it is to name one of contexts");
	label = label_of("context", name);
	if (!find_named(file, "contexts", "context", name, &context, err) ||
	    !config_text(context, label.text, "cluster", &cluster, err) ||
	    !config_text(context, label.text, "user", &user, err))
		return false;
	if (cluster.len == 0)
		return err_set(err, ERR_INVALID, "%s: cluster is missing", label.text);
	return read_cluster(file, cluster, err) && read_user(file, user, err);
}

static bool parse_yaml(struct str text, struct arena *arena, const struct yaml_node **ret_root, struct err *err)
{
	struct problems problems = {0};
	bool ok = yaml_parse(text, arena, &problems, ret_root);

	for (size_t i = 0; !ok && i < problems.count; i++) {
		const struct problem *problem = &problems.items[i];

		if (problem->warning)
			continue;
		(void)err_set(err, ERR_INVALID, "line %u, column %u: %s", problem->at.line, problem->at.column,
			      problem->text);
		break;
	}
	problems_clear(&problems);
	return ok;
}

static char *folder_of(struct kube_config *config, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 1;
	char *folder = arena_alloc(config->arena, length + 1);

	CHECK(folder); /* the arena has no maximum */
	memcpy(folder, slash ? path : ".", length);
	return folder;
}

static bool load_file(const char *path, struct kube_config **ret_config, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_MAX(YAML_BYTES_MAX);
	CLEANUP(kube_config_free_at) struct kube_config *config = config_new();
	struct kubeconfig file = {.config = config, .folder = folder_of(config, path)};

	if (!file_read(path, &text, err))
		return err_wrap(err, "kubeconfig");
	if (!parse_yaml(buf_str(&text), config->arena, &file.root, err) || !read_context(&file, err))
		return err_wrap(err, "kubeconfig %s", path);
	*ret_config = STEAL(config);
	return true;
}

/* ---- in the cluster */

static bool read_environment(struct kube_config *config, struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	CLEANUP(buf_clear) struct buf server = {0};

	if (host == NULL || port == NULL || host[0] == '\0' || port[0] == '\0')
		return err_set(err, ERR_INVALID,
			       "no kubeconfig is named, and this is no pod: KUBERNETES_SERVICE_HOST or "
			       "KUBERNETES_SERVICE_PORT is not set");
	buf_printf(&server, strchr(host, ':') && host[0] != '[' ? "https://[%s]:%s" : "https://%s:%s", host, port);
	config->server = buf_str(&server);
	if (!check_server(&config->server, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT", config->arena, err)) {
		config->server = STR("");
		return false;
	}
	return true;
}

bool config_in_cluster(const char *folder, struct kube_config **ret_config, struct err *err)
{
	CLEANUP(kube_config_free_at) struct kube_config *config = config_new();

	if (!read_environment(config, err) ||
	    !config_path(STR("token"), "service account", "token", folder, config->arena, &config->token_file, err) ||
	    !config_path(STR("ca.crt"), "service account", "ca.crt", folder, config->arena, &config->ca_file, err))
		return false;
	*ret_config = STEAL(config);
	return true;
}

bool kube_config_load(const char *path, struct kube_config **ret_config, struct err *err)
{
	if (path == NULL || path[0] == '\0')
		return config_in_cluster(ACCOUNT_FOLDER, ret_config, err);
	return load_file(path, ret_config, err);
}
