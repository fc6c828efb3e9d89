/* SPDX-License-Identifier: Apache-2.0 */
#include "http_transfer.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PIECE_BYTES = 64 * 1024, /* what one read takes, and so what one turn can cost */
	CA_SECONDS = 60,	 /* a CA file that was exchanged is seen after so long */
	CERT_SECONDS = 300,	 /* and a client's certificate */
};

/* ---- options that stay */

#define SET(option, value)                                                                                             \
	do {                                                                                                           \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                                 \
			return false;                                                                                  \
	} while (0)

static bool set_pem(CURL *easy, CURLoption option, const struct buf *pem)
{
	struct curl_blob blob = {.data = pem->ptr, .len = pem->len, .flags = CURL_BLOB_COPY};

	SET(option, pem->len > 0 ? &blob : NULL);
	return true;
}

/* curl would go on to believe the system's folder of CAs, too. */
static bool set_trust(CURL *easy, const struct http_transfer_options *options)
{
	if (options->ca_file || options->ca_pem.len > 0)
		SET(CURLOPT_CAPATH, NULL);
	if (options->ca_file)
		SET(CURLOPT_CAINFO, options->ca_file);
	return set_pem(easy, CURLOPT_CAINFO_BLOB, &options->ca_pem);
}

/* All of it, so that what was set before is gone. */
static bool set_certificate(CURL *easy, const struct http_transfer_options *options)
{
	SET(CURLOPT_SSLCERT, options->cert_file);
	SET(CURLOPT_SSLKEY, options->key_file);
	return set_pem(easy, CURLOPT_SSLCERT_BLOB, &options->cert_pem) &&
	       set_pem(easy, CURLOPT_SSLKEY_BLOB, &options->key_pem);
}

static bool set_security(CURL *easy, const struct http_transfer_options *options)
{
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* A certificate that was exchanged is shown by new connections alone; a resumed session would stand for the old one. */
	if (options->cert_file) {
		SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
		SET(CURLOPT_MAXLIFETIME_CONN, (long)CERT_SECONDS);
	}
	SET(CURLOPT_CA_CACHE_TIMEOUT, (long)CA_SECONDS);
	if (!set_trust(easy, options) || !set_certificate(easy, options))
		return false;
	SET(CURLOPT_SSL_VERIFYPEER, options->insecure ? 0L : 1L);
	SET(CURLOPT_SSL_VERIFYHOST, options->insecure ? 0L : 2L);
	return true;
}

static bool set_manners(CURL *easy, const struct http_transfer_options *options)
{
	SET(CURLOPT_NOSIGNAL, 1L);
	/* Without it, giving up a name that does not resolve waits for the resolver. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L); /* who follows decides what goes along */
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	/* a watch sends nothing for minutes; a host that is gone is to be noticed before its deadline */
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, 30L);
	SET(CURLOPT_TCP_KEEPINTVL, 10L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	if (options->no_proxy)
		SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_BUFFERSIZE, (long)PIECE_BYTES);
	SET(CURLOPT_USERAGENT, "gaugelet/" GAUGELET_VERSION);
	return set_security(easy, options);
}

/* curl tells nobody that it tries again, but calls this before each time. */
static int count_sent(void *context, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct http_transfer *transfer = context;

	(void)their_ip;
	(void)our_ip;
	(void)their_port;
	(void)our_port;
	transfer->sent++;
	return CURL_PREREQFUNC_OK;
}

static bool set_handlers(struct http_transfer *transfer, curl_write_callback on_body)
{
	CURL *easy = transfer->easy;

	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->message);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_PREREQFUNCTION, count_sent);
	SET(CURLOPT_PREREQDATA, transfer);
	return true;
}

void http_transfer_free(struct http_transfer *transfer)
{
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->address);
	buf_clear(&transfer->header_text);
	buf_clear(&transfer->body);
	free(transfer);
}

struct http_transfer *http_transfer_new(const struct http_transfer_options *options, curl_write_callback on_body)
{
	struct http_transfer *transfer = xnew(struct http_transfer);

	transfer->options = options;
	transfer->easy = curl_easy_init();
	if (transfer->easy && set_manners(transfer->easy, options) && set_handlers(transfer, on_body))
		return transfer;
	http_transfer_free(transfer);
	return NULL;
}

/* ---- options of one call */

/* Most calls carry the headers of the one before; then curl's list is kept. */
static bool set_headers(struct http_transfer *transfer, const struct buf *wanted)
{
	CURL *easy = transfer->easy;
	struct curl_slist *headers = NULL;

	if (transfer->headers && str_eq(buf_str(&transfer->header_text), buf_str(wanted)))
		return true;
	for (size_t at = 0; at < wanted->len; at += strlen(wanted->ptr + at) + 1) {
		struct curl_slist *longer = curl_slist_append(headers, wanted->ptr + at);

		if (longer == NULL) {
			curl_slist_free_all(headers);
			return false;
		}
		headers = longer;
	}
	SET(CURLOPT_HTTPHEADER, headers);
	curl_slist_free_all(transfer->headers);
	transfer->headers = headers;
	buf_reset(&transfer->header_text);
	buf_put(&transfer->header_text, buf_str(wanted));
	return true;
}

static bool set_address(struct http_transfer *transfer, const char *address)
{
	CURL *easy = transfer->easy;
	struct curl_slist *list;

	if (address == NULL || (transfer->address && strcmp(transfer->address->data, address) == 0))
		return true;
	list = curl_slist_append(NULL, address);
	if (list == NULL)
		return false;
	SET(CURLOPT_CONNECT_TO, list);
	curl_slist_free_all(transfer->address);
	transfer->address = list;
	return true;
}

static bool set_signing(struct http_transfer *transfer, struct http_signing *signing)
{
	CURL *easy = transfer->easy;

	if (signing->scheme.len == 0)
		return true;
	SET(CURLOPT_AWS_SIGV4, buf_cstr(&signing->scheme));
	SET(CURLOPT_USERNAME, buf_cstr(&signing->key_id));
	SET(CURLOPT_PASSWORD, buf_cstr(&signing->secret));
	return true;
}

/* Handles are used again, so that each call says whether it shows the certificate. */
static bool set_anonymous(struct http_transfer *transfer, bool anonymous)
{
	static const struct http_transfer_options NONE = {0};

	if (transfer->anonymous == anonymous)
		return true;
	transfer->anonymous = anonymous;
	return set_certificate(transfer->easy, anonymous ? &NONE : transfer->options);
}

bool http_transfer_prepare(struct http_transfer *transfer, const struct http_sending *sending)
{
	CURL *easy = transfer->easy;

	SET(CURLOPT_URL, sending->url);
	if (!set_address(transfer, sending->address) || !set_headers(transfer, sending->headers) ||
	    !set_signing(transfer, sending->signing) || !set_anonymous(transfer, sending->anonymous))
		return false;
	buf_clear(&transfer->body);
	if (sending->body) {
		transfer->body = *sending->body;
		*sending->body = (struct buf){0};
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, buf_cstr(&transfer->body));
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.len);
	} else if (transfer->posts) {
		SET(CURLOPT_POSTFIELDS, NULL); /* else the old body would be part of what is signed */
		SET(CURLOPT_HTTPGET, 1L);
	}
	transfer->posts = sending->body != NULL;
	transfer->sent = 0;
	return true;
}

/* ---- results */

static enum http_fault connect_fault(CURL *easy)
{
	long os_error = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
	if (os_error == ECONNREFUSED)
		return HTTP_REFUSED;
	return os_error == ETIMEDOUT ? HTTP_TIMEOUT : HTTP_OTHER;
}

enum http_fault http_transfer_fault(const struct http_transfer *transfer, CURLcode code)
{
	switch ((int)code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_COULDNT_CONNECT:
		return connect_fault(transfer->easy);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return HTTP_UNRESOLVED;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return HTTP_TLS;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return HTTP_CUT;
	default: /* curl's list of codes is open */
		return HTTP_OTHER;
	}
}
