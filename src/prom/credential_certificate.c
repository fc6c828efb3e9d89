/* SPDX-License-Identifier: Apache-2.0 */
/* A client certificate, of the flags or of a kubeconfig: part of the connection, and beside each other credential. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "credential.h"
#include "net/http_client.h"
#include "prom/client.h"

struct certificate_credential {
	struct credential base;
	const char *cert_file, *key_file; /* lent, as the options are */
	struct str cert_pem, key_pem;
};

static void certificate_connect(const struct credential *credential, struct http_client_options *options)
{
	const struct certificate_credential *certificate = (const struct certificate_credential *)credential;

	options->cert_file = certificate->cert_file;
	options->key_file = certificate->key_file;
	options->cert_pem = certificate->cert_pem;
	options->key_pem = certificate->key_pem;
}

static void certificate_free(struct credential *credential)
{
	free(credential);
}

static const struct credential_kind KIND = {.connect = certificate_connect, .free = certificate_free};

static bool check_file(const char *flag, const char *path, struct err *err)
{
	if (path == NULL || access(path, R_OK) == 0)
		return true;
	return err_set(err, ERR_INVALID, "%s: %s: %s", flag, path, strerror(errno));
}

/* And whom to believe: curl would say only at the first query that a file is not there. */
static bool check_files(const struct prom_options *options, struct err *err)
{
	if ((options->cert_file == NULL) != (options->key_file == NULL))
		return err_set(err, ERR_INVALID,
			       "--prometheus-client-tls-cert-file and --prometheus-client-tls-key-file belong "
			       "together: %s is missing",
			       options->cert_file ? "the key" : "the certificate");
	return check_file("--prometheus-ca-file", options->ca_file, err) &&
	       check_file("--prometheus-client-tls-cert-file", options->cert_file, err) &&
	       check_file("--prometheus-client-tls-key-file", options->key_file, err);
}

bool credential_add_certificate(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	struct certificate_credential *certificate;

	if (!check_files(options, err))
		return false;
	if (options->cert_file == NULL && options->cert_pem.len == 0)
		return true;
	certificate = xnew(struct certificate_credential);
	*certificate = (struct certificate_credential){
		.base = {.kind = &KIND,
			 .flag = options->cert_file ? "--prometheus-client-tls-cert-file" : options->bearer_flag},
		.cert_file = options->cert_file,
		.key_file = options->key_file,
		.cert_pem = options->cert_pem,
		.key_pem = options->key_pem,
	};
	credentials_add(credentials, &certificate->base);
	return true;
}
