/* SPDX-License-Identifier: Apache-2.0 */
/* The pair of a server that was given none. */
#include "certificate_choice.h"

#include "base/file.h"
#include "certificate_pem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	PAUSE_MS = 50,
	DEADLINE_MS = 10 * 1000, /* with another process that makes the same pair */
};

#define BOTH_HINT                                                                                                      \
	"give a writable folder with --cert-dir, or a pair of your own with --tls-cert-file and "                      \
	"--tls-private-key-file"

struct pair_paths {
	const char *dir;
	char cert[4096], key[4096];
};

enum pair_presence { PAIR_NONE, PAIR_CERT_ONLY, PAIR_KEY_ONLY, PAIR_BOTH };

static bool paths_set(struct pair_paths *paths, const char *dir, struct err *err)
{
	size_t bytes = sizeof(paths->cert);

	paths->dir = dir;
	if (snprintf(paths->cert, bytes, "%s/apiserver.crt", dir) >= (int)bytes ||
	    snprintf(paths->key, bytes, "%s/apiserver.key", dir) >= (int)bytes)
		return err_set(err, ERR_INVALID, "the path given with --cert-dir is too long");
	return true;
}

static bool file_is_there(const char *path, bool *ret_there, struct err *err)
{
	struct stat status;

	if (stat(path, &status) == 0) {
		*ret_there = true;
		return true;
	}
	if (errno != ENOENT)
		return err_set(err, ERR_IO, "cannot look at '%s': %s; " BOTH_HINT, path, strerror(errno));
	*ret_there = false;
	return true;
}

static bool pair_look(const struct pair_paths *paths, enum pair_presence *ret_presence, struct err *err)
{
	bool cert, key;

	if (!file_is_there(paths->cert, &cert, err) || !file_is_there(paths->key, &key, err))
		return false;
	*ret_presence = cert ? (key ? PAIR_BOTH : PAIR_CERT_ONLY) : (key ? PAIR_KEY_ONLY : PAIR_NONE);
	return true;
}

static bool dir_make(const char *dir, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = {0};
	struct stat status;

	for (size_t i = 1; i <= strlen(dir); i++) {
		int reason;

		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		buf_reset(&path);
		buf_put(&path, (struct str){dir, i});
		if (mkdir(buf_cstr(&path), 0755) == 0)
			continue;
		reason = errno;
		/* on a read-only file system a parent that is there fails otherwise than with EEXIST */
		if (stat(buf_cstr(&path), &status) != 0)
			return err_set(err, ERR_IO, "cannot make the folder '%s': %s; " BOTH_HINT, buf_cstr(&path),
				       strerror(reason));
	}
	return true;
}

static void pause_ms(long milliseconds)
{
	struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* The lock on the folder leaves nothing behind, whatever happens to its holder. -1: failed. Where the file system knows
   no locks, we go on without and trust the check of the pair. */
static int dir_lock(const char *dir, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		err_set(err, ERR_IO, "cannot open the folder '%s': %s; " BOTH_HINT, dir, strerror(errno));
		return -1;
	}
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; waited += PAUSE_MS) {
		if (waited >= DEADLINE_MS) {
			close(fd);
			err_set(err, ERR_TIMEOUT, "another process has locked the folder '%s' for %d s; " BOTH_HINT,
				dir, DEADLINE_MS / 1000);
			return -1;
		}
		pause_ms(PAUSE_MS);
	}
	return fd;
}

/* The key first: whoever sees the certificate finds its key. */
static bool pair_write(const struct pair_paths *paths, const char *bind_address, struct err *err)
{
	CLEANUP(buf_clear) struct buf chain = {0};
	CLEANUP(buf_wipe) struct buf key = {0};

	if (!certificate_pem_make(bind_address, &chain, &key, err))
		return false;
	if (file_write(paths->key, buf_str(&key), 0600, err) && file_write(paths->cert, buf_str(&chain), 0644, err))
		return true;
	return err_set(err, err->code, "%s; " BOTH_HINT, err->msg);
}

/* Without a lock another process may just have put one file of its pair beside one of ours; its other file comes soon. */
static struct certificate *pair_load_patiently(const struct pair_paths *paths, struct err *err)
{
	struct certificate *certificate = certificate_load(paths->cert, paths->key, err);

	for (int waited = 0; !certificate && err->code == ERR_INVALID && waited < DEADLINE_MS / 10;
	     waited += PAUSE_MS) {
		pause_ms(PAUSE_MS);
		certificate = certificate_load(paths->cert, paths->key, err);
	}
	return certificate;
}

static struct certificate *pair_load_or_make(const struct pair_paths *paths, const char *bind_address, struct err *err)
{
	enum pair_presence presence;

	if (!pair_look(paths, &presence, err))
		return NULL;
	if (presence == PAIR_CERT_ONLY || presence == PAIR_KEY_ONLY) {
		bool cert = presence == PAIR_CERT_ONLY;

		err_set(err, ERR_INVALID,
			"certificate and key must be supplied as a pair: '%s' is there and '%s' is not; add it, or "
			"remove the "
			"other, and a new pair is made",
			cert ? paths->cert : paths->key, cert ? paths->key : paths->cert);
		return NULL;
	}
	if (presence == PAIR_NONE && !pair_write(paths, bind_address, err))
		return NULL;
	return pair_load_patiently(paths, err);
}

static struct certificate *made_in_memory(const char *bind_address, struct err *err)
{
	CLEANUP(buf_clear) struct buf chain = {0};
	CLEANUP(buf_wipe) struct buf key = {0};

	if (!certificate_pem_make(bind_address, &chain, &key, err))
		return NULL;
	return certificate_of(serving_pair_parse(&chain, &key, "the new certificate", "the new key", err), NULL, NULL);
}

struct certificate *certificate_make(const char *cert_dir, const char *bind_address, struct err *err)
{
	struct pair_paths paths;
	enum pair_presence presence;
	struct certificate *certificate;
	int lock;

	if (!cert_dir || !*cert_dir)
		return made_in_memory(bind_address, err);
	if (!paths_set(&paths, cert_dir, err) || !pair_look(&paths, &presence, err))
		return NULL;
	if (presence == PAIR_BOTH) /* needs no right to write */
		return certificate_load(paths.cert, paths.key, err);
	if (!dir_make(cert_dir, err) || (lock = dir_lock(cert_dir, err)) < 0)
		return NULL;
	certificate = pair_load_or_make(&paths, bind_address, err);
	close(lock);
	return certificate;
}
