/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that are sent as they are, or as a file has them: headers of the flags, tokens, user and password. */
#include <stdlib.h>

#include "base/log.h"
#include "credential.h"
#include "net/token_file.h"
#include "prom/client.h"
#include "text/base64.h"

static const struct str AUTHORIZATION = STR_INIT("Authorization");

struct header_credential {
	struct credential base;
	struct token_file *file; /* NULL: the line is the same for ever */
	struct buf line;
};

/* ---- the kind */

static void header_sign(struct credential *credential, struct http_request *request, struct header_lines *lines)
{
	struct header_credential *header = (struct header_credential *)credential;
	const char *line = header->file ? token_file_header(header->file) : buf_cstr(&header->line);

	(void)request;
	credential->version = str_hash(str_of(line), 0);
	*vec_push(lines) = line;
}

static void header_free(struct credential *credential)
{
	struct header_credential *header = (struct header_credential *)credential;

	token_file_free(header->file);
	buf_wipe(&header->line);
	free(header);
}

static const struct credential_kind KIND = {.sign = header_sign, .free = header_free};

static struct header_credential *header_new(const char *flag, struct str name)
{
	struct header_credential *header = xnew(struct header_credential);

	header->base =
		(struct credential){.kind = &KIND, .flag = flag, .authorizes = str_eq_nocase(name, AUTHORIZATION)};
	return header;
}

static struct credential *fixed(const char *flag, struct str name, const char *scheme, struct str value)
{
	struct header_credential *header = header_new(flag, name);

	buf_printf(&header->line, "%.*s: %s%.*s", STR_ARG(name), scheme, STR_ARG(value));
	return &header->base;
}

/* NULL: ERR_INVALID names the flag. */
static struct credential *of_file(const char *flag, struct str name, const char *scheme, const char *path,
				  struct err *err)
{
	CLEANUP(buf_wipe) struct buf before = {0};
	struct header_credential *header = header_new(flag, name);

	buf_printf(&before, "%.*s: %s", STR_ARG(name), scheme);
	header->file = token_file_new(path, buf_cstr(&before), flag, err);
	if (header->file)
		return &header->base;
	err->code = ERR_INVALID;
	(void)err_wrap(err, "%s", flag);
	credential_free(&header->base);
	return NULL;
}

/* ---- --prometheus-header, --prometheus-header-env, --prometheus-header-file */

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

/* NULL: ERR_INVALID names the flag. `rest` is what stands behind '='. */
typedef struct credential *header_maker(const char *flag, struct str name, const char *rest, struct err *err);

static struct credential *of_value(const char *flag, struct str name, const char *value, struct err *err)
{
	if (!check_value(flag, name, str_of(value), err))
		return NULL;
	token_hide(str_of(value));
	return fixed(flag, name, "", str_of(value));
}

static struct credential *of_path(const char *flag, struct str name, const char *path, struct err *err)
{
	return of_file(flag, name, "", path, err);
}

static struct credential *of_variable(const char *flag, struct str name, const char *variable, struct err *err)
{
	CLEANUP(buf_wipe) struct buf value = {0};
	const char *text = getenv(variable);

	buf_put(&value, str_trim(str_of(text)));
	if (value.len > 0)
		return of_value(flag, name, buf_cstr(&value), err);
	(void)err_set(err, ERR_INVALID, "%s: the environment has no %s", flag, variable);
	return NULL;
}

static bool add_one(struct credentials *credentials, const char *flag, struct str text, header_maker *maker,
		    struct err *err)
{
	CLEANUP(buf_clear) struct buf rest = {0};
	size_t equals = str_index(text, '=');
	struct str name = str_trim(str_slice(text, 0, equals));
	struct credential *credential;

	buf_put(&rest, str_trim(str_slice(text, equals + 1, text.len)));
	credential = check_name(flag, name, err) ? maker(flag, name, buf_cstr(&rest), err) : NULL;
	if (credential == NULL)
		return false;
	if (!has_no_effect(name)) {
		credentials_add(credentials, credential);
		return true;
	}
	log_warn("%s: %.*s has no effect", flag, STR_ARG(name));
	credential_free(credential);
	return true;
}

static bool add_all(struct credentials *credentials, const char *flag, const char *const *texts, header_maker *maker,
		    struct err *err)
{
	for (; texts && *texts; texts++)
		if (!add_one(credentials, flag, str_of(*texts), maker, err))
			return false;
	return true;
}

bool credential_add_headers(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	return add_all(credentials, "--prometheus-header", options->headers, of_value, err);
}

bool credential_add_header_envs(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	return add_all(credentials, "--prometheus-header-env", options->header_envs, of_variable, err);
}

bool credential_add_header_files(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	return add_all(credentials, "--prometheus-header-file", options->header_files, of_path, err);
}

/* ---- tokens; user and password */

static bool add_bearer_file(struct credentials *credentials, const char *flag, const char *path, struct err *err)
{
	struct credential *credential = of_file(flag, AUTHORIZATION, "Bearer ", path, err);

	if (credential)
		credentials_add(credentials, credential);
	return credential != NULL;
}

bool credential_add_token_file(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	return options->token_file == NULL ||
	       add_bearer_file(credentials, "--prometheus-token-file", options->token_file, err);
}

/* A service account's or a kubeconfig's, which leave alone a header that is there, as client-go does. */
bool credential_add_kubernetes(struct credentials *credentials, const struct prom_options *options, struct err *err)
{
	if (credentials->authorizing)
		return true;
	if (options->bearer_file)
		return add_bearer_file(credentials, options->bearer_flag, options->bearer_file, err);
	if (options->bearer == NULL)
		return true;
	token_hide(str_of(options->bearer));
	credentials_add(credentials, fixed(options->bearer_flag, AUTHORIZATION, "Bearer ", str_of(options->bearer)));
	return true;
}

struct credential *credential_basic(struct str user, struct str password, const char *flag)
{
	CLEANUP(buf_wipe) struct buf pair = {0};
	CLEANUP(buf_wipe) struct buf value = {0};

	buf_printf(&pair, "%.*s:%.*s", STR_ARG(user), STR_ARG(password));
	base64_write(&value, buf_str(&pair));
	log_hide(buf_str(&value));
	log_hide(password);
	return fixed(flag, AUTHORIZATION, "Basic ", buf_str(&value));
}
