/* SPDX-License-Identifier: Apache-2.0 */
#include "text/number.h"
#include "text/quote.h"
#include "selector_check.h"

/* The sentences and the limits are those of Kubernetes 1.31, to the byte: people search for them. */
enum { NAME_BYTES_MAX = 63, PREFIX_BYTES_MAX = 253, MESSAGE_BYTES_MAX = 4096 };

#define NAME_SENTENCE                                                                                                  \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "       \
	"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "                        \
	"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

static const char PREFIX_SENTENCE[] =
	"prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
	"and must "
	"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

static const char VALUE_SENTENCE[] =
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
	"and end "
	"with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
	"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alphanumeric(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_name(struct str text)
{
	if (text.len == 0 || !is_alphanumeric(text.ptr[0]) || !is_alphanumeric(text.ptr[text.len - 1]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_alphanumeric(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_' && text.ptr[i] != '.')
			return false;
	return true;
}

static bool is_dns_label(struct str text)
{
	if (text.len == 0 || !is_lower_or_digit(text.ptr[0]) || !is_lower_or_digit(text.ptr[text.len - 1]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_lower_or_digit(text.ptr[i]) && text.ptr[i] != '-')
			return false;
	return true;
}

static bool is_dns_subdomain(struct str text)
{
	struct str part;

	while (str_split(&text, '.', &part))
		if (!is_dns_label(part))
			return false;
	return true;
}

static void add_sentence(struct buf *sentences, const char *sentence)
{
	if (sentences->len)
		buf_puts(sentences, "; ");
	buf_puts(sentences, sentence);
}

static void check_prefix(struct str prefix, struct buf *sentences)
{
	if (prefix.len == 0) {
		add_sentence(sentences, "prefix part must be non-empty");
		return;
	}
	if (prefix.len > PREFIX_BYTES_MAX)
		add_sentence(sentences, "prefix part must be no more than 253 characters");
	if (!is_dns_subdomain(prefix))
		add_sentence(sentences, PREFIX_SENTENCE);
}

static void check_name(struct str name, struct buf *sentences)
{
	if (name.len == 0)
		add_sentence(sentences, "name part must be non-empty");
	else if (name.len > NAME_BYTES_MAX)
		add_sentence(sentences, "name part must be no more than 63 characters");
	if (!is_name(name))
		add_sentence(sentences, "name part " NAME_SENTENCE);
}

static void complain(struct buf *message, struct str value, struct str sentences)
{
	buf_puts(message, "Invalid value: ");
	quote_go(message, str_slice(value, 0, sizeof(((struct err *)NULL)->msg))); /* more is cut off anyway */
	buf_puts(message, ": ");
	buf_put(message, sentences);
}

bool selector_check_key(struct str key, struct err *err)
{
	CLEANUP(buf_clear) struct buf sentences = BUF_MAX(MESSAGE_BYTES_MAX);
	CLEANUP(buf_clear) struct buf message = BUF_MAX(MESSAGE_BYTES_MAX);
	size_t slash = str_index(key, '/');
	struct str name = str_slice(key, slash == key.len ? 0 : slash + 1, key.len);

	if (str_index(name, '/') < name.len) {
		add_sentence(&sentences, "a qualified name " NAME_SENTENCE
					 " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
	} else {
		if (slash < key.len)
			check_prefix(str_slice(key, 0, slash), &sentences);
		check_name(name, &sentences);
	}
	if (sentences.len == 0)
		return true;
	complain(&message, key, buf_str(&sentences));
	return err_set(err, ERR_INVALID, "<nil>: %s", buf_cstr(&message)); /* the place, as apimachinery prints it */
}

/* Several complaints stand in brackets; each begins with where it belongs. */
static void begin_complaint(struct buf *message, size_t *count)
{
	if ((*count)++)
		buf_puts(message, ", ");
}

static void check_integer(const struct selector_requirement *requirement, struct buf *message, size_t *count)
{
	struct err ignored;
	int64_t number;

	if (number_parse_i64(requirement->values[0], &number, &ignored))
		return;
	begin_complaint(message, count);
	buf_puts(message, "values[0]: ");
	complain(message, requirement->values[0], STR("for 'Gt', 'Lt' operators, the value must be an integer"));
}

static void check_value(const struct selector_requirement *requirement, size_t i, struct buf *message, size_t *count)
{
	CLEANUP(buf_clear) struct buf sentences = BUF_MAX(MESSAGE_BYTES_MAX);
	struct str value = requirement->values[i];

	if (value.len > NAME_BYTES_MAX)
		add_sentence(&sentences, "must be no more than 63 characters");
	if (value.len && !is_name(value))
		add_sentence(&sentences, VALUE_SENTENCE);
	if (sentences.len == 0)
		return;
	begin_complaint(message, count);
	buf_printf(message, "values[%zu][%.*s]: ", i, STR_ARG(requirement->key));
	complain(message, value, buf_str(&sentences));
}

bool selector_check_values(const struct selector_requirement *requirement, struct err *err)
{
	CLEANUP(buf_clear)
	struct buf message = BUF_MAX(MESSAGE_BYTES_MAX); /* what is cut off does not fit into err either */
	size_t count = 0;

	if (requirement->op == SELECTOR_GREATER || requirement->op == SELECTOR_LESS)
		check_integer(requirement, &message, &count);
	for (size_t i = 0; i < requirement->value_count && !message.failed; i++)
		check_value(requirement, i, &message, &count);
	if (count == 0)
		return true;
	if (count == 1)
		return err_set(err, ERR_INVALID, "%s", buf_cstr(&message));
	return err_set(err, ERR_INVALID, "[%s]", buf_cstr(&message));
}
