/* SPDX-License-Identifier: Apache-2.0 */
#include "extension.h"
#include "model/rule_spec.h"
#include "text/duration.h"
#include "text/number.h"

#include <stddef.h>

/* The HPA divides by the target and makes 32 bits of the quotient: a huge one comes out as the least number of replicas. */
static const double INFINITE_MAX = 1e9;

enum { MIN_READY_MAX_S = 86400 };

/* A text in quotes is no number. */
static bool is_plain_scalar(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted;
}

static void read_infinite(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct err ignored;
	double value = 0;

	if (!is_plain_scalar(pair->value) || !number_parse_double(pair->value->text, &value, &ignored))
		problem_add(reader->problems, pair->value->at, "\"infinite\" wants a number such as 1e6%s",
			    pair->value->quoted ? ", without quotes" : "");
	else if (value >= 0.001 && value <= INFINITE_MAX)
		*(double *)shape_at(field, into) = value;
	else
		problem_add(
			reader->problems, pair->value->at,
			"\"infinite\" is %.60s, which is not from 0.001 to 1e9: more than that an HPA cannot divide",
			shape_shown(pair->value->text).text);
}

static void read_max_sample_age(struct reader *reader, const struct field *field, const struct yaml_pair *pair,
				void *into)
{
	struct extension_spec *extension = shape_at(field, into);
	struct err err = {0};

	if (pair->value->kind != YAML_SCALAR)
		shape_wrong_kind(reader, pair, "a duration such as 5m");
	else if (!duration_parse_prometheus(pair->value->text, &extension->max_sample_age_ms, &err))
		problem_add(reader->problems, pair->value->at,
			    "\"maxSampleAge\": %.200s; write it like 90s, 5m or 1h30m, or 0 for any age", err.msg);
	else
		extension->has_max_sample_age = true;
}

static void read_sample_age(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct extension_spec *extension = shape_at(field, into);
	const struct field value = {.offset = offsetof(struct extension_spec, sample_age)};

	extension->has_sample_age = true;
	extension->sample_age_at = pair->value->at;
	shape_read_bool(reader, &value, pair, extension);
}

/* One of `words`, which end with NULL; their number, or that of the end. */
static size_t read_word(struct reader *reader, const struct yaml_pair *pair, const char *const *words,
			const char *wanted)
{
	size_t i = 0;

	while (words[i] && !(pair->value->kind == YAML_SCALAR && str_eq(pair->value->text, str_of(words[i]))))
		i++;
	if (words[i] == NULL)
		problem_add(reader->problems, pair->value->at, "\"%s\" wants %s, not %s",
			    shape_shown(pair->key->text).text, wanted,
			    pair->value->kind == YAML_SCALAR ? shape_shown(pair->value->text).text
							     : shape_kind_name(pair->value));
	return i;
}

static void read_on_duplicate(struct reader *reader, const struct field *field, const struct yaml_pair *pair,
			      void *into)
{
	struct extension_spec *extension = shape_at(field, into);
	size_t word = read_word(reader, pair, policy_duplicate_words, "last, error, sum or max");

	extension->on_duplicate_at = pair->value->at;
	if (policy_duplicate_words[word])
		extension->on_duplicate = (enum on_duplicate)(word + DUPLICATE_ERROR);
}

static void read_not_ready(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	static const char *const words[] = {"keep", "drop", NULL};
	struct extension_spec *extension = shape_at(field, into);

	extension->not_ready_at = pair->value->at;
	extension->drop_not_ready = read_word(reader, pair, words, "keep or drop") == 1;
}

static void read_min_ready(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct extension_spec *extension = shape_at(field, into);
	struct err ignored;
	uint64_t seconds = 0;

	extension->min_ready_at = pair->value->at;
	if (is_plain_scalar(pair->value) && number_parse_u64(pair->value->text, MIN_READY_MAX_S, &seconds, &ignored))
		extension->min_ready_s = (int64_t)seconds;
	else
		problem_add(reader->problems, pair->value->at,
			    "\"minReadySeconds\" wants a whole number of seconds from 0 to %d", MIN_READY_MAX_S);
}

static void prepare_extension(void *target, struct place at)
{
	*(struct extension_spec *)target = (struct extension_spec){.at = at};
}

static void check_extension(struct reader *reader, void *target, struct place at)
{
	const struct extension_spec *extension = target;

	(void)at;
	if (extension->not_ready_at.line && !extension->drop_not_ready && extension->min_ready_s > 0)
		problem_add(reader->problems, extension->not_ready_at,
			    "\"minReadySeconds\" leaves out pods that are not ready, so \"notReady\" cannot be keep; "
			    "remove one of them");
}

static const struct field extension_fields[] = {
	{"infinite", read_infinite, .offset = offsetof(struct extension_spec, infinite)},
	{"maxSampleAge", read_max_sample_age, .offset = 0},
	{"sampleAge", read_sample_age, .offset = 0},
	{"onDuplicate", read_on_duplicate, .offset = 0},
	{"notReady", read_not_ready, .offset = 0},
	{"minReadySeconds", read_min_ready, .offset = 0},
};

const struct shape extension_shape = {
	.what = "x-gaugelet",
	.size = sizeof(struct extension_spec),
	.prepare = prepare_extension,
	.check = check_extension,
	.fields = extension_fields,
	.count = COUNT_OF(extension_fields),
};
