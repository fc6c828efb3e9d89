/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate_choice.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/vec.h"
#include "net/file_watch.h"

#include <stdlib.h>

enum { LOOK_MS = 60 * 1000 };

/* A pair, and the files that it came from and its successor will come from. */
struct source {
	const char *cert_file, *key_file; /* NULL: none, it was made in memory */
	struct serving_pair *pair;
	struct {
		VEC_OF(struct str);
	} names;	    /* of those who get it; none: those in the certificate */
	struct err trouble; /* with the files as they were last */
};

struct certificate {
	struct {
		VEC_OF(struct source);
	} sources; /* the first one is for everybody whose name none of the others has */
	struct arena *arena;
	struct file_watch *watch;
};

void certificate_free(struct certificate *certificate)
{
	if (!certificate)
		return;
	file_watch_free(certificate->watch);
	for (size_t i = 0; i < certificate->sources.count; i++) {
		serving_pair_unref(certificate->sources.items[i].pair);
		vec_clear(&certificate->sources.items[i].names);
	}
	vec_clear(&certificate->sources);
	arena_free(certificate->arena);
	free(certificate);
}

size_t certificate_count(const struct certificate *certificate)
{
	return certificate->sources.count;
}

struct certificate_end certificate_end_of(const struct certificate *certificate, size_t number)
{
	const struct source *source = &certificate->sources.items[number];

	CHECK(number < certificate->sources.count);
	return (struct certificate_end){.file = str_of(source->cert_file), .end_s = serving_pair_end_s(source->pair)};
}

static struct str copy_of(struct certificate *certificate, const char *text)
{
	struct str copy;

	CHECK(arena_copy(certificate->arena, str_of(text), &copy)); /* it has no maximum */
	return copy;
}

static struct source *source_add(struct certificate *certificate, struct serving_pair *pair, const char *cert_file,
				 const char *key_file)
{
	struct source *source = vec_push(&certificate->sources);

	source->pair = pair;
	source->cert_file = cert_file ? copy_of(certificate, cert_file).ptr : NULL;
	source->key_file = key_file ? copy_of(certificate, key_file).ptr : NULL;
	return source;
}

struct certificate *certificate_of(struct serving_pair *pair, const char *cert_file, const char *key_file)
{
	struct certificate *certificate;

	if (!pair)
		return NULL;
	certificate = xnew(struct certificate);
	certificate->arena = arena_new(0);
	source_add(certificate, pair, cert_file, key_file);
	return certificate;
}

struct certificate *certificate_load(const char *cert_file, const char *key_file, struct err *err)
{
	return certificate_of(serving_pair_load(cert_file, key_file, err), cert_file, key_file);
}

bool certificate_add(struct certificate *certificate, const char *cert_file, const char *key_file,
		     const char *const *names, struct err *err)
{
	struct serving_pair *pair = serving_pair_load(cert_file, key_file, err);
	struct source *source;

	if (!pair)
		return false;
	source = source_add(certificate, pair, cert_file, key_file);
	for (; names && *names; names++)
		*vec_push(&source->names) = copy_of(certificate, *names);
	return true;
}

/* ---- who gets which */

static bool source_answers(const struct source *source, struct str asked, bool wildcard)
{
	if (source->names.count == 0)
		return serving_pair_has(source->pair, asked, wildcard);
	for (size_t i = 0; i < source->names.count; i++)
		if (serving_pair_name_is(source->names.items[i], asked, wildcard))
			return true;
	return false;
}

/* A name of its own comes before `*.domain`; of two that have it the one given first. */
struct serving_pair *certificate_choose(const struct certificate *certificate, struct str asked)
{
	if (str_ends(asked, STR(".")))
		asked.len--;
	for (int wildcard = 0; asked.len > 0 && wildcard <= 1; wildcard++)
		for (size_t i = 1; i < certificate->sources.count; i++)
			if (source_answers(&certificate->sources.items[i], asked, wildcard))
				return serving_pair_ref(certificate->sources.items[i].pair);
	return serving_pair_ref(certificate->sources.items[0].pair);
}

/* ---- new files */

static bool same_trouble(const struct err *a, const struct err *b)
{
	return a->code == b->code && str_eq(str_of(a->msg), str_of(b->msg));
}

/* The state of the files is told when it changes, not with every look. */
static void source_reload(struct source *source)
{
	struct err err = {0};
	struct serving_pair *pair = serving_pair_load(source->cert_file, source->key_file, &err);

	if (!pair) {
		if (!same_trouble(&err, &source->trouble))
			log_error("the serving certificate is not replaced, the one before stays: %s", err.msg);
		source->trouble = err;
		return;
	}
	if (!serving_pair_eq(pair, source->pair))
		log_info("serving the new certificate in '%s' from now on", source->cert_file);
	else if (source->trouble.code != ERR_NONE)
		log_info("the serving certificate in '%s' is good again", source->cert_file);
	source->trouble = (struct err){0};
	serving_pair_unref(source->pair);
	source->pair = pair;
}

static void reload(void *context)
{
	struct certificate *certificate = context;

	for (size_t i = 0; i < certificate->sources.count; i++)
		if (certificate->sources.items[i].cert_file)
			source_reload(&certificate->sources.items[i]);
}

void certificate_watch(struct certificate *certificate, struct loop *loop)
{
	const char **paths = xcalloc(2 * certificate->sources.count + 1, sizeof(*paths));
	size_t count = 0;

	for (size_t i = 0; i < certificate->sources.count; i++) {
		if (!certificate->sources.items[i].cert_file)
			continue;
		paths[count++] = certificate->sources.items[i].cert_file;
		paths[count++] = certificate->sources.items[i].key_file;
	}
	if (count > 0) {
		certificate->watch = file_watch_new(loop, paths, LOOK_MS, reload, certificate);
		if (!file_watch_is_prompt(certificate->watch))
			log_warn("the kernel does not tell of new serving certificates, so they are looked for once a "
				 "minute");
		reload(certificate); /* what came between loading and watching */
	}
	vec_release(paths);
}
