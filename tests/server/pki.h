/* SPDX-License-Identifier: Apache-2.0 */
/* pki.h - certificates for tests, made when they are needed. */
#ifndef GAUGELET_TESTS_PKI_H
#define GAUGELET_TESTS_PKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/buf.h"
#include "kube/trust.h"

struct pki {
	EVP_PKEY *key;
	X509 *x509;
};

struct pki_wish {
	const char *cn, *organizations[3];
	const char *usage;		  /* extendedKeyUsage; NULL: none */
	long valid_from_s, valid_until_s; /* from now; both 0: an hour round about now */
	bool is_ca;
};

static inline void pki_extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static inline void pki_name(X509 *x509, const struct pki_wish *wish)
{
	X509_NAME *name = X509_get_subject_name(x509);

	for (size_t i = 0; i < COUNT_OF(wish->organizations) && wish->organizations[i]; i++)
		X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)wish->organizations[i], -1,
					   -1, 0);
	if (wish->cn)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)wish->cn, -1, -1, 0);
}

/* `issuer` NULL: signed by itself. */
static inline struct pki pki_make(const struct pki_wish *wish, const struct pki *issuer)
{
	static long serial = 1000;
	struct pki made = {.key = EVP_EC_gen("P-256"), .x509 = X509_new()};
	const struct pki *by = issuer ? issuer : &made;
	bool dated = wish->valid_from_s || wish->valid_until_s;

	assert_non_null(made.key);
	assert_non_null(made.x509);
	X509_set_version(made.x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.x509), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(made.x509), dated ? wish->valid_from_s : -3600);
	X509_gmtime_adj(X509_getm_notAfter(made.x509), dated ? wish->valid_until_s : 3600);
	X509_set_pubkey(made.x509, made.key);
	pki_name(made.x509, wish);
	X509_set_issuer_name(made.x509, X509_get_subject_name(by->x509));
	pki_extend(made.x509, by->x509, NID_basic_constraints, wish->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (wish->usage)
		pki_extend(made.x509, by->x509, NID_ext_key_usage, wish->usage);
	assert_true(X509_sign(made.x509, by->key, EVP_sha256()) > 0);
	return made;
}

static inline struct pki pki_ca(const char *cn)
{
	return pki_make(&(struct pki_wish){.cn = cn, .is_ca = true}, NULL);
}

static inline void pki_clear(struct pki *pki)
{
	EVP_PKEY_free(pki->key);
	X509_free(pki->x509);
	*pki = (struct pki){0};
}

static inline void pki_write_der(const struct pki *pki, struct buf *out)
{
	unsigned char *der = NULL;
	int bytes = i2d_X509(pki->x509, &der);

	assert_true(bytes > 0);
	buf_put(out, (struct str){(const char *)der, (size_t)bytes});
	OPENSSL_free(der);
}

static inline void pki_write_pem(const struct pki *pki, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long bytes;

	assert_int_equal(PEM_write_bio_X509(bio, pki->x509), 1);
	bytes = BIO_get_mem_data(bio, &text);
	buf_put(out, (struct str){text, (size_t)bytes});
	BIO_free(bio);
}

/* `allowed`: the only name of a proxy; NULL: any. The headers are the usual ones. */
static inline struct trust *pki_trust(const struct pki *clients, const struct pki *proxies, const char *allowed,
				      uint64_t generation)
{
	static const struct str users[] = {STR_INIT("X-Remote-User")}, groups[] = {STR_INIT("X-Remote-Group")},
				extra[] = {STR_INIT("X-Remote-Extra-")};
	struct trust *trust = xnew(struct trust);
	struct str *name;
	struct buf pem = {0};

	trust->generation = generation;
	trust->arena = arena_new(0);
	buf_puts(&pem, "a comment\n");
	pki_write_pem(clients, &pem);
	assert_true(arena_copy(trust->arena, buf_str(&pem), &trust->client_ca_pem));
	buf_reset(&pem);
	pki_write_pem(proxies, &pem);
	assert_true(arena_copy(trust->arena, buf_str(&pem), &trust->requestheader_ca_pem));
	buf_clear(&pem);
	name = arena_alloc(trust->arena, sizeof(*name));
	assert_non_null(name);
	*name = str_of(allowed);
	trust->allowed_names = (struct trust_list){name, allowed ? 1 : 0};
	trust->username_headers = (struct trust_list){users, 1};
	trust->group_headers = (struct trust_list){groups, 1};
	trust->extra_prefixes = (struct trust_list){extra, 1};
	return trust;
}

#endif
