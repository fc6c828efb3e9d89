/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "config_data.h"
#include "text/base64.h"

enum { PEM_BYTES_MAX = 4 << 20 };

static void copy_to(struct arena *arena, struct str text, struct str *ret_copy)
{
	CHECK(arena_copy(arena, text, ret_copy)); /* the arena has no maximum; the file has */
}

bool config_text(const struct yaml_node *map, const char *what, const char *key, struct str *ret_text, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, str_of(key));

	if (node == NULL || node->kind == YAML_NULL) {
		*ret_text = STR("");
		return true;
	}
	if (node->kind != YAML_SCALAR)
		return err_set(err, ERR_INVALID, "%s: %s is to be a text", what, key);
	for (size_t i = 0; i < node->text.len; i++)
		if (node->text.ptr[i] == '\0')
			return err_set(err, ERR_INVALID, "%s: %s has a NUL", what, key);
	*ret_text = node->text;
	return true;
}

bool config_path(struct str path, const char *what, const char *key, const char *folder, struct arena *arena,
		 struct str *ret_file, struct err *err)
{
	CLEANUP(buf_wipe) struct buf whole = {0};

	if (!str_starts(path, STR("/")))
		buf_printf(&whole, "%s/", folder);
	buf_put(&whole, path);
	if (access(buf_cstr(&whole), R_OK) != 0)
		return err_set(err, ERR_IO, "%s: %s: %s: %s", what, key, buf_cstr(&whole), strerror(errno));
	copy_to(arena, buf_str(&whole), ret_file);
	return true;
}

static bool decode_pem(struct str text, const char *what, const char *key, struct arena *arena, struct str *ret_pem,
		       struct err *err)
{
	CLEANUP(buf_wipe) struct buf pem = BUF_MAX(PEM_BYTES_MAX);

	if (!base64_decode(text, &pem, err))
		return err_wrap(err, "%s: %s-data", what, key);
	if (!str_contains(buf_str(&pem), STR("-----BEGIN ")))
		return err_set(err, ERR_INVALID, "%s: %s-data holds no PEM text in its base64", what, key);
	copy_to(arena, buf_str(&pem), ret_pem);
	return true;
}

bool config_pem(const struct yaml_node *map, const char *what, const char *key, const char *folder, struct arena *arena,
		struct str *ret_file, struct str *ret_pem, struct err *err)
{
	char data_key[64];
	struct str data = STR(""), path = STR("");

	snprintf(data_key, sizeof(data_key), "%s-data", key);
	if (!config_text(map, what, data_key, &data, err) || !config_text(map, what, key, &path, err))
		return false;
	if (data.len > 0)
		return decode_pem(data, what, key, arena, ret_pem, err);
	return path.len == 0 || config_path(path, what, key, folder, arena, ret_file, err);
}
