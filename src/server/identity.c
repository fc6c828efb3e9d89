/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "base/buf.h"
#include "base/map.h"
#include "text/url.h"

/* ---- the front proxy's headers */

/* The first header of that name counts, even when it is empty: then the next name. */
static struct str first_value(const struct trust_list *names, const struct header *headers, size_t count)
{
	for (size_t i = 0; i < names->count; i++)
		for (size_t j = 0; j < count; j++) {
			if (!str_eq_nocase(headers[j].name, names->items[i]))
				continue;
			if (headers[j].value.len)
				return headers[j].value;
			break;
		}
	return STR("");
}

static bool groups_take(const struct trust_list *names, const struct header *headers, size_t count, struct arena *arena,
			struct identity *identity)
{
	struct str *groups = arena_calloc(arena, count * names->count + 1, sizeof(*groups));

	if (!groups)
		return false;
	for (size_t i = 0; i < names->count; i++)
		for (size_t j = 0; j < count; j++)
			if (headers[j].value.len && str_eq_nocase(headers[j].name, names->items[i]))
				groups[identity->group_count++] = headers[j].value;
	identity->groups = groups;
	return true;
}

/* Lower-cased first, then percent-decoded; what cannot be decoded stays as it is. */
static bool extra_key(struct str text, struct arena *arena, struct str *ret_key)
{
	CLEANUP(buf_clear) struct buf decoded = {0};
	struct str key;
	char *lower = arena_alloc(arena, text.len + 1);
	struct err err;

	if (!lower)
		return false;
	for (size_t i = 0; i < text.len; i++)
		lower[i] = (char)(text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] - 'A' + 'a' : text.ptr[i]);
	key = (struct str){lower, text.len};
	if (!url_decode_path(key, &decoded, &err)) {
		*ret_key = key;
		return true;
	}
	return arena_copy(arena, buf_str(&decoded), ret_key);
}

struct extras {
	struct identity_extra *items;
	struct str **values; /* of each item */
	size_t count;
	struct map by_key; /* to the item */
};

static struct identity_extra *extra_at(struct extras *extras, struct str key)
{
	void **place = map_at(&extras->by_key, key);

	if (!*place) {
		extras->items[extras->count].key = key;
		*place = &extras->items[extras->count++];
	}
	return *place;
}

/* `keys`: of each header under each prefix; ptr NULL where there is none. */
static bool extras_count(const struct trust_list *prefixes, const struct header *headers, size_t count,
			 struct arena *arena, struct extras *extras, struct str *keys)
{
	for (size_t i = 0; i < count * prefixes->count; i++) {
		struct str prefix = prefixes->items[i / count], name = headers[i % count].name;

		if (!str_eq_nocase(str_slice(name, 0, prefix.len), prefix))
			continue;
		if (!extra_key(str_slice(name, prefix.len, name.len), arena, &keys[i]))
			return false;
		extra_at(extras, keys[i])->value_count++;
	}
	return true;
}

/* Twice over the headers: first how many values each key has, and then the values. */
static bool extras_take(const struct trust_list *prefixes, const struct header *headers, size_t count,
			struct arena *arena, struct extras *extras)
{
	size_t most = count * prefixes->count;
	struct str *values = arena_calloc(arena, most + 1, sizeof(*values));
	struct str *keys = arena_calloc(arena, most + 1, sizeof(*keys));

	extras->items = arena_calloc(arena, most + 1, sizeof(*extras->items));
	extras->values = arena_calloc(arena, most + 1, sizeof(*extras->values));
	if (!values || !keys || !extras->items || !extras->values ||
	    !extras_count(prefixes, headers, count, arena, extras, keys))
		return false;
	for (size_t i = 0; i < extras->count; i++) {
		extras->items[i].values = values;
		extras->values[i] = values;
		values += extras->items[i].value_count;
	}
	for (size_t i = 0; i < most; i++)
		if (keys[i].ptr)
			*extras->values[extra_at(extras, keys[i]) - extras->items]++ = headers[i % count].value;
	return true;
}

bool identity_of_headers(const struct trust *trust, const struct header *headers, size_t count, struct arena *arena,
			 struct identity *ret_identity)
{
	struct identity identity = {.user = first_value(&trust->username_headers, headers, count),
				    .uid = first_value(&trust->uid_headers, headers, count)};
	struct extras extras = {0};
	bool fits;

	if (identity.user.len == 0) {
		*ret_identity = (struct identity){0};
		return true;
	}
	fits = groups_take(&trust->group_headers, headers, count, arena, &identity) &&
	       extras_take(&trust->extra_prefixes, headers, count, arena, &extras);
	map_clear(&extras.by_key);
	if (!fits)
		return false;
	identity.extra = extras.items;
	identity.extra_count = extras.count;
	*ret_identity = identity;
	return true;
}

/* ---- tokens */

struct str identity_token(struct str authorization)
{
	struct str rest = str_trim(authorization), scheme = {0}, token = {0};

	if (!str_split(&rest, ' ', &scheme) || !str_eq_nocase(scheme, STR("Bearer")) || !str_split(&rest, ' ', &token))
		return STR("");
	return token;
}

/* ---- identities */

bool identity_in_group(const struct identity *identity, struct str group)
{
	for (size_t i = 0; i < identity->group_count; i++)
		if (str_eq(identity->groups[i], group))
			return true;
	return false;
}

bool identity_add_authenticated(struct identity *identity, struct arena *arena)
{
	struct str *groups;

	if (str_eq(identity->user, STR(ANONYMOUS)) || identity_in_group(identity, STR(AUTHENTICATED)) ||
	    identity_in_group(identity, STR(UNAUTHENTICATED)))
		return true;
	groups = arena_calloc(arena, identity->group_count + 1, sizeof(*groups));
	if (!groups)
		return false;
	for (size_t i = 0; i < identity->group_count; i++)
		groups[i] = identity->groups[i];
	groups[identity->group_count++] = STR(AUTHENTICATED);
	identity->groups = groups;
	return true;
}

static bool texts_copy(const struct str *texts, size_t count, struct arena *arena, const struct str **ret_texts)
{
	struct str *copies = arena_calloc(arena, count + 1, sizeof(*copies));

	if (!copies)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!arena_copy(arena, texts[i], &copies[i]))
			return false;
	*ret_texts = copies;
	return true;
}

bool identity_copy(const struct identity *identity, struct arena *arena, struct identity *ret_copy)
{
	struct identity copy = *identity;
	struct identity_extra *extra = arena_calloc(arena, identity->extra_count + 1, sizeof(*extra));

	if (!extra || !arena_copy(arena, identity->user, &copy.user) || !arena_copy(arena, identity->uid, &copy.uid) ||
	    !texts_copy(identity->groups, identity->group_count, arena, &copy.groups))
		return false;
	for (size_t i = 0; i < identity->extra_count; i++) {
		extra[i] = identity->extra[i];
		if (!arena_copy(arena, identity->extra[i].key, &extra[i].key) ||
		    !texts_copy(identity->extra[i].values, identity->extra[i].value_count, arena, &extra[i].values))
			return false;
	}
	copy.extra = extra;
	*ret_copy = copy;
	return true;
}
