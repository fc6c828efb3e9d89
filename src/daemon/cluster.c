/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "daemon/options.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/objects.h"
#include "kube/trust.h"
#include "server/auth.h"

enum {
	OBJECTS_STALE_MS = 300000, /* for how long objects are believed while their watch is broken */
	CA_BYTES_MAX = 1 << 20,
};

struct cluster {
	const struct options *options;
	struct kube_client *lister, *authentication, *authorization;
	struct kube_client *discovery; /* as the lister, but --client-qps would make the start slow with many CRDs */
	struct auth *auth;
	struct trust_source *trust; /* NULL: nothing is looked up */
	struct objects *objects;
	struct resources *resources;
	struct buf client_ca, requestheader_ca; /* of the flags */
};

/* ---- whom to believe: the ConfigMap, and over it what the flags say */

static struct str kept(struct trust *trust, struct str text)
{
	struct str copy = {0};

	return arena_copy(trust->arena, text, &copy) ? copy : (struct str){0};
}

static struct trust_list list_of(struct trust *trust, const struct text_list *texts)
{
	struct str *items = arena_calloc(trust->arena, texts->count, sizeof(*items));

	if (items == NULL)
		return (struct trust_list){0};
	for (size_t i = 0; i < texts->count; i++)
		items[i] = kept(trust, str_of(texts->items[i]));
	return (struct trust_list){items, texts->count};
}

static void apply_flags(const struct cluster *cluster, struct trust *trust)
{
	const struct options *options = cluster->options;

	if (options->client_ca_file)
		trust->client_ca_pem = kept(trust, buf_str(&cluster->client_ca));
	if (options->requestheader_client_ca_file == NULL)
		return;
	trust->requestheader_ca_pem = kept(trust, buf_str(&cluster->requestheader_ca));
	trust->allowed_names = list_of(trust, &options->requestheader_allowed_names);
	trust->username_headers = list_of(trust, &options->requestheader_username_headers);
	trust->group_headers = list_of(trust, &options->requestheader_group_headers);
	trust->extra_prefixes = list_of(trust, &options->requestheader_extra_headers_prefix);
	trust->uid_headers = list_of(trust, &options->requestheader_uid_headers);
}

static void set_trust(void *context, struct trust *trust)
{
	struct cluster *cluster = context;

	apply_flags(cluster, trust);
	auth_set_trust(cluster->auth, trust);
}

static bool read_ca(const char *flag, const char *path, struct buf *out, struct err *err)
{
	out->max = CA_BYTES_MAX;
	return path == NULL || file_read(path, out, err) || err_wrap(err, "%s", flag);
}

static bool start_trust(struct cluster *cluster, struct loop *loop, struct err *err)
{
	const struct options *options = cluster->options;
	bool all_given = options->client_ca_file && options->requestheader_client_ca_file;

	if (!read_ca("--client-ca-file", options->client_ca_file, &cluster->client_ca, err) ||
	    !read_ca("--requestheader-client-ca-file", options->requestheader_client_ca_file,
		     &cluster->requestheader_ca, err))
		return false;
	if (options->authentication_skip_lookup || all_given)
		set_trust(cluster, trust_parse(STR("{}"), 1));
	else
		cluster->trust = trust_source_new(loop, cluster->authentication, set_trust, cluster);
	return true;
}

/* ---- life */

static bool connect_to(struct loop *loop, const char *flag, const char *kubeconfig,
		       const struct kube_client_options *options, struct kube_client **ret_client, struct err *err)
{
	CLEANUP(kube_config_free_at) struct kube_config *config = NULL;

	if (kube_config_load(kubeconfig, &config, err))
		*ret_client = kube_client_new(loop, config, options, err);
	if (*ret_client)
		return true;
	if (kubeconfig && kubeconfig[0])
		return err_wrap(err, "%s", flag);
	return err_set(err, err->code, "%s: %s; name a kubeconfig there, or start with --standalone", flag, err->msg);
}

static bool connect_all(struct cluster *cluster, struct loop *loop, struct err *err)
{
	const struct options *options = cluster->options;
	const struct kube_client_options limited = {.qps = options->client_qps,
						    .burst = (unsigned)options->client_burst};
	const struct kube_client_options unlimited = {0};

	return connect_to(loop, "--lister-kubeconfig", options->lister_kubeconfig, &limited, &cluster->lister, err) &&
	       connect_to(loop, "--lister-kubeconfig", options->lister_kubeconfig, &unlimited, &cluster->discovery,
			  err) &&
	       connect_to(loop, "--authentication-kubeconfig", options->authentication_kubeconfig, &unlimited,
			  &cluster->authentication, err) &&
	       connect_to(loop, "--authorization-kubeconfig", options->authorization_kubeconfig, &unlimited,
			  &cluster->authorization, err);
}

struct cluster *cluster_new(struct loop *loop, const struct options *options, resources_handler *on_resources,
			    void *context, struct err *err)
{
	CLEANUP(cluster_free_at) struct cluster *cluster = xnew(struct cluster);
	const struct auth_options auth = {
		.token_ttl_ms = options->token_cache_ttl_ms,
		.allowed_ttl_ms = options->authorized_cache_ttl_ms,
		.denied_ttl_ms = options->unauthorized_cache_ttl_ms,
		.always_allow_paths = options->always_allow_paths.items,
	};

	cluster->options = options;
	if (!connect_all(cluster, loop, err))
		return NULL;
	cluster->auth = auth_new(loop, cluster->authentication, cluster->authorization, &auth);
	if (!start_trust(cluster, loop, err))
		return NULL;
	cluster->objects = objects_new(loop, cluster->lister, OBJECTS_STALE_MS);
	cluster->resources =
		resources_new(loop, cluster->discovery, options->discovery_interval_ms, on_resources, context);
	return STEAL(cluster);
}

void cluster_free(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	resources_free(cluster->resources);
	objects_free(cluster->objects);
	trust_source_free(cluster->trust);
	auth_free(cluster->auth);
	kube_client_free(cluster->authorization);
	kube_client_free(cluster->authentication);
	kube_client_free(cluster->discovery);
	kube_client_free(cluster->lister);
	buf_clear(&cluster->client_ca);
	buf_clear(&cluster->requestheader_ca);
	free(cluster);
}

struct auth *cluster_auth(const struct cluster *cluster)
{
	return cluster->auth;
}

struct objects *cluster_objects(const struct cluster *cluster)
{
	return cluster->objects;
}

struct resources *cluster_resources(const struct cluster *cluster)
{
	return cluster->resources;
}
