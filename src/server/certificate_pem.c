/* SPDX-License-Identifier: Apache-2.0 */
/* A serving pair of our own: ECDSA P-256, since a handshake with an RSA key costs three times as much. */
#include "certificate_pem.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

enum {
	BACKDATED_S = 60 * 60, /* for clients whose clock is behind */
	VALID_DAYS = 365,
};

struct subject {
	char name[64];
	EVP_PKEY *key;
	X509 *x509;
};

static void subject_clear(struct subject *subject)
{
	EVP_PKEY_free(subject->key);
	X509_free(subject->x509);
}

static bool crypto_failed(struct err *err, const char *what)
{
	char reason[200];

	ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
	ERR_clear_error();
	return err_set(err, ERR_IO, "cannot make a serving certificate: %s: %s", what, reason);
}

static bool serial_set(X509 *x509)
{
	BIGNUM *number = BN_new();
	/* 127 bits, the highest set: positive and of one length */
	bool ok = number && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));

	BN_free(number);
	return ok;
}

static bool name_set(X509_NAME *name, const char *common_name)
{
	/* -1: the library counts; MBSTRING_UTF8 text of our own */
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) ==
	       1;
}

static bool extension_add(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool ok;

	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
	ok = extension && X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
	return ok;
}

static bool subject_begin(struct subject *subject, const struct subject *issuer, time_t now)
{
	X509 *x509 = subject->x509 = X509_new();

	subject->key = EVP_EC_gen("P-256");
	return x509 && subject->key && X509_set_version(x509, X509_VERSION_3) && serial_set(x509) &&
	       X509_time_adj_ex(X509_getm_notBefore(x509), 0, -BACKDATED_S, &now) &&
	       X509_time_adj_ex(X509_getm_notAfter(x509), VALID_DAYS, 0, &now) &&
	       name_set(X509_get_subject_name(x509), subject->name) &&
	       X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509)) && X509_set_pubkey(x509, subject->key) &&
	       extension_add(x509, x509, NID_subject_key_identifier, "hash");
}

static bool ca_make(struct subject *ca, time_t now)
{
	return subject_begin(ca, ca, now) &&
	       extension_add(ca->x509, ca->x509, NID_basic_constraints, "critical,CA:TRUE") &&
	       extension_add(ca->x509, ca->x509, NID_key_usage,
			     "critical,digitalSignature,keyEncipherment,keyCertSign") &&
	       X509_sign(ca->x509, ca->key, EVP_sha256());
}

static bool leaf_make(struct subject *leaf, const struct subject *ca, const char *names, time_t now)
{
	return subject_begin(leaf, ca, now) &&
	       extension_add(leaf->x509, ca->x509, NID_authority_key_identifier, "keyid:always") &&
	       extension_add(leaf->x509, ca->x509, NID_basic_constraints, "critical,CA:FALSE") &&
	       extension_add(leaf->x509, ca->x509, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
	       extension_add(leaf->x509, ca->x509, NID_ext_key_usage, "serverAuth") &&
	       extension_add(leaf->x509, ca->x509, NID_subject_alt_name, names) &&
	       X509_sign(leaf->x509, ca->key, EVP_sha256());
}

/* The address goes into a text with a syntax of its own, so only what is an address gets there. */
static void names_write(const char *bind_address, char *names, size_t bytes)
{
	unsigned char binary[16];
	struct str address = str_of(bind_address);
	bool is_ip = bind_address &&
		     (inet_pton(AF_INET, bind_address, binary) == 1 || inet_pton(AF_INET6, bind_address, binary) == 1);

	if (is_ip && !str_eq(address, STR("0.0.0.0")) && !str_eq(address, STR("::")) &&
	    !str_eq(address, STR("127.0.0.1")))
		snprintf(names, bytes, "DNS:localhost,IP:127.0.0.1,IP:%s", bind_address);
	else
		snprintf(names, bytes, "DNS:localhost,IP:127.0.0.1");
}

static bool pem_take(BIO *bio, bool written, struct buf *out)
{
	char *text = NULL;
	long length = written ? BIO_get_mem_data(bio, &text) : 0;

	if (length > 0)
		buf_put(out, (struct str){text, (size_t)length});
	BIO_free(bio);
	return length > 0 && !out->failed;
}

static bool pem_write(const struct subject *leaf, const struct subject *ca, struct buf *out_chain, struct buf *out_key)
{
	BIO *chain = BIO_new(BIO_s_mem());
	BIO *key = BIO_new(BIO_s_secmem());
	bool chain_ok =
		pem_take(chain, chain && PEM_write_bio_X509(chain, leaf->x509) && PEM_write_bio_X509(chain, ca->x509),
			 out_chain);

	return pem_take(key, key && PEM_write_bio_PrivateKey(key, leaf->key, NULL, NULL, 0, NULL, NULL), out_key) &&
	       chain_ok;
}

bool certificate_pem_make(const char *bind_address, struct buf *out_chain, struct buf *out_key, struct err *err)
{
	CLEANUP(subject_clear) struct subject ca = {.name = ""};
	CLEANUP(subject_clear) struct subject leaf = {.name = ""};
	char names[128];
	time_t now = time(NULL);

	snprintf(ca.name, sizeof(ca.name), "localhost-ca@%lld", (long long)now);
	snprintf(leaf.name, sizeof(leaf.name), "localhost@%lld", (long long)now);
	names_write(bind_address, names, sizeof(names));
	if (!ca_make(&ca, now))
		return crypto_failed(err, "its CA");
	if (!leaf_make(&leaf, &ca, names, now))
		return crypto_failed(err, "the certificate");
	if (!pem_write(&leaf, &ca, out_chain, out_key))
		return crypto_failed(err, "writing it");
	return true;
}
