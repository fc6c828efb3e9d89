/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are lists: of texts as pflag's StringSlice has them, and of pairs for names. */
#include "options_table.h"

#include <stdlib.h>

#include "base/arena.h"

void options_list_add(struct text_list *list, const char *text)
{
	list->items = xrealloc(list->items, list->count + 2, sizeof(*list->items));
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void options_list_clear(struct text_list *list)
{
	free(list->items);
	*list = (struct text_list){0};
}

/* A copy that lives as long as the options. */
static const char *keep(struct arena *texts, struct str text)
{
	struct str copy;

	CHECK(arena_copy(texts, text, &copy)); /* it has no maximum */
	return copy.ptr;
}

/* ---- CSV */

/* What stands in quotes, of which two stand for one; *rest begins behind the first. False: they have no end, or something
   other than a comma stands behind them. */
static bool take_quoted(struct str *rest, struct buf *field)
{
	while (rest->len > 0) {
		size_t quote = str_index(*rest, '"');
		struct str behind = str_slice(*rest, quote + 1, rest->len);

		buf_put(field, str_slice(*rest, 0, quote));
		if (quote == rest->len)
			return false;
		if (!str_starts(behind, STR("\""))) {
			*rest = behind;
			return behind.len == 0 || behind.ptr[0] == ',';
		}
		buf_putc(field, '"');
		*rest = str_slice(behind, 1, behind.len);
	}
	return false;
}

static bool take_field(struct str *rest, struct buf *field)
{
	size_t end;

	buf_reset(field);
	if (str_starts(*rest, STR("\""))) {
		*rest = str_slice(*rest, 1, rest->len);
		return take_quoted(rest, field);
	}
	end = str_index(*rest, ',');
	buf_put(field, str_slice(*rest, 0, end));
	*rest = str_slice(*rest, end, rest->len);
	return !str_contains(buf_str(field), STR("\""));
}

static struct str without_line_end(struct str text)
{
	while (str_ends(text, STR("\n")) || str_ends(text, STR("\r")))
		text.len--;
	return text;
}

/* An empty text is a list without items, and takes the default's place too. */
bool options_list_add_slice(struct text_list *list, const struct option *option, const char *text, struct arena *texts,
			    struct err *err)
{
	CLEANUP(buf_clear) struct buf field = {0};
	struct str rest = without_line_end(str_of(text));
	bool more = rest.len > 0;

	if (!list->given)
		options_list_clear(list);
	list->given = true;
	while (more) {
		if (!take_field(&rest, &field))
			return err_set(err, ERR_INVALID,
				       "%s: the quotes in \"%s\" do not fit; write a,b or \"a\",\"b\"", option->flag,
				       text);
		options_list_add(list, keep(texts, buf_str(&field)));
		more = rest.len > 0; /* else it is the comma before the next */
		rest = str_slice(rest, 1, rest.len);
	}
	return true;
}

/* ---- pairs for names */

static bool add_names(struct sni_option *sni, struct str names, struct arena *texts)
{
	struct str name;

	while (str_split(&names, ',', &name)) {
		name = str_trim(name);
		if (name.len == 0)
			return false;
		options_list_add(&sni->names, keep(texts, name));
	}
	return sni->names.count > 0;
}

/* CERT,KEY[:NAME,...] */
bool options_sni_add(struct options *options, const struct option *option, const char *text, struct err *err)
{
	struct str pair = str_of(text);
	size_t colon = str_index(pair, ':');
	struct str names = str_slice(pair, colon + 1, pair.len);
	bool named = colon < pair.len;
	size_t comma;
	struct sni_option *sni;

	pair = str_slice(pair, 0, colon);
	comma = str_index(pair, ',');
	options->tls_sni = xrealloc(options->tls_sni, options->tls_sni_count + 1, sizeof(*options->tls_sni));
	sni = &options->tls_sni[options->tls_sni_count++];
	*sni = (struct sni_option){
		.cert_file = keep(options->texts, str_trim(str_slice(pair, 0, comma))),
		.key_file = keep(options->texts, str_trim(str_slice(pair, comma + 1, pair.len))),
	};
	if (sni->cert_file[0] == '\0' || sni->key_file[0] == '\0' || strchr(sni->key_file, ',') != NULL ||
	    (named && !add_names(sni, names, options->texts)))
		return err_set(err, ERR_INVALID, "%s: \"%s\" is not CERT,KEY or CERT,KEY:NAME,...", option->flag, text);
	return true;
}

void options_sni_clear(struct options *options)
{
	for (size_t i = 0; i < options->tls_sni_count; i++)
		options_list_clear(&options->tls_sni[i].names);
	free(options->tls_sni);
	options->tls_sni = NULL;
	options->tls_sni_count = 0;
}
