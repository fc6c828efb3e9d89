/* SPDX-License-Identifier: Apache-2.0 */
#include "client_ca.h"

#include "base/buf.h"
#include "identity.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#define CREDENTIAL_ID "authentication.kubernetes.io/credential-id"

enum {
	SIGNATURE_LEVEL = 1, /* of OpenSSL's security levels: no MD5, no SHA-1, no RSA below 1024 bits */
	SHA256_BYTES = 32,
};

struct client_ca {
	struct trust *trust;
	X509_STORE *clients, *proxies; /* NULL: nobody is believed */
};

/* ---- a trust made ready */

/* A PEM text that wants a password would have the terminal asked for it. */
static int no_password(char *buf, int size, int writing, void *context)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* Every certificate of the bundle is an end of the way, be it signed by itself or not, as in Go. */
static X509_STORE *store_new(struct str pem)
{
	BIO *bio = pem.len && pem.len < INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	X509_STORE *store = bio ? X509_STORE_new() : NULL;
	size_t count = 0;
	X509 *x509;

	while (store && (x509 = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		if (X509_STORE_add_cert(store, x509) == 1)
			count++;
		X509_free(x509);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (count)
		return store;
	X509_STORE_free(store);
	return NULL;
}

struct client_ca *client_ca_new(struct trust *trust)
{
	struct client_ca *client_ca = xnew(struct client_ca);

	client_ca->trust = trust;
	client_ca->clients = store_new(trust->client_ca_pem);
	client_ca->proxies = store_new(trust->requestheader_ca_pem);
	return client_ca;
}

void client_ca_free(struct client_ca *client_ca)
{
	if (!client_ca)
		return;
	X509_STORE_free(client_ca->clients);
	X509_STORE_free(client_ca->proxies);
	trust_free(client_ca->trust);
	free(client_ca);
}

const struct trust *client_ca_trust(const struct client_ca *client_ca)
{
	return client_ca->trust;
}

/* ---- a chain */

static X509 *x509_parse(struct str der)
{
	const unsigned char *at = (const unsigned char *)der.ptr;
	X509 *x509 = der.len < LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;

	if (!x509 || at == (const unsigned char *)der.ptr + der.len)
		return x509;
	X509_free(x509);
	return NULL;
}

static STACK_OF(X509) * chain_parse(const struct str *chain, size_t count)
{
	STACK_OF(X509) *parsed = sk_X509_new_null();

	for (size_t i = 0; parsed && i < count && i < CLIENT_CHAIN_MAX; i++) {
		X509 *x509 = x509_parse(chain[i]);

		if (!x509)
			break;
		if (sk_X509_push(parsed, x509) <= 0)
			X509_free(x509);
	}
	return parsed;
}

static bool leads_to(X509_STORE *store, STACK_OF(X509) * chain, int64_t wall_ms)
{
	X509_STORE_CTX *context = store ? X509_STORE_CTX_new() : NULL;
	bool good = false;

	if (context && X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1 &&
	    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1) {
		X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);

		X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_time(parameters, (time_t)(wall_ms / 1000));
		X509_VERIFY_PARAM_set_auth_level(parameters, SIGNATURE_LEVEL);
		good = X509_verify_cert(context) == 1;
	}
	X509_STORE_CTX_free(context);
	return good;
}

/* ---- what a leaf says */

static bool text_take(const X509_NAME_ENTRY *entry, struct arena *arena, struct str *ret_text)
{
	unsigned char *text = NULL;
	int bytes = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	bool fits = true;

	*ret_text = STR("");
	if (bytes > 0)
		fits = arena_copy(arena, (struct str){(const char *)text, (size_t)bytes}, ret_text);
	if (bytes >= 0)
		OPENSSL_free(text);
	return fits;
}

/* The last CN counts, as in Go; every O is a group. */
static bool subject_take(X509 *leaf, struct arena *arena, struct identity *identity)
{
	const X509_NAME *name = X509_get_subject_name(leaf);
	size_t count = (size_t)X509_NAME_entry_count(name);
	struct str *groups = arena_calloc(arena, count + 1, sizeof(*groups));

	if (!groups)
		return false;
	for (size_t i = 0; i < count; i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, (int)i);
		int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));

		if (kind == NID_commonName && !text_take(entry, arena, &identity->user))
			return false;
		if (kind == NID_organizationName && !text_take(entry, arena, &groups[identity->group_count++]))
			return false;
	}
	identity->groups = groups;
	return true;
}

/* Which certificate it was, for the audit log. */
static bool credential_id_take(struct str der, struct arena *arena, struct identity *identity)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct identity_extra *extra = arena_alloc(arena, sizeof(*extra));
	struct str *value = arena_alloc(arena, sizeof(*value));
	unsigned char digest[SHA256_BYTES];

	CHECK(EVP_Digest(der.ptr, der.len, digest, NULL, EVP_sha256(), NULL) == 1);
	buf_puts(&text, "X509SHA256=");
	for (size_t i = 0; i < sizeof(digest); i++)
		buf_printf(&text, "%02x", (unsigned)digest[i]);
	if (!extra || !value || !arena_copy(arena, buf_str(&text), value))
		return false;
	*extra = (struct identity_extra){.key = STR(CREDENTIAL_ID), .values = value, .value_count = 1};
	identity->extra = extra;
	identity->extra_count = 1;
	return true;
}

static bool is_allowed_name(const struct trust *trust, struct str name)
{
	for (size_t i = 0; i < trust->allowed_names.count; i++)
		if (str_eq(trust->allowed_names.items[i], name))
			return true;
	return trust->allowed_names.count == 0;
}

static int64_t last_moment_ms(const X509 *leaf)
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm) * 1000 + 999;
}

static bool judge(const struct client_ca *client_ca, STACK_OF(X509) * chain, struct str der, int64_t wall_ms,
		  struct arena *arena, struct chain_verdict *verdict)
{
	X509 *leaf = sk_X509_value(chain, 0);

	if (!subject_take(leaf, arena, &verdict->identity) || !credential_id_take(der, arena, &verdict->identity) ||
	    !identity_add_authenticated(&verdict->identity, arena))
		return false;
	verdict->until_ms = last_moment_ms(leaf);
	verdict->is_proxy = is_allowed_name(client_ca->trust, verdict->identity.user) &&
			    leads_to(client_ca->proxies, chain, wall_ms);
	verdict->is_client = verdict->identity.user.len && leads_to(client_ca->clients, chain, wall_ms);
	return true;
}

bool client_ca_verify(const struct client_ca *client_ca, const struct str *chain, size_t count, int64_t wall_ms,
		      struct arena *arena, struct chain_verdict *ret_verdict)
{
	struct chain_verdict verdict = {0};
	STACK_OF(X509) *parsed = chain_parse(chain, count);
	bool fits = true;

	if (parsed && sk_X509_num(parsed) > 0)
		fits = judge(client_ca, parsed, chain[0], wall_ms, arena, &verdict);
	sk_X509_pop_free(parsed, X509_free);
	ERR_clear_error();
	if (fits)
		*ret_verdict = verdict;
	return fits;
}
