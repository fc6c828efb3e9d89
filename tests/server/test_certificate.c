/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "shown_pair.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct folder {
	char dir[64], cert_dir[128], cert[160], key[160];
};

static int setup(void **state)
{
	struct folder *folder = xnew(struct folder);

	snprintf(folder->dir, sizeof(folder->dir), "/tmp/gaugelet-cert-XXXXXX");
	assert_non_null(mkdtemp(folder->dir));
	snprintf(folder->cert_dir, sizeof(folder->cert_dir), "%s/a/b", folder->dir);
	snprintf(folder->cert, sizeof(folder->cert), "%s/apiserver.crt", folder->cert_dir);
	snprintf(folder->key, sizeof(folder->key), "%s/apiserver.key", folder->cert_dir);
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	struct folder *folder = *state;

	unlink(folder->cert);
	unlink(folder->key);
	/* fails when something is left behind, such as a temporary file */
	assert_true(rmdir(folder->cert_dir) == 0 || access(folder->cert_dir, F_OK) != 0);
	folder->cert_dir[strlen(folder->cert_dir) - 2] = '\0';
	rmdir(folder->cert_dir);
	assert_int_equal(rmdir(folder->dir), 0);
	free(folder);
	return 0;
}

static struct certificate *make(const struct folder *folder)
{
	struct err err = {0};
	struct certificate *certificate = certificate_make(folder->cert_dir, "192.0.2.7", &err);

	assert_string_equal(err.msg, "");
	assert_non_null(certificate);
	return certificate;
}

static X509 *x509_of(const struct certificate *certificate, unsigned at)
{
	const gnutls_pcert_st *chain = shown_pair(certificate).chain;
	const unsigned char *der = chain[at].cert.data;
	X509 *x509 = d2i_X509(NULL, &der, chain[at].cert.size);

	assert_non_null(x509);
	return x509;
}

static void name_of(X509_NAME *name, char out[64])
{
	assert_true(X509_NAME_get_text_by_NID(name, NID_commonName, out, 64) > 0);
}

static void assert_name_like(X509_NAME *name, const char *start)
{
	char text[64];
	char *end;
	long long made;

	name_of(name, text);
	assert_true(str_starts(str_of(text), str_of(start)));
	made = strtoll(text + strlen(start), &end, 10);
	assert_int_equal(*end, '\0');
	assert_in_range(made, time(NULL) - 60, time(NULL));
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_same_leaf(const struct certificate *a, const struct certificate *b)
{
	X509 *left = x509_of(a, 0);
	X509 *right = x509_of(b, 0);

	assert_int_equal(X509_cmp(left, right), 0);
	X509_free(left);
	X509_free(right);
}

/* ---- what is made */

static void test_names_and_use(void **state)
{
	struct certificate *certificate = make(*state);
	X509 *leaf = x509_of(certificate, 0);
	X509 *ca = x509_of(certificate, 1);

	assert_int_equal(shown_pair(certificate).chain_length, 2);
	assert_name_like(X509_get_subject_name(leaf), "localhost@");
	assert_name_like(X509_get_issuer_name(leaf), "localhost-ca@");
	assert_name_like(X509_get_subject_name(ca), "localhost-ca@");
	assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "192.0.2.7", 0), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "192.0.2.8", 0), 0);
	assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
	assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
	assert_int_equal(X509_check_ca(leaf), 0);
	assert_int_equal(X509_check_ca(ca), 1);
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(leaf)), 256);
	X509_free(leaf);
	X509_free(ca);
	certificate_free(certificate);
}

static void test_dates(void **state)
{
	struct certificate *certificate = make(*state);
	X509 *leaf = x509_of(certificate, 0);
	time_t now = time(NULL);
	int days, seconds;

	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), X509_get0_notAfter(leaf)), 1);
	assert_int_equal(days, 365);
	assert_int_equal(seconds, 3600);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(leaf), now - 3540), -1);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(leaf), now - 3700), 1);
	assert_int_equal(certificate_count(certificate), 1);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(leaf), certificate_end_of(certificate, 0).end_s), 0);
	X509_free(leaf);
	certificate_free(certificate);
}

static void test_chain_verifies(void **state)
{
	struct certificate *certificate = make(*state);
	X509 *leaf = x509_of(certificate, 0);
	X509 *ca = x509_of(certificate, 1);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
	X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
	assert_int_equal(X509_verify_cert(context), 1);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(leaf);
	X509_free(ca);
	certificate_free(certificate);
}

static void test_files(void **state)
{
	const struct folder *folder = *state;
	mode_t mask = umask(077);
	struct certificate *made = make(folder);
	struct certificate *again;
	struct err err = {0};

	umask(mask);
	assert_int_equal(mode_of(folder->cert), 0644);
	assert_int_equal(mode_of(folder->key), 0600);
	again = make(folder);
	assert_same_leaf(made, again);
	certificate_free(again);
	again = certificate_load(folder->cert, folder->key, &err);
	assert_non_null(again);
	assert_same_leaf(made, again);
	certificate_free(again);
	certificate_free(made);
}

static void test_folder_mode(void **state)
{
	const struct folder *folder = *state;
	mode_t mask = umask(022);

	certificate_free(make(folder));
	umask(mask);
	assert_int_equal(mode_of(folder->cert_dir), 0755);
}

static struct memory_case {
	const char *name, *cert_dir, *bind_address, *ip;
} memory_cases[] = {
	{"in memory: no folder", NULL, "0.0.0.0", "127.0.0.1"},
	{"in memory: empty folder", "", "::", "127.0.0.1"},
	{"in memory: IPv6 address", NULL, "2001:db8::1", "2001:db8::1"},
	{"in memory: no address", NULL, NULL, "127.0.0.1"},
	{"in memory: what is no address stays out", NULL, "1.2.3.4,DNS:evil", "127.0.0.1"},
};

static void test_memory(void **state)
{
	const struct memory_case *c = *state;
	struct err err = {0};
	struct certificate *certificate = certificate_make(c->cert_dir, c->bind_address, &err);
	X509 *leaf;

	assert_non_null(certificate);
	leaf = x509_of(certificate, 0);
	assert_int_equal(X509_check_ip_asc(leaf, c->ip, 0), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "1.2.3.4", 0), 0);
	assert_int_equal(X509_check_host(leaf, "evil", 0, 0, NULL), 0);
	X509_free(leaf);
	certificate_free(certificate);
}

/* ---- what is refused */

static void assert_make_fails(const char *cert_dir, enum err_code code, const char *const *says)
{
	struct err err = {0};

	assert_null(certificate_make(cert_dir, "127.0.0.1", &err));
	assert_int_equal(err.code, code);
	for (; *says; says++)
		if (!strstr(err.msg, *says))
			fail_msg("'%s' does not say '%s'", err.msg, *says);
}

static void test_only_key(void **state)
{
	const struct folder *folder = *state;
	const char *says[] = {"certificate and key must be supplied as a pair", folder->cert, folder->key, NULL};

	certificate_free(make(folder));
	unlink(folder->cert);
	assert_make_fails(folder->cert_dir, ERR_INVALID, says);
}

static void test_only_certificate(void **state)
{
	const struct folder *folder = *state;
	const char *says[] = {"certificate and key must be supplied as a pair", folder->cert, folder->key, NULL};

	certificate_free(make(folder));
	unlink(folder->key);
	assert_make_fails(folder->cert_dir, ERR_INVALID, says);
	assert_int_not_equal(access(folder->key, F_OK), 0);
}

static void test_not_writable(void **state)
{
	const char *says[] = {"/proc/gaugelet", "--cert-dir", NULL};

	(void)state;
	assert_make_fails("/proc/gaugelet/certificates", ERR_IO, says);
}

static void test_folder_is_a_file(void **state)
{
	const struct folder *folder = *state;
	const char *says[] = {"/file", "--cert-dir", NULL};
	char file[128], cert_dir[160];

	snprintf(file, sizeof(file), "%s/file", folder->dir);
	snprintf(cert_dir, sizeof(cert_dir), "%s/sub", file);
	write_text(file, "");
	assert_make_fails(cert_dir, ERR_IO, says);
	unlink(file);
}

static void test_foreign_key(void **state)
{
	const struct folder *folder = *state;
	struct certificate *first = make(folder);
	char other[200];
	struct err err = {0};

	snprintf(other, sizeof(other), "%s/other", folder->dir);
	assert_int_equal(rename(folder->key, other), 0);
	unlink(folder->cert);
	certificate_free(make(folder));
	assert_null(certificate_load(folder->cert, other, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.msg, folder->cert));
	assert_non_null(strstr(err.msg, other));
	assert_non_null(strstr(err.msg, "does not fit"));
	unlink(other);
	certificate_free(first);
}

enum broken { CERT_MISSING, KEY_MISSING, CERT_EMPTY, KEY_EMPTY, CERT_NONSENSE, KEY_IS_CERT, KEY_LARGE };
static struct broken_case {
	const char *name;
	enum broken broken;
	enum err_code code;
	bool names_key;
} broken_cases[] = {
	{"load: certificate missing", CERT_MISSING, ERR_IO, false},
	{"load: key missing", KEY_MISSING, ERR_IO, true},
	{"load: certificate empty", CERT_EMPTY, ERR_INVALID, false},
	{"load: key empty", KEY_EMPTY, ERR_INVALID, true},
	{"load: certificate is nonsense", CERT_NONSENSE, ERR_INVALID, false},
	{"load: key is a certificate", KEY_IS_CERT, ERR_INVALID, true},
	{"load: key larger than any", KEY_LARGE, ERR_LIMIT, true},
};

static void break_file(const struct folder *folder, enum broken broken)
{
	switch (broken) {
	case CERT_MISSING:
		unlink(folder->cert);
		break;
	case KEY_MISSING:
		unlink(folder->key);
		break;
	case CERT_EMPTY:
		write_text(folder->cert, "");
		break;
	case KEY_EMPTY:
		write_text(folder->key, "");
		break;
	case CERT_NONSENSE:
		write_text(folder->cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
		break;
	case KEY_IS_CERT:
		unlink(folder->key);
		assert_int_equal(link(folder->cert, folder->key), 0);
		break;
	case KEY_LARGE:
		assert_int_equal(truncate(folder->key, 100L * 1024 * 1024), 0);
		break;
	}
}

static void test_broken(void **state)
{
	const struct broken_case *c = *state;
	struct folder *folder;
	void *folder_state = NULL;
	struct err err = {0};

	setup(&folder_state);
	folder = folder_state;
	certificate_free(make(folder));
	break_file(folder, c->broken);
	assert_null(certificate_load(folder->cert, folder->key, &err));
	assert_int_equal(err.code, c->code);
	assert_non_null(strstr(err.msg, c->names_key ? folder->key : folder->cert));
	teardown(&folder_state);
}

/* ---- two at once */

enum { PROCESSES = 6 };

/* Each child makes the pair and hands back the leaf it serves. */
static void child_run(const struct folder *folder, int out)
{
	struct err err = {0};
	struct certificate *certificate = certificate_make(folder->cert_dir, "127.0.0.1", &err);
	const gnutls_pcert_st *chain;
	ssize_t written;

	if (!certificate)
		_exit(1);
	chain = shown_pair(certificate).chain;
	written = write(out, chain->cert.data, chain->cert.size);
	_exit(written == (ssize_t)chain->cert.size ? 0 : 1);
}

static void test_at_once(void **state)
{
	const struct folder *folder = *state;
	unsigned char leaves[PROCESSES][2048] = {{0}};
	pid_t children[PROCESSES];
	int pipes[PROCESSES][2];

	for (size_t i = 0; i < PROCESSES; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			child_run(folder, pipes[i][1]);
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		int status = -1;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
		assert_true(read(pipes[i][0], leaves[i], sizeof(leaves[i])) > 100);
		assert_memory_equal(leaves[i], leaves[0], sizeof(leaves[0]));
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* Another process holds the lock and has written the key only: its certificate is waited for. */
static void test_waits_for_other(void **state)
{
	const struct folder *folder = *state;
	struct certificate *theirs = make(folder);
	struct certificate *ours;
	char aside[200];
	pid_t child;
	int lock, status = -1;

	snprintf(aside, sizeof(aside), "%s/aside", folder->dir);
	assert_int_equal(rename(folder->cert, aside), 0);
	lock = open(folder->cert_dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	child = fork(); /* holds the lock too, as it has the same open file */
	assert_true(child >= 0);
	if (child == 0) {
		usleep(100 * 1000);
		_exit(rename(aside, folder->cert) == 0 ? 0 : 1);
	}
	close(lock);
	ours = make(folder);
	assert_same_leaf(ours, theirs);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	certificate_free(ours);
	certificate_free(theirs);
}

#define WITH_FOLDER(label, function)                                                                                   \
	{                                                                                                              \
		.name = (label), .test_func = (function), .setup_func = setup, .teardown_func = teardown               \
	}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		WITH_FOLDER("names and use", test_names_and_use),
		WITH_FOLDER("dates", test_dates),
		WITH_FOLDER("the chain verifies", test_chain_verifies),
		WITH_FOLDER("files: modes, and used again", test_files),
		WITH_FOLDER("folder is made", test_folder_mode),
		WITH_FOLDER("only the key is there", test_only_key),
		WITH_FOLDER("only the certificate is there", test_only_certificate),
		WITH_FOLDER("folder cannot be made", test_not_writable),
		WITH_FOLDER("folder is a file", test_folder_is_a_file),
		WITH_FOLDER("a key that does not fit", test_foreign_key),
		WITH_FOLDER("several processes at once", test_at_once),
		WITH_FOLDER("another process is not ready yet", test_waits_for_other),
	};
	struct CMUnitTest tests[COUNT_OF(plain) + COUNT_OF(memory_cases) + COUNT_OF(broken_cases)];
	size_t count = COUNT_OF(plain);

	memcpy(tests, plain, sizeof(plain));
	for (size_t i = 0; i < COUNT_OF(memory_cases); i++)
		tests[count++] = (struct CMUnitTest){
			.name = memory_cases[i].name, .test_func = test_memory, .initial_state = &memory_cases[i]};
	for (size_t i = 0; i < COUNT_OF(broken_cases); i++)
		tests[count++] = (struct CMUnitTest){
			.name = broken_cases[i].name, .test_func = test_broken, .initial_state = &broken_cases[i]};
	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
