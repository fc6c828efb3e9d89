/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include "text/number.h"

#define PROBE_LABEL "gaugelet_part"

void probe_add(struct buf *probe, size_t number, struct str text)
{
	buf_puts(probe, probe->len ? " or " : "");
	buf_puts(probe, "label_replace(");
	buf_put(probe, text);
	buf_printf(probe, ",\"" PROBE_LABEL "\",\"%zu\",\"\",\"\")", number);
}

void probe_add_count(struct buf *probe, size_t number, struct str text)
{
	CLEANUP(buf_clear) struct buf count = {0};

	buf_puts(&count, "count(");
	buf_put(&count, text);
	buf_putc(&count, ')');
	probe_add(probe, number, buf_str(&count));
}

size_t probe_part_of(const struct sample *sample)
{
	int64_t number;
	struct err ignored;

	if (!number_parse_i64(sample_label(sample, STR(PROBE_LABEL)), &number, &ignored) || number < 0)
		return SIZE_MAX;
	return (size_t)number;
}

bool probe_is_own(struct str label)
{
	return str_eq(label, STR(PROBE_LABEL));
}
