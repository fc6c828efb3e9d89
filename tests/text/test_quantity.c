/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "text/quantity.h"

/* Expected texts: k8s.io/apimachinery's resource.NewMilliQuantity(milli, DecimalSI).String(). */
static struct value_case {
	const char *name;
	double value;
	bool ok;
	int64_t milli;
	const char *text;
} values[] = {
	{"value 0", 0, true, 0, "0"},
	{"value -0.0", -0.0, true, 0, "0"},
	{"value 0.0009999", 0.0009999, true, 0, "0"},
	{"value 0.001", 0.001, true, 1, "1m"},
	{"value 0.0019999", 0.0019999, true, 1, "1m"},
	{"value 0.016", 0.016, true, 16, "16m"},
	{"value 0.05", 0.05, true, 50, "50m"},
	{"value 0.29", 0.29, true, 290, "290m"},
	{"value 0.9999", 0.9999, true, 999, "999m"},
	{"value 1", 1, true, 1000, "1"},
	{"value 1.0005", 1.0005, true, 1000, "1"},
	{"value 1.001 is cut", 1.001, true, 1000, "1"},
	{"value 1.5", 1.5, true, 1500, "1500m"},
	{"value 9.5", 9.5, true, 9500, "9500m"},
	{"value 10", 10, true, 10000, "10"},
	{"value 11", 11, true, 11000, "11"},
	{"value 20.5", 20.5, true, 20500, "20500m"},
	{"value 34.972", 34.972, true, 34972, "34972m"},
	{"value 34.9729", 34.9729, true, 34972, "34972m"},
	{"value 100", 100, true, 100000, "100"},
	{"value 100.5", 100.5, true, 100500, "100500m"},
	{"value 999.5", 999.5, true, 999500, "999500m"},
	{"value 1000", 1000, true, 1000000, "1k"},
	{"value 1000.5", 1000.5, true, 1000500, "1000500m"},
	{"value 1024", 1024, true, 1024000, "1024"},
	{"value 1500", 1500, true, 1500000, "1500"},
	{"value 1234.5", 1234.5, true, 1234500, "1234500m"},
	{"value 9999", 9999, true, 9999000, "9999"},
	{"value 10000", 10000, true, 10000000, "10k"},
	{"value 12345", 12345, true, 12345000, "12345"},
	{"value 100000", 100000, true, 100000000, "100k"},
	{"value 999000", 999000, true, 999000000, "999k"},
	{"value 1e6", 1e6, true, 1000000000, "1M"},
	{"value 1000000.5", 1000000.5, true, 1000000500, "1000000500m"},
	{"value 1.2e6", 1.2e6, true, 1200000000, "1200k"},
	{"value 1.5e6", 1.5e6, true, 1500000000, "1500k"},
	{"value 1234567", 1234567, true, 1234567000, "1234567"},
	{"value 2e6", 2e6, true, 2000000000, "2M"},
	{"value 1e9", 1e9, true, 1000000000000, "1G"},
	{"value 2^30", 1073741824, true, 1073741824000, "1073741824"},
	{"value 1e12", 1e12, true, 1000000000000000, "1T"},
	{"value 1e15", 1e15, true, 1000000000000000000, "1P"},
	{"value 123456789012345 has the error of its double", 123456789012345, true, 123456789012344992,
	 "123456789012344992m"},
	{"value 9.2e15", 9.2e15, true, 9200000000000000000, "9200T"},
	{"value -0.0005", -0.0005, true, 0, "0"},
	{"value -0.001", -0.001, true, -1, "-1m"},
	{"value -1", -1, true, -1000, "-1"},
	{"value -1.5", -1.5, true, -1500, "-1500m"},
	{"value -1000", -1000, true, -1000000, "-1k"},
	{"value -1e6", -1e6, true, -1000000000, "-1M"},
	{"value -1.2345 is cut toward zero", -1.2345, true, -1234, "-1234m"},
	{"value below the limit", 9.223372036854774e15, true, 9223372036854773760, "9223372036854773760m"},
	{"value 2^63 / 1000", 9.223372036854776e15, false, 0, ""},
	{"value -2^63 / 1000", -9.223372036854776e15, false, 0, ""},
	{"value 1e16", 1e16, false, 0, ""},
	{"value -1e300", -1e300, false, 0, ""},
	{"value 1.7e308, whose product is infinite", 1.7e308, false, 0, ""},
	{"value +Inf", INFINITY, false, 0, ""},
	{"value -Inf", -INFINITY, false, 0, ""},
	{"value NaN", NAN, false, 0, ""},
};

static void test_value(void **state)
{
	const struct value_case *c = *state;
	struct buf text = {0};
	int64_t milli = -7;

	assert_int_equal(quantity_milli(c->value, &milli), c->ok);
	assert_int_equal(milli, c->ok ? c->milli : -7);
	if (c->ok)
		quantity_write_decimal(&text, milli);
	assert_string_equal(buf_cstr(&text), c->text);
	buf_clear(&text);
}

static struct milli_case {
	const char *name;
	int64_t milli;
	const char *decimal, *binary;
} millis[] = {
	{"milli 0", 0, "0", "0"},
	{"milli 1", 1, "1m", "1m"},
	{"milli 10", 10, "10m", "10m"},
	{"milli 100", 100, "100m", "100m"},
	{"milli 999", 999, "999m", "999m"},
	{"milli 1023000: below 1024", 1023000, "1023", "1023"},
	{"milli 1000000: below 1024", 1000000, "1k", "1k"},
	{"milli 1023999: no integer", 1023999, "1023999m", "1023999m"},
	{"milli 1024000", 1024000, "1024", "1Ki"},
	{"milli 1024001: no integer", 1024001, "1024001m", "1024001m"},
	{"milli 1500000: no power of 1024", 1500000, "1500", "1500"},
	{"milli 2048000", 2048000, "2048", "2Ki"},
	{"milli 3100000", 3100000, "3100", "3100"},
	{"milli 1000000000: a million stays plain", 1000000000, "1M", "1000000"},
	{"milli 1048576000", 1048576000, "1048576", "1Mi"},
	{"milli 1572864000", 1572864000, "1572864", "1536Ki"},
	{"milli 104857600000", 104857600000, "104857600", "100Mi"},
	{"milli 134217728000", 134217728000, "134217728", "128Mi"},
	{"milli 1 Gi", 1073741824000, "1073741824", "1Gi"},
	{"milli 1 Ti", 1099511627776000, "1099511627776", "1Ti"},
	{"milli 1 Pi", 1125899906842624000, "1125899906842624", "1Pi"},
	{"milli 8191 Ti", 9005000231485800448, "9005000231485800448m", "9005000231485800448m"},
	{"milli 8 Pi", 9007199254740992000, "9007199254740992", "8Pi"},
	{"milli -1024000", -1024000, "-1024", "-1Ki"},
	{"milli -1023000", -1023000, "-1023", "-1023"},
	{"milli -1500", -1500, "-1500m", "-1500m"},
	{"milli 9e18", 9000000000000000000, "9P", "8789062500000Ki"},
	{"milli 10^17", 100000000000000000, "100T", "97656250000Ki"},
	{"milli greatest", INT64_MAX, "9223372036854775807m", "9223372036854775807m"},
	{"milli least", INT64_MIN, "-9223372036854775808m", "-9223372036854775808m"},
};

static void test_milli(void **state)
{
	const struct milli_case *c = *state;
	struct buf text = {0};

	buf_putc(&text, '<');
	quantity_write_decimal(&text, c->milli);
	assert_string_equal(buf_cstr(&text) + 1, c->decimal);
	buf_reset(&text);
	buf_putc(&text, '<');
	quantity_write_binary(&text, c->milli);
	assert_string_equal(buf_cstr(&text) + 1, c->binary);
	assert_int_equal(text.ptr[0], '<');
	buf_clear(&text);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(values) + COUNT_OF(millis)];

	for (size_t i = 0; i < COUNT_OF(values); i++)
		tests[i] = (struct CMUnitTest){values[i].name, test_value, NULL, NULL, &values[i]};
	for (size_t i = 0; i < COUNT_OF(millis); i++)
		tests[COUNT_OF(values) + i] = (struct CMUnitTest){millis[i].name, test_milli, NULL, NULL, &millis[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
