/* SPDX-License-Identifier: Apache-2.0 */
#include "regexp_gate.h"

#include "characters.h"

bool regexp_gate_refuse(struct regexp_gate *gate, const char *words, size_t from, size_t to)
{
	CLEANUP(buf_clear) struct buf clean = {0};

	characters_clean(&clean, str_slice(gate->pattern, from, to));
	return err_set(gate->err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", words, STR_ARG(buf_str(&clean)));
}

bool regexp_gate_next(struct regexp_gate *gate, uint32_t *ret_character)
{
	size_t bytes = characters_valid(gate->pattern, gate->at, ret_character);

	if (bytes == 0 && gate->at < gate->pattern.len)
		return regexp_gate_refuse(gate, "invalid UTF-8", gate->at, gate->pattern.len);
	gate->at += bytes;
	return true;
}

bool regexp_gate_skip(struct regexp_gate *gate, size_t to)
{
	while (gate->at < to) {
		uint32_t ignored;
		size_t bytes = characters_valid(gate->pattern, gate->at, &ignored);

		if (bytes == 0)
			return regexp_gate_refuse(gate, "invalid UTF-8", gate->at, to);
		gate->at += bytes;
	}
	return true;
}

bool regexp_gate_has(const struct regexp_gate *gate, size_t at, struct str what)
{
	return str_starts(str_slice(gate->pattern, at, gate->pattern.len), what);
}
