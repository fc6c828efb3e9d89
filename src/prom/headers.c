/* SPDX-License-Identifier: Apache-2.0 */
#include "headers_in.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/vec.h"
#include "net/token_file.h"
#include "prom/google.h"

static const struct str AUTHORIZATION = STR_INIT("Authorization");

/* One that a file gives. */
struct from_file {
	size_t line; /* its place among the lines */
	struct token_file *file;
};

struct headers {
	struct arena *arena;
	struct {
		VEC_OF(const char *);
	} lines; /* NULL-ended */
	struct {
		VEC_OF(struct from_file);
	} files;
	struct google *google; /* NULL: no token of theirs */
	size_t google_line;
	const char *credential; /* the flag */
};

/* ---- names and values */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* Go sends none of the first four from a header map; an encoding that we cannot read must not be asked for. */
static bool has_no_effect(struct str name)
{
	static const struct str NONE[] = {
		STR_INIT("Host"),    STR_INIT("Content-Length"),  STR_INIT("Transfer-Encoding"),
		STR_INIT("Trailer"), STR_INIT("Accept-Encoding"), STR_INIT("Expect")};

	for (size_t i = 0; i < COUNT_OF(NONE); i++)
		if (str_eq_nocase(name, NONE[i]))
			return true;
	return false;
}

/* What stands behind '=' is never repeated: it is most often a secret. */
static bool check_name(const char *flag, struct str name, struct err *err)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.ptr[i]))
			return err_set(err, ERR_INVALID, "%s: the part before '=' is no name of a header", flag);
	return name.len > 0 || err_set(err, ERR_INVALID, "%s: NAME= and more is wanted, the name is empty", flag);
}

static bool check_value(const char *flag, struct str name, struct str value, struct err *err)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
			return err_set(err, ERR_INVALID,
				       "%s: the value of %.*s has a control character, perhaps the end of a line", flag,
				       STR_ARG(name));
	return true;
}

/* ---- the flags */

static void push_line(struct headers *headers, struct str name, struct str value)
{
	CLEANUP(buf_clear) struct buf line = {0};
	struct str copy = {0};

	buf_printf(&line, "%.*s: ", STR_ARG(name));
	buf_put(&line, value);
	CHECK(arena_copy(headers->arena, buf_str(&line), &copy)); /* the arena has no maximum */
	*vec_push(&headers->lines) = copy.ptr;
}

static void push_file(struct headers *headers, struct token_file *file)
{
	*vec_push(&headers->files) = (struct from_file){headers->lines.count, file};
	*vec_push(&headers->lines) = token_file_header(file);
}

/* Whether it is sent: a token of its own flag wins. */
static bool takes(struct headers *headers, const char *flag, struct str name)
{
	if (has_no_effect(name)) {
		log_warn("%s: %.*s has no effect", flag, STR_ARG(name));
		return false;
	}
	if (!str_eq_nocase(name, AUTHORIZATION))
		return true;
	if (headers->credential && headers->credential != flag) {
		log_warn("%s: Authorization has no effect beside %s", flag, headers->credential);
		return false;
	}
	headers->credential = flag;
	return true;
}

typedef bool header_reader(struct headers *headers, const char *flag, struct str name, struct str rest,
			   struct err *err);

static bool add_given(struct headers *headers, const char *flag, struct str name, struct str value, struct err *err)
{
	if (!check_value(flag, name, value, err))
		return false;
	token_hide(value);
	if (takes(headers, flag, name))
		push_line(headers, name, value);
	return true;
}

static bool add_from_file(struct headers *headers, const char *flag, struct str name, struct str path, struct err *err)
{
	struct str text_name = {0}, text_path = {0};
	struct token_file *file;

	CHECK(arena_copy(headers->arena, name, &text_name) && arena_copy(headers->arena, path, &text_path));
	file = token_file_new_header(text_path.ptr, text_name.ptr, flag, err);
	if (file == NULL) {
		err->code = ERR_INVALID;
		return err_wrap(err, "%s", flag);
	}
	if (takes(headers, flag, name))
		push_file(headers, file);
	else
		token_file_free(file);
	return true;
}

static bool add_from_environment(struct headers *headers, const char *flag, struct str name, struct str variable,
				 struct err *err)
{
	struct str text = {0};
	const char *value;

	CHECK(arena_copy(headers->arena, variable, &text));
	value = getenv(text.ptr);
	if (value == NULL || value[0] == '\0')
		return err_set(err, ERR_INVALID, "%s: the environment has no %.*s", flag, STR_ARG(variable));
	return add_given(headers, flag, name, str_trim(str_of(value)), err);
}

static bool read_all(struct headers *headers, const char *flag, const char *const *texts, header_reader *reader,
		     struct err *err)
{
	for (; texts && *texts; texts++) {
		struct str text = str_of(*texts);
		size_t equals = str_index(text, '=');
		struct str name = str_trim(str_slice(text, 0, equals));

		if (!check_name(flag, name, err) ||
		    !reader(headers, flag, name, str_trim(str_slice(text, equals + 1, text.len)), err))
			return false;
	}
	return true;
}

/* ---- tokens */

static bool add_token_file(struct headers *headers, const char *path, const char *flag, struct err *err)
{
	struct token_file *file = token_file_new(path, flag, err);

	if (file == NULL) {
		err->code = ERR_INVALID;
		return err_wrap(err, "%s", flag);
	}
	headers->credential = flag;
	push_file(headers, file);
	return true;
}

/* These win over every header. */
static bool add_own_token(struct headers *headers, const struct prom_options *options, struct err *err)
{
	if (options->token_file)
		return add_token_file(headers, options->token_file, "--prometheus-token-file", err);
	if (options->google && options->google_token) {
		headers->credential = "--google-auth";
		headers->google = options->google;
	}
	return true;
}

/* Those of Kubernetes leave a header alone that is there, as client-go does. */
static bool add_kubernetes_token(struct headers *headers, const struct prom_options *options, struct err *err)
{
	const char *flag = options->bearer_flag;

	if (headers->credential)
		return true;
	if (options->bearer_file)
		return add_token_file(headers, options->bearer_file, flag, err);
	if (options->bearer) {
		CLEANUP(buf_clear) struct buf value = {0};

		buf_printf(&value, "Bearer %s", options->bearer);
		token_hide(buf_str(&value));
		push_line(headers, AUTHORIZATION, buf_str(&value));
		headers->credential = flag;
	}
	return true;
}

/* ---- the whole */

struct headers *headers_new(const struct prom_options *options, struct err *err)
{
	CLEANUP(headers_free_at) struct headers *headers = xnew(struct headers);

	headers->arena = arena_new(0);
	if (!add_own_token(headers, options, err) ||
	    !read_all(headers, "--prometheus-header-file", options->header_files, add_from_file, err) ||
	    !read_all(headers, "--prometheus-header-env", options->header_envs, add_from_environment, err) ||
	    !read_all(headers, "--prometheus-header", options->headers, add_given, err) ||
	    !add_kubernetes_token(headers, options, err))
		return NULL;
	if (headers->google) {
		headers->google_line = headers->lines.count;
		*vec_push(&headers->lines) = NULL;
	}
	*vec_push(&headers->lines) = NULL;
	return STEAL(headers);
}

void headers_free(struct headers *headers)
{
	if (headers == NULL)
		return;
	for (size_t i = 0; i < headers->files.count; i++)
		token_file_free(headers->files.items[i].file);
	vec_clear(&headers->files);
	vec_clear(&headers->lines);
	arena_free(headers->arena);
	free(headers);
}

const char *const *headers_lines(struct headers *headers)
{
	for (size_t i = 0; i < headers->files.count; i++)
		headers->lines.items[headers->files.items[i].line] = token_file_header(headers->files.items[i].file);
	if (headers->google)
		headers->lines.items[headers->google_line] = google_header(headers->google);
	return headers->lines.items;
}

const char *headers_credential(const struct headers *headers)
{
	return headers->credential;
}
