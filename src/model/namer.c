/* SPDX-License-Identifier: Apache-2.0 */
#include "model/namer.h"

#include <stdlib.h>

#include "base/vec.h"
#include "model/rule_spec.h"
#include "text/regexp.h"

struct filter {
	struct regexp *pattern;
	bool wanted; /* `is`, not `isNot` */
	struct str text;
};

struct namer {
	struct {
		VEC_OF(struct filter);
	} filters;
	struct regexp *matches;
	struct str matches_text;
	bool renames; /* false: the series' own name, with no search at all */
	struct str as;
};

void namer_free(struct namer *namer)
{
	if (namer == NULL)
		return;
	for (size_t i = 0; i < namer->filters.count; i++)
		regexp_free(namer->filters.items[i].pattern);
	vec_clear(&namer->filters);
	regexp_free(namer->matches);
	free(namer);
}

static bool compile(const struct spelled *spelled, const char *key, struct problems *problems, struct regexp **ret)
{
	struct err err = {0};

	if (!regexp_parse(spelled->text, ret, &err))
		return problem_add(problems, spelled->at, "%s: %s", key, err.msg);
	return true;
}

static bool add_filters(struct namer *namer, const struct rule_spec *spec, struct problems *problems)
{
	bool good = true;

	for (size_t i = 0; i < spec->filter_count; i++) {
		const struct filter_spec *filter = &spec->filters[i];
		struct filter *added = vec_push(&namer->filters);

		added->wanted = filter->is.text.len > 0;
		added->text = added->wanted ? filter->is.text : filter->is_not.text;
		if (added->wanted)
			good &= compile(&filter->is, "seriesFilters: is", problems, &added->pattern);
		else
			good &= compile(&filter->is_not, "seriesFilters: isNot", problems, &added->pattern);
	}
	return good;
}

/* Without `as` the one group is the name, or the whole match when there is none. */
static bool choose_as(struct namer *namer, const struct rule_spec *spec, struct problems *problems)
{
	size_t groups = regexp_groups(namer->matches);

	namer->as = spec->name_as.text;
	if (namer->as.len)
		return true;
	if (groups > 1)
		return problem_add(
			problems, spec->name_matches.at,
			"name.matches has %zu groups and name.as is missing; write the group to use, as \"${1}\"",
			groups);
	namer->as = groups ? STR("$1") : STR("$0");
	return true;
}

void namer_write_fix(const struct namer *namer, struct buf *out)
{
	struct str name;
	struct str part;

	regexp_missing_group(namer->matches, namer->as, &name, &part);
	if (name.ptr == NULL)
		return;
	if (part.ptr)
		buf_printf(out, "write ${%.*s}%.*s", STR_ARG(part), STR_ARG(str_slice(name, part.len, name.len)));
	else
		buf_printf(out, "the groups are $0 to $%zu", regexp_groups(namer->matches));
}

/* `$1_total` is the group 1_total, and a group that is not there is the empty text. Upstream takes it so. */
static void warn_of_missing_groups(const struct namer *namer, const struct spelled *as, struct problems *problems)
{
	CLEANUP(buf_clear) struct buf fix = {0};
	struct str name;
	struct str part;

	regexp_missing_group(namer->matches, as->text, &name, &part);
	if (name.ptr == NULL)
		return;
	namer_write_fix(namer, &fix);
	problem_warn(problems, as->at, "name.as: name.matches has no group \"%.*s\", so nothing stands for it%s; %s",
		     STR_ARG(name),
		     regexp_expands_to_nothing(namer->matches, as->text)
			     ? ", and the rule gives no metrics, since their names would be empty"
			     : "",
		     buf_cstr(&fix));
}

bool namer_new(const struct rule_spec *spec, struct problems *problems, struct namer **ret_namer)
{
	CLEANUP(namer_free_at) struct namer *namer = xnew(struct namer);
	struct spelled matches = spec->name_matches;
	bool good = add_filters(namer, spec, problems);

	namer->renames = matches.text.len || spec->name_as.text.len;
	if (matches.text.len == 0)
		matches.text = STR(".*");
	namer->matches_text = matches.text;
	if (!compile(&matches, "name.matches", problems, &namer->matches) || !choose_as(namer, spec, problems) || !good)
		return false;
	warn_of_missing_groups(namer, &spec->name_as, problems);
	*ret_namer = STEAL(namer);
	return true;
}

/* *ret_drop: what drops the series, or on failure what cannot be told. */
static bool find_drop(const struct namer *namer, struct str series, struct namer_drop *ret_drop, struct err *err)
{
	bool found = true;

	for (size_t i = 0; i < namer->filters.count; i++) {
		const struct filter *filter = &namer->filters.items[i];

		*ret_drop = (struct namer_drop){filter->wanted ? "seriesFilters: is" : "seriesFilters: isNot",
						filter->text};
		if (!regexp_search(filter->pattern, series, &found, err))
			return false;
		if (found != filter->wanted)
			return true;
	}
	*ret_drop = (struct namer_drop){"name.matches", namer->matches_text};
	if (namer->renames && !regexp_search(namer->matches, series, &found, err))
		return false;
	if (!namer->renames || found)
		*ret_drop = (struct namer_drop){0};
	return true;
}

bool namer_keeps(const struct namer *namer, struct str series, bool *ret_keeps, struct err *err)
{
	struct namer_drop drop;

	if (!find_drop(namer, series, &drop, err))
		return false;
	*ret_keeps = drop.key == NULL;
	return true;
}

struct namer_drop namer_drop_of(const struct namer *namer, struct str series)
{
	struct namer_drop drop;
	struct err ignored;

	(void)find_drop(namer, series, &drop, &ignored);
	return drop;
}

bool namer_name(const struct namer *namer, struct str series, struct buf *out, struct err *err)
{
	bool found;

	if (!namer->renames) {
		buf_put(out, series);
		return true;
	}
	return regexp_expand(namer->matches, series, namer->as, &found, out, err);
}
