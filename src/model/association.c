/* SPDX-License-Identifier: Apache-2.0 */
#include "model/association.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "model/resource.h"
#include "rule_template.h"
#include "text/regexp.h"

enum { LABEL_BYTES_MAX = 4096, LABEL_SHOWN = 200, SCRATCH_BYTES_MAX = 64 << 10 };

struct association {
	const struct resources_spec *spec;
	struct template_tree *label; /* NULL without `template` */
	struct regexp *extraction;   /* finds group and resource in a label that the template made */
};

void association_free(struct association *association)
{
	if (association == NULL)
		return;
	template_tree_free(association->label);
	regexp_free(association->extraction);
	free(association);
}

/* The label for a group and a resource; appended to `out`. What the template sees is a GroupResource of Go, with its methods. */
static bool run_template(const struct association *association, struct str group, struct str resource, struct buf *out,
			 struct err *err)
{
	CLEANUP(arena_free_at) struct arena *scratch = arena_new(SCRATCH_BYTES_MAX);
	CLEANUP(buf_clear) struct buf both = {0};

	buf_put(&both, resource);
	buf_puts(&both, group.len ? "." : "");
	buf_put(&both, group);

	const struct template_field fields[] = {
		{.name = STR("Group"), .kind = TEMPLATE_STRING, .string = group},
		{.name = STR("Resource"), .kind = TEMPLATE_STRING, .string = resource},
		{.name = STR("Empty"), .kind = TEMPLATE_BOOL, .truth = both.len == 0, .method = true},
		{.name = STR("String"), .kind = TEMPLATE_STRING, .string = buf_str(&both), .method = true},
	};

	return template_run(association->label, fields, COUNT_OF(fields), scratch, out, err);
}

/* Upstream runs the template once with regular expressions in the places of group and resource, and reads labels with the
   result. */
static bool compile_extraction(struct association *association, struct err *err)
{
	CLEANUP(buf_clear) struct buf pattern = BUF_MAX(LABEL_BYTES_MAX);
	CLEANUP(buf_clear) struct buf made = BUF_MAX(LABEL_BYTES_MAX);

	if (!run_template(association, STR("(?P<group>.+?)"), STR("(?P<resource>.+?)"), &made, err))
		return false;
	if (made.len == 0)
		return err_set(err, ERR_INVALID, "the label template gives an empty text");
	if (!str_contains(buf_str(&made), STR("(?P<resource>")))
		return err_set(err, ERR_INVALID, "the label template must use <<.Resource>>");
	buf_putc(&pattern, '^');
	buf_put(&pattern, buf_str(&made));
	buf_putc(&pattern, '$');
	if (pattern.failed)
		return err_set(err, ERR_LIMIT, "the label template gives more than %d bytes", LABEL_BYTES_MAX);
	return regexp_parse(buf_str(&pattern), &association->extraction, err);
}

static bool compile_template(struct association *association, struct problems *problems)
{
	const struct spelled *spelled = &association->spec->template_text;
	struct err err = {0};

	if (spelled->text.len == 0)
		return true;
	if (!rule_template_parse(spelled, "resources.template", "resource-label", problems, &association->label))
		return false;
	if (!compile_extraction(association, &err))
		return problem_add(problems, spelled->at, "resources.template: %s", err.msg);
	if (template_uses(association->label, STR("String")) || template_uses(association->label, STR("Empty")))
		problem_warn(problems, spelled->at,
			     "resources.template: .String is RESOURCE.GROUP, which no label is for a resource with a "
			     "group, and .Empty is always false; use .Resource and .Group");
	return true;
}

/* In lower case, as they are looked up. */
static void write_target(struct buf *out, const struct override_spec *override)
{
	for (size_t i = 0; i < override->resource.text.len; i++) {
		char c = override->resource.text.ptr[i];

		buf_putc(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
	}
	buf_putc(out, '.');
	buf_put(out, override->group.text);
}

static void warn_of_doubled_resources(const struct resources_spec *spec, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(map_clear) struct map seen = {0};

	for (size_t i = 0; i < spec->override_count; i++) {
		CLEANUP(buf_clear) struct buf target = {0};
		const struct override_spec *later = &spec->overrides[i];
		const struct override_spec *earlier;
		struct str key = {0};

		write_target(&target, later);
		earlier = map_get(&seen, buf_str(&target));
		if (earlier)
			problem_warn(problems, later->label.at,
				     "labels \"%.*s\" and \"%.*s\" both stand for %.*s; queries use the later one",
				     STR_ARG(earlier->label.text), STR_ARG(later->label.text),
				     STR_ARG(later->resource.text));
		CHECK(arena_copy(arena, buf_str(&target), &key));
		*map_at(&seen, key) = (void *)(uintptr_t)later;
	}
}

bool association_new(const struct resources_spec *spec, struct problems *problems, struct association **ret_association)
{
	CLEANUP(association_free_at) struct association *association = xnew(struct association);

	association->spec = spec;
	warn_of_doubled_resources(spec, problems);
	if (!compile_template(association, problems))
		return false;
	*ret_association = STEAL(association);
	return true;
}

static const struct resource *override_target(const struct override_spec *override, const struct resource_table *table)
{
	return resource_find(table, override->resource.text, override->group.text);
}

static bool resource_in_label(const struct association *association, const struct resource_table *table,
			      struct str label, const struct resource **ret_resource, struct err *err)
{
	struct str resource;
	struct str group;
	bool found;

	*ret_resource = NULL;
	if (association->extraction == NULL)
		return true;
	if (!regexp_group(association->extraction, label, "resource", &found, &resource, err) ||
	    !regexp_group(association->extraction, label, "group", &found, &group, err))
		return err_wrap(err, "label %.*s", STR_ARG(str_slice(label, 0, LABEL_SHOWN)));
	if (found && resource.ptr)
		*ret_resource = resource_find(table, resource, group);
	return true;
}

bool association_resource_of(const struct association *association, const struct resource_table *table,
			     struct str label, const struct resource **ret_resource, struct err *err)
{
	const struct resources_spec *spec = association->spec;

	for (size_t i = 0; i < spec->override_count; i++)
		if (str_eq(spec->overrides[i].label.text, label)) {
			*ret_resource = override_target(&spec->overrides[i], table);
			return true;
		}
	return resource_in_label(association, table, label, ret_resource, err);
}

/* Dots and dashes have no place in a label name. */
static bool write_group(struct buf *out, struct str group)
{
	for (size_t i = 0; i < group.len; i++)
		buf_putc(out, group.ptr[i] == '.' || group.ptr[i] == '-' ? '_' : group.ptr[i]);
	return !out->failed;
}

static bool made_label(const struct association *association, const struct resource *resource, struct arena *arena,
		       struct str *ret_label, struct err *err)
{
	CLEANUP(buf_clear) struct buf group = BUF_MAX(LABEL_BYTES_MAX);
	CLEANUP(buf_clear) struct buf label = BUF_MAX(LABEL_BYTES_MAX);

	if (!write_group(&group, resource->group) ||
	    !run_template(association, buf_str(&group), resource->singular, &label, err))
		return false;
	if (label.len == 0)
		return err_set(err, ERR_INVALID, "the label template gives an empty text for %.*s",
			       STR_ARG(resource->plural));
	if (!arena_copy(arena, buf_str(&label), ret_label))
		return err_set(err, ERR_LIMIT, "no room for the label of %.*s", STR_ARG(resource->plural));
	return true;
}

bool association_label_of(const struct association *association, const struct resource_table *table,
			  const struct resource *resource, struct arena *arena, struct str *ret_label, struct err *err)
{
	const struct resources_spec *spec = association->spec;

	for (size_t i = spec->override_count; i-- > 0;) {
		const struct resource *target = override_target(&spec->overrides[i], table);

		if (target && resource_same(target, resource)) {
			*ret_label = spec->overrides[i].label.text;
			return true;
		}
	}
	if (association->label == NULL)
		return err_set(err, ERR_NOT_FOUND, "no label stands for %.*s", STR_ARG(resource->plural));
	return made_label(association, resource, arena, ret_label, err);
}
