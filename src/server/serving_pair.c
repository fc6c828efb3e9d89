/* SPDX-License-Identifier: Apache-2.0 */
/* A chain and its key: const once made, shared by count, since a handshake may still need a pair that has been replaced. */
#include "serving_pair.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/vec.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdlib.h>

enum {
	CHAIN_MAX = 16,
	FILE_MAX = 1024 * 1024,
	NAME_BYTES = 256, /* a name in DNS has 253 at most */
};

struct serving_pair {
	unsigned references;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_length;
	int64_t end_s;
	gnutls_privkey_t key;
	struct arena *arena;
	struct {
		VEC_OF(struct str);
	} names;
};

static void serving_pair_free(struct serving_pair *pair)
{
	for (unsigned i = 0; i < pair->chain_length; i++)
		gnutls_pcert_deinit(&pair->chain[i]);
	gnutls_privkey_deinit(pair->key);
	vec_clear(&pair->names);
	arena_free(pair->arena);
	free(pair);
}

struct serving_pair *serving_pair_ref(struct serving_pair *pair)
{
	pair->references++;
	return pair;
}

void serving_pair_unref(struct serving_pair *pair)
{
	if (pair && --pair->references == 0)
		serving_pair_free(pair);
}

struct serving_pair_lent serving_pair_lend(const struct serving_pair *pair)
{
	struct serving_pair_lent lent = {.chain_length = pair->chain_length, .key = pair->key};
	const void *chain = pair->chain;

	/* GnuTLS takes what it only reads as a pointer to non-const */
	memcpy(&lent.chain, &chain, sizeof(chain));
	return lent;
}

int64_t serving_pair_end_s(const struct serving_pair *pair)
{
	return pair->end_s;
}

bool serving_pair_is_rsa(const struct serving_pair *pair)
{
	int algorithm = gnutls_pubkey_get_pk_algorithm(pair->chain[0].pubkey, NULL);

	return algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS;
}

bool serving_pair_eq(const struct serving_pair *a, const struct serving_pair *b)
{
	bool same = a->chain_length == b->chain_length;

	for (unsigned i = 0; same && i < a->chain_length; i++)
		same = a->chain[i].cert.size == b->chain[i].cert.size &&
		       memcmp(a->chain[i].cert.data, b->chain[i].cert.data, a->chain[i].cert.size) == 0;
	return same; /* the key fits the first certificate, so it is the same one too */
}

/* ---- names */

static void name_add(struct serving_pair *pair, const char *name, size_t bytes)
{
	struct str copy;

	CHECK(arena_copy(pair->arena, (struct str){name, bytes}, &copy)); /* it has no maximum, but the file had */
	*vec_push(&pair->names) = copy;
}

/* The common name, which is what old certificates have, and the DNS names; and how long they are good. */
static void leaf_read(struct serving_pair *pair)
{
	gnutls_x509_crt_t leaf = NULL;
	char name[NAME_BYTES];
	size_t bytes = sizeof(name);
	int type = 0;

	pair->arena = arena_new(0);
	if (gnutls_pcert_export_x509(&pair->chain[0], &leaf) < 0)
		return;
	pair->end_s = gnutls_x509_crt_get_expiration_time(leaf);
	if (gnutls_x509_crt_get_dn_by_oid(leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &bytes) == 0)
		name_add(pair, name, bytes);
	for (unsigned i = 0; type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		bytes = sizeof(name);
		type = gnutls_x509_crt_get_subject_alt_name(leaf, i, name, &bytes, NULL);
		if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
			break;
		if (type == GNUTLS_SAN_DNSNAME)
			name_add(pair, name, bytes);
	}
	gnutls_x509_crt_deinit(leaf);
}

bool serving_pair_name_is(struct str name, struct str asked, bool wildcard)
{
	struct str domain = str_slice(asked, str_index(asked, '.'), asked.len);

	if (!wildcard)
		return str_eq_nocase(name, asked);
	return str_starts(name, STR("*")) && str_eq_nocase(str_slice(name, 1, name.len), domain);
}

bool serving_pair_has(const struct serving_pair *pair, struct str asked, bool wildcard)
{
	for (size_t i = 0; i < pair->names.count; i++)
		if (serving_pair_name_is(pair->names.items[i], asked, wildcard))
			return true;
	return false;
}

/* ---- from PEM */

static gnutls_datum_t datum_of(const struct buf *text)
{
	return (gnutls_datum_t){.data = (unsigned char *)text->ptr, .size = (unsigned)text->len};
}

static bool chain_import(struct serving_pair *pair, const struct buf *text, const char *file, struct err *err)
{
	gnutls_datum_t data = datum_of(text);
	unsigned count = CHAIN_MAX;
	int code = gnutls_pcert_list_import_x509_raw(pair->chain, &count, &data, GNUTLS_X509_FMT_PEM, 0);

	if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
		return err_set(err, ERR_INVALID,
			       "'%s' holds more than %d certificates; the server's own and those between "
			       "it and its CA are enough",
			       file, CHAIN_MAX);
	if (code < 0)
		return err_set(err, ERR_INVALID, "'%s' holds no certificate in PEM form: %s", file,
			       gnutls_strerror(code));
	pair->chain_length = count;
	return true;
}

static bool key_import(struct serving_pair *pair, const struct buf *text, const char *file, struct err *err)
{
	gnutls_datum_t data = datum_of(text);
	int code = gnutls_privkey_init(&pair->key);

	if (code == 0)
		code = gnutls_privkey_import_x509_raw(pair->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (code == GNUTLS_E_DECRYPTION_FAILED)
		return err_set(err, ERR_INVALID, "the private key in '%s' is encrypted; it must be without a password",
			       file);
	if (code < 0)
		return err_set(err, ERR_INVALID, "'%s' holds no private key in PEM form: %s", file,
			       gnutls_strerror(code));
	return true;
}

static bool key_id(gnutls_pubkey_t key, unsigned char id[32])
{
	size_t bytes = 32;

	return gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, id, &bytes) == 0 && bytes == 32;
}

static bool key_fits(const struct serving_pair *pair)
{
	gnutls_pubkey_t public_key = NULL;
	unsigned char of_key[32], of_cert[32];
	bool fits = gnutls_pubkey_init(&public_key) == 0 &&
		    gnutls_pubkey_import_privkey(public_key, pair->key, 0, 0) == 0 && key_id(public_key, of_key) &&
		    key_id(pair->chain[0].pubkey, of_cert) && memcmp(of_key, of_cert, sizeof(of_key)) == 0;

	gnutls_pubkey_deinit(public_key);
	return fits;
}

struct serving_pair *serving_pair_parse(const struct buf *chain, const struct buf *key, const char *cert_file,
					const char *key_file, struct err *err)
{
	struct serving_pair *pair = serving_pair_ref(xnew(struct serving_pair));

	if (chain_import(pair, chain, cert_file, err) && key_import(pair, key, key_file, err)) {
		leaf_read(pair);
		if (key_fits(pair))
			return pair;
		err_set(err, ERR_INVALID, "the private key in '%s' does not fit the first certificate in '%s'",
			key_file, cert_file);
	}
	serving_pair_unref(pair);
	return NULL;
}

struct serving_pair *serving_pair_load(const char *cert_file, const char *key_file, struct err *err)
{
	CLEANUP(buf_clear) struct buf chain = BUF_MAX(FILE_MAX);
	CLEANUP(buf_wipe) struct buf key = BUF_MAX(FILE_MAX);

	if (!file_read(cert_file, &chain, err) || !file_read(key_file, &key, err))
		return NULL;
	return serving_pair_parse(&chain, &key, cert_file, key_file, err);
}
