/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/options.h"
#include "kube/config.h"
#include "prom/client.h"
#include "prom/google.h"

struct credentials {
	struct kube_config *kube; /* NULL: none */
	struct google *google;	  /* NULL: none */
};

/* ---- Kubernetes */

static const char *text_or_null(struct str text)
{
	return text.len > 0 ? text.ptr : NULL;
}

static void use_kube(const struct kube_config *kube, const char *flag, struct prom_options *prom)
{
	prom->bearer_flag = flag;
	prom->bearer = kube->token_file.len > 0 ? NULL : text_or_null(kube->token);
	prom->bearer_file = text_or_null(kube->token_file);
	prom->user = text_or_null(kube->user);
	prom->password = text_or_null(kube->password);
	prom->tls_server_name = text_or_null(kube->tls_server_name);
	prom->ca_file = text_or_null(kube->ca_file);
	prom->ca_pem = kube->ca_pem;
	prom->insecure |= kube->insecure;
	if (prom->cert_file) /* the flag's */
		return;
	prom->cert_file = text_or_null(kube->cert_file);
	prom->key_file = text_or_null(kube->key_file);
	prom->cert_pem = kube->cert_pem;
	prom->key_pem = kube->key_pem;
}

/* With a CA file upstream takes no heed of either. */
static bool add_kube(struct credentials *credentials, const struct options *options, struct prom_options *prom,
		     struct err *err)
{
	const char *flag = options->prometheus_auth_config	? "--prometheus-auth-config"
			   : options->prometheus_auth_incluster ? "--prometheus-auth-incluster"
								: NULL;

	if (flag && options->prometheus_ca_file) {
		log_warn("%s has no effect beside --prometheus-ca-file", flag);
		return true;
	}
	if (flag == NULL)
		return true;
	if (!kube_config_load(options->prometheus_auth_config, &credentials->kube, err))
		return err_wrap(err, "%s", flag);
	use_kube(credentials->kube, flag, prom);
	return true;
}

/* ---- Google */

static bool asks_for_project(const struct options *options)
{
	for (size_t i = 0; i < options->prometheus_urls.count; i++)
		if (str_contains(str_of(options->prometheus_urls.items[i]), STR("/projects/auto/")))
			return true;
	return false;
}

static bool add_google(struct credentials *credentials, struct loop *loop, const struct options *options,
		       struct prom_options *prom, struct err *err)
{
	const struct google_options google = {
		.auth = options->google_auth,
		.project = options->gmp_project,
		.location = options->gmp_location,
		.cluster = options->gmp_cluster,
		.project_in_url = options->managed && asks_for_project(options),
	};

	prom->managed = options->managed;
	if (!google.auth && !google.project && !google.location && !google.cluster && !google.project_in_url)
		return true;
	credentials->google = google_new(loop, &google, err);
	prom->google = credentials->google;
	return credentials->google != NULL;
}

/* A project's series are those of all its clusters: two that have pods of one name would be added up. */
static void warn_of_many_clusters(const struct options *options)
{
	if (options->managed && (options->gmp_cluster == NULL || options->gmp_location == NULL))
		log_warn(
			"Google Managed Prometheus holds the series of all clusters of a project, and pods of one name "
			"in several are added up; give --gmp-cluster and --gmp-location (auto: ours), unless there is "
			"but one");
}

/* ---- the whole */

struct credentials *credentials_new(struct loop *loop, const struct options *options, struct prom_options *prom,
				    struct err *err)
{
	CLEANUP(credentials_free_at) struct credentials *credentials = xnew(struct credentials);

	prom->headers = options->prometheus_headers.items;
	prom->header_files = options->prometheus_header_files.items;
	prom->header_envs = options->prometheus_header_envs.items;
	prom->ca_file = options->prometheus_ca_file;
	prom->cert_file = options->prometheus_client_tls_cert_file;
	prom->key_file = options->prometheus_client_tls_key_file;
	prom->token_file = options->prometheus_token_file;
	prom->insecure = options->prometheus_insecure;
	prom->redirects_anywhere = options->prometheus_redirects_any;
	prom->aws_region = options->aws_sigv4;
	warn_of_many_clusters(options);
	if (!add_kube(credentials, options, prom, err) || !add_google(credentials, loop, options, prom, err))
		return NULL;
	return STEAL(credentials);
}

void credentials_free(struct credentials *credentials)
{
	if (credentials == NULL)
		return;
	google_free(credentials->google);
	kube_config_free(credentials->kube);
	free(credentials);
}
