/* SPDX-License-Identifier: Apache-2.0 */
#include "text/duration.h"

#define NS_A_US	    UINT64_C(1000)
#define NS_A_MS	    UINT64_C(1000000)
#define NS_A_SECOND UINT64_C(1000000000)
#define NS_A_MINUTE (60 * NS_A_SECOND)
#define NS_A_HOUR   (60 * NS_A_MINUTE)
#define NS_A_DAY    (24 * NS_A_HOUR)
/* The magnitude of the least int64_t: a negative duration may be that long, a positive one is shorter by one. */
#define MAGNITUDE_MAX (UINT64_C(1) << 63)

enum { QUOTED_MAX = 400 }; /* bytes; of longer texts the front says enough */

struct unit {
	struct str name;
	uint64_t size;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void put_hex(struct buf *out, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	buf_puts(out, "\\x");
	buf_putc(out, hex[byte >> 4]);
	buf_putc(out, hex[byte & 15]);
}

/* Go's `time` writes every byte beyond ASCII as \xNN; Prometheus keeps readable characters. */
static void quote(struct buf *out, struct str text, bool keep_utf8)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte < ' ' || (byte >= 0x80 && !keep_utf8)) {
			put_hex(out, byte);
			continue;
		}
		if (byte == '"' || byte == '\\')
			buf_putc(out, '\\');
		buf_putc(out, (char)byte);
	}
	buf_putc(out, '"');
}

static bool refuse_go(struct err *err, const char *what, struct str unit, struct str text)
{
	CLEANUP(buf_clear) struct buf message = BUF_MAX(QUOTED_MAX);

	buf_puts(&message, what);
	if (unit.len) {
		buf_putc(&message, ' ');
		quote(&message, unit, false);
		buf_puts(&message, " in duration");
	}
	buf_putc(&message, ' ');
	quote(&message, text, false);
	return err_set(err, ERR_INVALID, "time: %s", buf_cstr(&message));
}

static bool invalid(struct err *err, struct str text)
{
	return refuse_go(err, "invalid duration", STR(""), text);
}

/* Digits from *at on; false when they exceed `max`. */
static bool read_whole(struct str text, size_t *at, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (; *at < text.len && is_digit(text.ptr[*at]); ++*at)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (unsigned)(text.ptr[*at] - '0'), &number) || number > max)
			return false;
	*ret_number = number;
	return true;
}

/* Digits behind the point: number / scale. What is too small to count is passed over. */
static uint64_t read_fraction(struct str text, size_t *at, double *ret_scale)
{
	uint64_t number = 0;
	bool full = false;

	*ret_scale = 1;
	for (; *at < text.len && is_digit(text.ptr[*at]); ++*at) {
		uint64_t longer = number * 10 + (unsigned)(text.ptr[*at] - '0');

		full = full || number > (MAGNITUDE_MAX - 1) / 10 || longer > MAGNITUDE_MAX;
		if (full)
			continue;
		number = longer;
		*ret_scale *= 10;
	}
	return number;
}

static struct str read_unit(struct str text, size_t *at)
{
	size_t from = *at;

	while (*at < text.len && text.ptr[*at] != '.' && !is_digit(text.ptr[*at]))
		++*at;
	return str_slice(text, from, *at);
}

static uint64_t unit_size(struct str name)
{
	static const struct unit units[] = {
		{STR_INIT("ns"), 1},
		{STR_INIT("us"), NS_A_US},
		{STR_INIT("\xc2\xb5s"), NS_A_US}, /* U+00B5, the micro sign */
		{STR_INIT("\xce\xbcs"), NS_A_US}, /* U+03BC, the Greek letter */
		{STR_INIT("ms"), NS_A_MS},
		{STR_INIT("s"), NS_A_SECOND},
		{STR_INIT("m"), NS_A_MINUTE},
		{STR_INIT("h"), NS_A_HOUR},
	};

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_eq(units[i].name, name))
			return units[i].size;
	return 0;
}

/* One number and its unit, added to *sum. The fraction is rounded as Go does it: in double, toward zero. */
static bool read_part(struct str text, size_t *at, uint64_t *sum, struct err *err)
{
	size_t from = *at;
	uint64_t whole = 0;
	uint64_t fraction = 0;
	double scale = 1;
	bool digits;
	struct str unit;
	uint64_t size;

	if (!read_whole(text, at, MAGNITUDE_MAX, &whole))
		return invalid(err, text);
	digits = *at > from;
	if (*at < text.len && text.ptr[*at] == '.') {
		from = ++*at;
		fraction = read_fraction(text, at, &scale);
		digits = digits || *at > from;
	}
	if (!digits)
		return invalid(err, text);
	unit = read_unit(text, at);
	if (unit.len == 0)
		return refuse_go(err, "missing unit in duration", STR(""), text);
	size = unit_size(unit);
	if (size == 0)
		return refuse_go(err, "unknown unit", unit, text);
	if (__builtin_mul_overflow(whole, size, &whole) || whole > MAGNITUDE_MAX)
		return invalid(err, text);
	whole += (uint64_t)((double)fraction * ((double)size / scale)); /* at most one unit: no overflow */
	if (whole > MAGNITUDE_MAX || __builtin_add_overflow(*sum, whole, sum) || *sum > MAGNITUDE_MAX)
		return invalid(err, text);
	return true;
}

bool duration_parse_go(struct str text, int64_t *ret_ns, struct err *err)
{
	size_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
	bool negative = at == 1 && text.ptr[0] == '-';
	uint64_t sum = 0;

	if (at == text.len)
		return invalid(err, text);
	if (str_eq(str_slice(text, at, text.len), STR("0")))
		at = text.len;
	while (at < text.len)
		if (!read_part(text, &at, &sum, err))
			return false;
	if (sum == MAGNITUDE_MAX && !negative)
		return invalid(err, text);
	*ret_ns = sum == MAGNITUDE_MAX ? INT64_MIN : negative ? -(int64_t)sum : (int64_t)sum;
	return true;
}

static bool not_valid(struct err *err, struct str text)
{
	CLEANUP(buf_clear) struct buf message = BUF_MAX(QUOTED_MAX);

	quote(&message, text, str_is_utf8(text));
	return err_set(err, ERR_INVALID, "not a valid duration string: %s", buf_cstr(&message));
}

/* What was read so far: the next unit must be a smaller one than the last. */
struct falling {
	size_t next_unit;
	uint64_t ms;
	bool overflow; /* the text is well formed, but the sum is beyond Go's 64 bits of nanoseconds */
};

static bool find_smaller_unit(struct str name, size_t *next, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{STR_INIT("y"), 365 * NS_A_DAY / NS_A_MS},
		{STR_INIT("w"), 7 * NS_A_DAY / NS_A_MS},
		{STR_INIT("d"), NS_A_DAY / NS_A_MS},
		{STR_INIT("h"), NS_A_HOUR / NS_A_MS},
		{STR_INIT("m"), NS_A_MINUTE / NS_A_MS},
		{STR_INIT("s"), NS_A_SECOND / NS_A_MS},
		{STR_INIT("ms"), 1},
	};

	while (*next < COUNT_OF(units)) {
		const struct unit *unit = &units[(*next)++];

		if (str_eq(unit->name, name)) {
			*ret_ms = unit->size;
			return true;
		}
	}
	return false;
}

static bool read_falling_part(struct str text, size_t *at, struct falling *sum)
{
	const uint64_t max_ms = (MAGNITUDE_MAX - 1) / NS_A_MS;
	size_t from = *at;
	uint64_t number = 0;
	uint64_t unit_ms = 0;
	bool fits = read_whole(text, at, max_ms, &number);

	while (*at < text.len && is_digit(text.ptr[*at]))
		++*at;
	if (*at == from || !find_smaller_unit(read_unit(text, at), &sum->next_unit, &unit_ms))
		return false;
	if (!fits || __builtin_mul_overflow(number, unit_ms, &number) || number > max_ms - sum->ms)
		sum->overflow = true;
	else
		sum->ms += number;
	return true;
}

bool duration_parse_prometheus(struct str text, int64_t *ret_ms, struct err *err)
{
	struct falling sum = {0};
	size_t at = str_eq(text, STR("0")) ? text.len : 0;

	if (text.len == 0)
		return err_set(err, ERR_INVALID, "empty duration string");
	while (at < text.len)
		if (!read_falling_part(text, &at, &sum))
			return not_valid(err, text);
	if (sum.overflow)
		return err_set(err, ERR_INVALID, "duration out of range");
	*ret_ms = (int64_t)sum.ms;
	return true;
}

/* number / scale with all its decimals, but no zeros at their end. */
static void put_decimal(struct buf *out, uint64_t number, uint64_t scale, const char *unit)
{
	uint64_t fraction = number % scale;

	buf_put_u64(out, number / scale);
	if (fraction)
		buf_putc(out, '.');
	for (; fraction; fraction %= scale) {
		scale /= 10;
		buf_putc(out, (char)('0' + fraction / scale));
	}
	buf_puts(out, unit);
}

void duration_write_go(struct buf *out, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		buf_putc(out, '-');
	if (size > 0 && size < NS_A_US) {
		put_decimal(out, size, 1, "ns");
		return;
	}
	if (size > 0 && size < NS_A_SECOND) {
		put_decimal(out, size, size < NS_A_MS ? NS_A_US : NS_A_MS, size < NS_A_MS ? "\xc2\xb5s" : "ms");
		return;
	}
	if (size >= NS_A_HOUR)
		put_decimal(out, size / NS_A_HOUR, 1, "h");
	if (size >= NS_A_MINUTE)
		put_decimal(out, size % NS_A_HOUR / NS_A_MINUTE, 1, "m");
	put_decimal(out, size % NS_A_MINUTE, NS_A_SECOND, "s");
}
