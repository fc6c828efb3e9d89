/* SPDX-License-Identifier: Apache-2.0 */
#include "../rows.h"
#include "text/regexp.h"

/* The words of Go 1.26's regexp package, behind "error parsing regexp: ". */
static struct error_case {
	struct str in;
	const char *want;
} error_cases[] = {
	/* clang-format off */
	{STR_INIT("^(?!foo).*$"), "invalid or unsupported Perl syntax: `(?!`"},
	{STR_INIT("(?=a)"), "invalid or unsupported Perl syntax: `(?=`"},
	{STR_INIT("(?<=a)"), "invalid named capture: `(?<=a)`"},
	{STR_INIT("(?<!a)"), "invalid named capture: `(?<!a)`"},
	{STR_INIT("(?>a)"), "invalid or unsupported Perl syntax: `(?>`"},
	{STR_INIT("(?R)"), "invalid or unsupported Perl syntax: `(?R`"},
	{STR_INIT("(?|a)"), "invalid or unsupported Perl syntax: `(?|`"},
	{STR_INIT("(?(1)a)"), "invalid or unsupported Perl syntax: `(?(`"},
	{STR_INIT("(?#c)"), "invalid or unsupported Perl syntax: `(?#`"},
	{STR_INIT("(?P>n)"), "invalid or unsupported Perl syntax: `(?P`"},
	{STR_INIT("(?P=n)"), "invalid or unsupported Perl syntax: `(?P`"},
	{STR_INIT("(?&n)"), "invalid or unsupported Perl syntax: `(?&`"},
	{STR_INIT("(?'n'a)"), "invalid or unsupported Perl syntax: `(?'`"},
	{STR_INIT("(?"), "invalid or unsupported Perl syntax: `(?`"},
	{STR_INIT("(?i"), "invalid or unsupported Perl syntax: `(?i`"},
	{STR_INIT("(?-)"), "invalid or unsupported Perl syntax: `(?-)`"},
	{STR_INIT("(?i-)"), "invalid or unsupported Perl syntax: `(?i-)`"},
	{STR_INIT("(?--i)"), "invalid or unsupported Perl syntax: `(?--`"},
	{STR_INIT("(?i-s-m:a)"), "invalid or unsupported Perl syntax: `(?i-s-`"},
	{STR_INIT("(?x)a"), "invalid or unsupported Perl syntax: `(?x`"},
	{STR_INIT("(?P<n"), "invalid named capture: `(?P<n`"},
	{STR_INIT("(?<n"), "invalid named capture: `(?<n`"},
	{STR_INIT("(?P"), "invalid or unsupported Perl syntax: `(?P`"},
	{STR_INIT("(?P<"), "invalid or unsupported Perl syntax: `(?P`"},
	{STR_INIT("(?<"), "invalid or unsupported Perl syntax: `(?<`"},
	{STR_INIT("(?<>a)"), "invalid named capture: `(?<>`"},
	{STR_INIT("(?P<>a)"), "invalid named capture: `(?P<>`"},
	{STR_INIT("(?<a b>c)"), "invalid named capture: `(?<a b>`"},
	{STR_INIT("(?P<a-b>c)"), "invalid named capture: `(?P<a-b>`"},
	{STR_INIT("(?P<\303\251>c)"), "invalid named capture: `(?P<\303\251>`"},
	{STR_INIT("("), "missing closing ): `(`"},
	{STR_INIT("((a)"), "missing closing ): `((a)`"},
	{STR_INIT("(a"), "missing closing ): `(a`"},
	{STR_INIT("(?:a"), "missing closing ): `(?:a`"},
	{STR_INIT("(?P<n>"), "missing closing ): `(?P<n>`"},
	{STR_INIT(")"), "unexpected ): `)`"},
	{STR_INIT("a)b"), "unexpected ): `a)b`"},
	{STR_INIT("(a))"), "unexpected ): `(a))`"},
	{STR_INIT("*"), "missing argument to repetition operator: `*`"},
	{STR_INIT("+a"), "missing argument to repetition operator: `+`"},
	{STR_INIT("?"), "missing argument to repetition operator: `?`"},
	{STR_INIT("{1}"), "missing argument to repetition operator: `{1}`"},
	{STR_INIT("(*)"), "missing argument to repetition operator: `*`"},
	{STR_INIT("(|*)"), "missing argument to repetition operator: `*`"},
	{STR_INIT("a|*"), "missing argument to repetition operator: `*`"},
	{STR_INIT("(?i)*"), "missing argument to repetition operator: `*`"},
	{STR_INIT("\\Q\\E*"), "missing argument to repetition operator: `*`"},
	{STR_INIT("(?:+)"), "missing argument to repetition operator: `+`"},
	{STR_INIT("a**"), "invalid nested repetition operator: `**`"},
	{STR_INIT("a*+"), "invalid nested repetition operator: `*+`"},
	{STR_INIT("a++"), "invalid nested repetition operator: `++`"},
	{STR_INIT("a?+"), "invalid nested repetition operator: `?+`"},
	{STR_INIT("a*??"), "invalid nested repetition operator: `*??`"},
	{STR_INIT("a{2}{3}"), "invalid nested repetition operator: `{2}{3}`"},
	{STR_INIT("a{2}*"), "invalid nested repetition operator: `{2}*`"},
	{STR_INIT("a*{2}"), "invalid nested repetition operator: `*{2}`"},
	{STR_INIT("a+?{2}?"), "invalid nested repetition operator: `+?{2}?`"},
	{STR_INIT("a{1001}"), "invalid repeat count: `{1001}`"},
	{STR_INIT("a{2,1}"), "invalid repeat count: `{2,1}`"},
	{STR_INIT("a{1,1001}"), "invalid repeat count: `{1,1001}`"},
	{STR_INIT("a{1000000000}"), "invalid repeat count: `{1000000000}`"},
	{STR_INIT("a{99999999999999999999,}"), "invalid repeat count: `{99999999999999999999,}`"},
	{STR_INIT("(?:a{1000}){2}"), "invalid repeat count: `{2}`"},
	{STR_INIT("((a{10}){10}){11}"), "invalid repeat count: `{11}`"},
	{STR_INIT("(a{500}){3,}"), "invalid repeat count: `{3,}`"},
	{STR_INIT("(?:a{2,}){501}"), "invalid repeat count: `{501}`"},
	{STR_INIT("(x|a{100}b){11}"), "invalid repeat count: `{11}`"},
	{STR_INIT("(a{100}(b){3}){11}"), "invalid repeat count: `{11}`"},
	{STR_INIT("a{1000}(?i){2}"), "invalid repeat count: `{2}`"},
	{STR_INIT("["), "missing closing ]: `[`"},
	{STR_INIT("[a"), "missing closing ]: `[a`"},
	{STR_INIT("[]"), "missing closing ]: `[]`"},
	{STR_INIT("[]a"), "missing closing ]: `[]a`"},
	{STR_INIT("[^]"), "missing closing ]: `[^]`"},
	{STR_INIT("[^]a"), "missing closing ]: `[^]a`"},
	{STR_INIT("[a-"), "missing closing ]: `[a-`"},
	{STR_INIT("[[:word:]"), "missing closing ]: `[[:word:]`"},
	{STR_INIT("[z-a]"), "invalid character class range: `z-a`"},
	{STR_INIT("[\303\251-a]"), "invalid character class range: `\303\251-a`"},
	{STR_INIT("[a-[:digit:]]"), "invalid character class range: `a-[`"},
	{STR_INIT("[[:foo:]]"), "invalid character class range: `[:foo:]`"},
	{STR_INIT("[[:^foo:]a]"), "invalid character class range: `[:^foo:]`"},
	{STR_INIT("[[::]]"), "invalid character class range: `[::]`"},
	{STR_INIT("[a-\\d]"), "invalid escape sequence: `\\d`"},
	{STR_INIT("[\\d-\\z]"), "invalid escape sequence: `\\z`"},
	{STR_INIT("[\\b]"), "invalid escape sequence: `\\b`"},
	{STR_INIT("[\\A]"), "invalid escape sequence: `\\A`"},
	{STR_INIT("[\\Qa]"), "invalid escape sequence: `\\Q`"},
	{STR_INIT("[\\C]"), "invalid escape sequence: `\\C`"},
	{STR_INIT("[a\\"), "trailing backslash at end of expression: ``"},
	{STR_INIT("[\\"), "trailing backslash at end of expression: ``"},
	{STR_INIT("\\"), "trailing backslash at end of expression: ``"},
	{STR_INIT("a\\"), "trailing backslash at end of expression: ``"},
	{STR_INIT("\\1"), "invalid escape sequence: `\\1`"},
	{STR_INIT("(a)\\1"), "invalid escape sequence: `\\1`"},
	{STR_INIT("\\8"), "invalid escape sequence: `\\8`"},
	{STR_INIT("\\9"), "invalid escape sequence: `\\9`"},
	{STR_INIT("\\18"), "invalid escape sequence: `\\1`"},
	{STR_INIT("\\C"), "invalid escape sequence: `\\C`"},
	{STR_INIT("\\Z"), "invalid escape sequence: `\\Z`"},
	{STR_INIT("\\G"), "invalid escape sequence: `\\G`"},
	{STR_INIT("\\K"), "invalid escape sequence: `\\K`"},
	{STR_INIT("\\R"), "invalid escape sequence: `\\R`"},
	{STR_INIT("\\h"), "invalid escape sequence: `\\h`"},
	{STR_INIT("\\H"), "invalid escape sequence: `\\H`"},
	{STR_INIT("\\X"), "invalid escape sequence: `\\X`"},
	{STR_INIT("\\N"), "invalid escape sequence: `\\N`"},
	{STR_INIT("\\V"), "invalid escape sequence: `\\V`"},
	{STR_INIT("\\E"), "invalid escape sequence: `\\E`"},
	{STR_INIT("\\e"), "invalid escape sequence: `\\e`"},
	{STR_INIT("\\cA"), "invalid escape sequence: `\\c`"},
	{STR_INIT("\\k<n>"), "invalid escape sequence: `\\k`"},
	{STR_INIT("\\g1"), "invalid escape sequence: `\\g`"},
	{STR_INIT("\\\303\251"), "invalid escape sequence: `\\\303\251`"},
	{STR_INIT("\\y"), "invalid escape sequence: `\\y`"},
	{STR_INIT("\\u0041"), "invalid escape sequence: `\\u`"},
	{STR_INIT("\\x"), "invalid escape sequence: `\\x`"},
	{STR_INIT("\\x4"), "invalid escape sequence: `\\x4`"},
	{STR_INIT("\\xg1"), "invalid escape sequence: `\\xg1`"},
	{STR_INIT("\\x4g"), "invalid escape sequence: `\\x4g`"},
	{STR_INIT("\\x{"), "invalid escape sequence: `\\x{`"},
	{STR_INIT("\\x{}"), "invalid escape sequence: `\\x{}`"},
	{STR_INIT("\\x{41"), "invalid escape sequence: `\\x{41`"},
	{STR_INIT("\\x{4g}"), "invalid escape sequence: `\\x{4g`"},
	{STR_INIT("\\x{110000}"), "invalid escape sequence: `\\x{110000`"},
	{STR_INIT("\\x{-1}"), "invalid escape sequence: `\\x{-`"},
	{STR_INIT("\\p"), "invalid character class range: `\\p`"},
	{STR_INIT("\\P"), "invalid character class range: `\\P`"},
	{STR_INIT("\\pX"), "invalid character class range: `\\pX`"},
	{STR_INIT("\\p\303\251"), "invalid character class range: `\\p\303\251`"},
	{STR_INIT("\\p-"), "invalid character class range: `\\p-`"},
	{STR_INIT("\\p^"), "invalid character class range: `\\p^`"},
	{STR_INIT("\\p{"), "invalid character class range: `\\p{`"},
	{STR_INIT("\\p{}"), "invalid character class range: `\\p{}`"},
	{STR_INIT("\\p{^}"), "invalid character class range: `\\p{^}`"},
	{STR_INIT("\\p{Foo}"), "invalid character class range: `\\p{Foo}`"},
	{STR_INIT("\\P{foo}"), "invalid character class range: `\\P{foo}`"},
	{STR_INIT("[\\p{Foo}]"), "invalid character class range: `\\p{Foo}`"},
	{STR_INIT("\\p{Greek"), "invalid character class range: `\\p{Greek`"},
	{STR_INIT("\\p{L&}"), "invalid character class range: `\\p{L&}`"},
	{STR_INIT("\\p{Grek}"), "invalid character class range: `\\p{Grek}`"},
	{STR_INIT("\\p{sc:Greek}"), "invalid character class range: `\\p{sc:Greek}`"},
	{STR_INIT("a\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("\303"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("[\377]"), "invalid UTF-8: `\357\277\275]`"},
	{STR_INIT("[a-\377]"), "invalid UTF-8: `\357\277\275]`"},
	{STR_INIT("\\\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("\\x\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("\\x1\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("\\x{\377}"), "invalid UTF-8: `\357\277\275}`"},
	{STR_INIT("\\pL\\p\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("\\p{\377}"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("(?P<\377>a)"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("(?P<\377"), "invalid UTF-8: `\357\277\275`"},
	{STR_INIT("(?\377)"), "invalid UTF-8: `\357\277\275)`"},
	{STR_INIT("\355\240\200"), "invalid UTF-8: `\357\277\275\357\277\275\357\277\275`"},
	/* clang-format on */
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	struct regexp *regexp = NULL;
	CLEANUP(buf_clear) struct buf want = {0};
	struct err err = {0};

	buf_printf(&want, "error parsing regexp: %s", c->want);
	assert_false(regexp_parse(c->in, &regexp, &err));
	assert_string_equal(err.msg, buf_cstr(&want));
	assert_int_equal(err.code, ERR_INVALID);
	assert_null(regexp);
}

static struct regexp *parsed(const char *pattern)
{
	struct regexp *regexp = NULL;
	struct err err = {0};

	assert_true(regexp_parse(str_of(pattern), &regexp, &err));
	return regexp;
}

static bool repeated_parses(const char *part, size_t count, const char *end, struct err *err)
{
	CLEANUP(regexp_free_at) struct regexp *regexp = NULL;
	CLEANUP(buf_clear) struct buf pattern = {0};

	for (size_t i = 0; i < count; i++)
		buf_puts(&pattern, part);
	for (size_t i = 0; *end && i < count; i++)
		buf_puts(&pattern, end);
	return regexp_parse(buf_str(&pattern), &regexp, err);
}

static void test_limits(void **state)
{
	struct err err = {0};

	(void)state;
	assert_true(repeated_parses("a", REGEXP_BYTES_MAX, "", &err));
	assert_false(repeated_parses("a", REGEXP_BYTES_MAX + 1, "", &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_true(repeated_parses("(", 250, ")", &err));
	assert_false(repeated_parses("(", 251, ")", &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(strncmp(err.msg, "error parsing regexp: expression nests too deeply: `(((", 55), 0);
	assert_true(repeated_parses("a*(?i)*", 500, "", &err));
	assert_false(repeated_parses("(abcdefgh){1000}", 200, "", &err)); /* more than PCRE2 compiles */
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "expression too large"));
}

static void test_properties(void **state)
{
	(void)state;
	regexp_free(parsed("\\p{Lu}\\P{Ll}[\\p{Lt}][\\PLx](?i:[\\pL]\\PL[\\PLx])"));
	regexp_free(parsed("\\p{Old_Italic}\\p{olditalic}\\p{SignWriting}")); /* which Go lost in 1.25 */
	regexp_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits), cmocka_unit_test(test_properties)};
	int failed = RUN_ROWS(error_cases, test_error);

	return failed + cmocka_run_group_tests_name("regexp_error", tests, NULL, NULL);
}
