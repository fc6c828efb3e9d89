/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/metrics.md, from the table that the program is made from. */
#include <ctype.h>
#include <stdio.h>

static const char HEAD[] = "# Metrics of gaugelet itself\n"
			   "\n"
			   "gaugelet serves its own metrics at `/metrics` on the serving port, in Prometheus' text "
			   "format. In a cluster, reading them takes\n"
			   "the right to `get` the nonResourceURL `/metrics`, which `system:monitoring` has. Counters "
			   "start at 0 with the process; a\n"
			   "counter with labels may have no line before its first event.\n"
			   "\n"
			   "The number of series does not depend on what clients request: the code, the flags, the "
			   "rules file or the cluster's resources\n"
			   "bound the values of each label.\n"
			   "\n"
			   "| label | values |\n"
			   "|---|---|\n";
static const char COLUMNS[] = "| metric | type | labels | meaning |\n|---|---|---|---|\n";

static const struct {
	const char *label, *section, *name, *type, *labels, *text;
} rows[] = {
#define LABEL(name_, text_)		 {.label = (name_), .text = (text_)},
#define SECTION(title, text_)		 {.section = (title), .text = (text_)},
#define ROW(name_, type_, labels_, help) {.name = #name_, .type = #type_, .labels = (labels_), .text = (help)},
#define ONLY_IF(id, condition)
#define COUNTER(name, help, value)	       ROW(name, COUNTER, "", help)
#define GAUGE(name, help, value)	       ROW(name, GAUGE, "", help)
#define GAUGE_SECONDS(name, help, value)       ROW(name, GAUGE, "", help)
#define COUNTERS(name, label, help, ...)       ROW(name, COUNTER, label, help)
#define GAUGES(name, label, help, ...)	       ROW(name, GAUGE, label, help)
#define FAMILY(type, name, labels, help, call) ROW(name, type, labels, help)
#include "../../src/server/own_metrics.def"
};

static void print_row(const char *name, const char *type, const char *labels, const char *text)
{
	printf("| `%s` | ", name);
	for (; *type; type++)
		putchar(tolower(*type));
	fputs(*labels ? " | `" : " | ", stdout);
	for (; *labels; labels++) {
		if (*labels == ',')
			fputs("`, `", stdout);
		else if (*labels != ' ')
			putchar(*labels);
		if (labels[1] == '\0')
			fputs("` ", stdout);
	}
	printf("| %s |\n", text);
}

int main(void)
{
	fputs(HEAD, stdout);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].label)
			printf("| %s | %s |\n", rows[i].label, rows[i].text);
		else if (rows[i].section)
			printf("\n## %s\n\n%s%s%s", rows[i].section, rows[i].text, *rows[i].text ? "\n\n" : "",
			       COLUMNS);
		else
			print_row(rows[i].name, rows[i].type, rows[i].labels, rows[i].text);
	}
	return ferror(stdout);
}
