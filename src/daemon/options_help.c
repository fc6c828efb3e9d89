/* SPDX-License-Identifier: Apache-2.0 */
#include "options_table.h"

enum { LINE_WIDTH = 100 };

/* `text`, its lines broken between words and each begun with `indent`. */
static void put_wrapped(struct buf *out, const char *indent, struct str text)
{
	size_t indent_width = strlen(indent);
	size_t width = 0;
	struct str word;

	while (str_split(&text, ' ', &word)) {
		if (width > 0 && width + 1 + word.len > LINE_WIDTH) {
			buf_putc(out, '\n');
			width = 0;
		}
		buf_puts(out, width > 0 ? " " : indent);
		buf_put(out, word);
		width += word.len + (width > 0 ? 1 : indent_width);
	}
	buf_putc(out, '\n');
}

static void put_choices(struct buf *text, const struct option *option)
{
	for (size_t i = 0; option->choices[i] != NULL && option->choices[i][0] != '\0'; i++)
		buf_printf(text, "%s%s", i > 0 ? "|" : " ", option->choices[i]);
}

static void put_option(struct buf *out, const struct option *option)
{
	buf_printf(out, "  %s", option->flag);
	if (option->choices[0] != NULL)
		put_choices(out, option);
	else if (option->unit != NULL)
		buf_printf(out, " %s", option->unit);
	if (option->letter != 0)
		buf_printf(out, ", -%c%s%s", option->letter, option->unit ? " " : "", option->unit ? option->unit : "");
	buf_putc(out, '\n');
	put_wrapped(out, "        ", str_of(option->help));
	if (option->preset != NULL)
		buf_printf(out, "        Default: %s\n", option->preset);
}

static void put_group(struct buf *out, enum option_group group, const char *heading)
{
	buf_printf(out, "\n%s:\n", heading);
	for (size_t i = 0; i < options_table_count; i++)
		if (options_table[i].group == group)
			put_option(out, &options_table[i]);
}

static void put_names(struct buf *out, enum option_group group, const char *heading)
{
	CLEANUP(buf_clear) struct buf names = {0};

	buf_printf(out, "  %s:\n", heading);
	for (size_t i = 0; i < options_table_count; i++)
		if (options_table[i].group == group)
			buf_printf(&names, "%s%s", names.len ? " " : "", options_table[i].flag);
	put_wrapped(out, "        ", buf_str(&names));
}

void options_help(struct buf *out)
{
	buf_puts(out, "gaugelet " GAUGELET_VERSION ": the Kubernetes custom metrics API from Prometheus.\n"
		      "\nUsage: gaugelet --config FILE [flag]...\n"
		      "\nFlags take their value as --flag=value or --flag value; switches as --flag or --flag=false. "
		      "The last\n"
		      "one wins. Durations are written as 90s, 1m30s or 500ms.\n");
	put_group(out, GROUP_RULES, "Rules and Prometheus");
	put_group(out, GROUP_SERVING, "Serving");
	put_group(out, GROUP_KUBERNETES, "Kubernetes");
	put_group(out, GROUP_AUTH, "Authentication and authorization");
	put_group(out, GROUP_LOGS, "Logs");
	put_group(out, GROUP_OTHER, "Other");
	buf_puts(out, "\nAccepted for compatibility:\n");
	put_names(out, GROUP_UNUSED_YET, "No effect yet");
	put_names(out, GROUP_UNUSED_EVER, "No effect at all");
}
