/* SPDX-License-Identifier: Apache-2.0 */
/* serving_files.h - pairs for tests, in a folder of their own. */
#ifndef GAUGELET_TESTS_SERVING_FILES_H
#define GAUGELET_TESTS_SERVING_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct serving_files {
	char folder[48];
};

static inline void files_make(struct serving_files *files)
{
	snprintf(files->folder, sizeof(files->folder), "/tmp/gaugelet-pairs-XXXXXX");
	assert_non_null(mkdtemp(files->folder));
}

static inline void files_clear(struct serving_files *files)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", files->folder);
	assert_int_equal(system(command), 0);
}

struct file_path {
	char text[128];
};

static inline struct file_path file_at(const struct serving_files *files, const char *name)
{
	struct file_path path;

	snprintf(path.text, sizeof(path.text), "%s/%s", files->folder, name);
	return path;
}

static inline void file_put(const struct serving_files *files, const char *name, const char *text)
{
	FILE *file = fopen(file_at(files, name).text, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void file_move(const struct serving_files *files, const char *from, const char *to)
{
	assert_int_equal(rename(file_at(files, from).text, file_at(files, to).text), 0);
}

/* Another file with the same bytes: rename() does nothing to two names of one file. */
static inline void file_copy(const struct serving_files *files, const char *from, const char *to)
{
	char bytes[8192];
	FILE *file = fopen(file_at(files, from).text, "r");
	size_t got;

	assert_non_null(file);
	got = fread(bytes, 1, sizeof(bytes) - 1, file);
	bytes[got] = '\0';
	assert_int_equal(fclose(file), 0);
	file_put(files, to, bytes);
}

static inline X509 *x509_make(EVP_PKEY *key, const char *common_name, const char *alt_names)
{
	static long serial;
	X509 *x509 = X509_new();
	X509_EXTENSION *names = alt_names ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt_names) : NULL;

	assert_non_null(x509);
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial));
	assert_true(X509_set_version(x509, X509_VERSION_3));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), -60));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 3600));
	assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
					       (const unsigned char *)common_name, -1, -1, 0));
	assert_true(X509_set_issuer_name(x509, X509_get_subject_name(x509)));
	assert_true(X509_set_pubkey(x509, key));
	if (names)
		assert_true(X509_add_ext(x509, names, -1));
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	return x509;
}

/* <name>.crt and <name>.key; the common name tells the pair. `alt_names` as OpenSSL writes them, or NULL. */
static inline void pair_put_kind(const struct serving_files *files, const char *name, const char *common_name,
				 const char *alt_names, bool rsa)
{
	char file[64];
	EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *x509 = x509_make(key, common_name, alt_names);
	FILE *out;

	snprintf(file, sizeof(file), "%s.crt", name);
	out = fopen(file_at(files, file).text, "w");
	assert_non_null(out);
	assert_true(PEM_write_X509(out, x509));
	assert_int_equal(fclose(out), 0);
	snprintf(file, sizeof(file), "%s.key", name);
	out = fopen(file_at(files, file).text, "w");
	assert_non_null(out);
	assert_true(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL));
	assert_int_equal(fclose(out), 0);
	X509_free(x509);
	EVP_PKEY_free(key);
}

static inline void pair_put(const struct serving_files *files, const char *name, const char *common_name,
			    const char *alt_names)
{
	pair_put_kind(files, name, common_name, alt_names, false);
}

static inline void common_name_of(X509 *x509, char out[64])
{
	out[0] = '\0';
	if (x509)
		X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, out, 64);
}

#endif
