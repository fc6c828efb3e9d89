/* SPDX-License-Identifier: Apache-2.0 */
#include "../rows.h"
#include "text/regexp.h"

/* What Go 1.26's regexp package finds; NULL: nothing. */
static struct match_case {
	struct str pattern, text;
	const char *as;
	size_t groups;
	const char *want;
} match_cases[] = {
	/* clang-format off */
	{STR_INIT("^http_.*$"), STR_INIT("http_x"), "$0", 0, "http_x"},
	{STR_INIT("^http_.*$"), STR_INIT("grpc_y"), "$0", 0, NULL},
	{STR_INIT("http_[a-z]+"), STR_INIT("my_http_requests_total"), "$0", 0, "http_requests"},
	{STR_INIT("^(.*)_(total|count)$"), STR_INIT("foo_total"), "$0|${1}|${2}", 2, "foo_total|foo|total"},
	{STR_INIT("^(.*)_total$"), STR_INIT("http_requests_total"), "${1}_per_second", 1, "http_requests_per_second"},
	{STR_INIT("^(.*)_total$"), STR_INIT("http_requests_total"), "$1_per_second", 1, ""},
	{STR_INIT("^(.*)_total$"), STR_INIT("a_total"), "$1-x", 1, "a-x"},
	{STR_INIT("^(?P<base>.*)_total$"), STR_INIT("http_requests_total"), "${base}_rate", 1, "http_requests_rate"},
	{STR_INIT("^(.*)_total$"), STR_INIT("a_total"), "$$1$1", 1, "$1a"},
	{STR_INIT("^(.*)_total$"), STR_INIT("a_total"), "x${2}y", 1, "xy"},
	{STR_INIT("^(.*)_total|^(.*)_count"), STR_INIT("b_count"), "$1$2", 2, "b"},
	{STR_INIT("^(.*)_total$"), STR_INIT("a_total"), "${1", 1, "${1"},
	{STR_INIT("^(.*)_total$"), STR_INIT("a_total"), "$1$", 1, "a$"},
	{STR_INIT("^(.*)_total"), STR_INIT("foo_total_bytes"), "${1}_per_second", 1, "foo_per_second"},
	{STR_INIT(""), STR_INIT("a"), "cheesy", 0, "cheesy"},
	{STR_INIT("(?i)^HTTP_(.*)$"), STR_INIT("http_x"), "$1", 1, "x"},
	{STR_INIT("^container_"), STR_INIT("container_cpu"), "$0", 0, "container_"},
	{STR_INIT("_total$"), STR_INIT("container_cpu_total"), "$0", 0, "_total"},
	{STR_INIT("_total$"), STR_INIT("container_cpu"), "$0", 0, NULL},
	{STR_INIT("^\\p{L}+$"), STR_INIT("abc"), "$0", 0, "abc"},
	{STR_INIT("^\\p{L}+$"), STR_INIT("abc1"), "$0", 0, NULL},
	{STR_INIT("^vllm:(.*)$"), STR_INIT("vllm:num_requests_waiting"), "vllm_$1", 1, "vllm_num_requests_waiting"},
	{STR_INIT("^(?P<name>.+?)_(?P<unit>seconds|bytes)_total$"), STR_INIT("process_cpu_seconds_total"), "${name}-${unit}", 2, "process_cpu-seconds"},
	{STR_INIT("(a)(b)?"), STR_INIT("a"), "<$0|$1|$2|$3>", 2, "<a|a||>"},
	{STR_INIT("(a)"), STR_INIT("a"), "${01}|$01|${0}|${00}", 1, "||a|"},
	{STR_INIT("(?P<01>a)"), STR_INIT("a"), "$01|${01}|$1", 1, "a|a|a"},
	{STR_INIT("(?P<1a>x)"), STR_INIT("x"), "$1a|${1a}|${1}a", 1, "x|x|xa"},
	{STR_INIT("(?P<n>a)|(?P<n>b)"), STR_INIT("b"), "$n", 2, "b"},
	{STR_INIT("(?P<n>a)?(?P<n>b)"), STR_INIT("ab"), "$n", 2, "a"},
	{STR_INIT("(a)"), STR_INIT("a"), "$\303\251|${\303\251}|$1\303\251|${1}\303\251", 1, "|||a\303\251"},
	{STR_INIT("(a)"), STR_INIT("a"), "$1\331\243|$1\302\262|$1-", 1, "|a\302\262|a-"},
	{STR_INIT("(a)"), STR_INIT("a"), "$|$-|$ 1|${}|${-}|${1 }|${1", 1, "$|$-|$ 1|${}|${-}|${1 }|${1"},
	{STR_INIT("(a)"), STR_INIT("a"), "$$$1$$$$", 1, "$a$$"},
	{STR_INIT("(a)"), STR_INIT("a"), "$100000000|$1000000000|$99999999999999999999", 1, "||"},
	{STR_INIT("(a)"), STR_INIT("a"), "$1\377|$\377|${1\377}", 1, "a\377|$\377|${1\377}"},
	{STR_INIT("(?P<name>a)"), STR_INIT("a"), "$name_x|$namex|$name-x|$Name", 1, "||a-x|"},
	{STR_INIT("a"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("(a)"), STR_INIT("b"), "$1", 1, NULL},
	{STR_INIT("a(\303\251+)"), STR_INIT("xa\303\251\303\251y"), "[$1]$0", 1, "[\303\251\303\251]a\303\251\303\251"},
	{STR_INIT("(.)(.)"), STR_INIT("a\377b"), "$2$1", 2, "\377a"},
	{STR_INIT("\303\251(.)"), STR_INIT("\377\303\251\376!"), "$1", 1, "\376"},
	{STR_INIT("(.*)!"), STR_INIT("\377\376!"), "$1", 1, "\377\376"},
	{STR_INIT("\\d+"), STR_INIT("a12\331\243"), "$0", 0, "12"},
	{STR_INIT("\\w+"), STR_INIT("\303\251_1a"), "$0", 0, "_1a"},
	{STR_INIT("\\s+"), STR_INIT("\013 \011\012\014\015"), "$0", 0, " \011\012\014\015"},
	{STR_INIT("\\S"), STR_INIT("\013"), "$0", 0, "\013"},
	{STR_INIT("\\W+"), STR_INIT("a\303\251-"), "$0", 0, "\303\251-"},
	{STR_INIT("\\D+"), STR_INIT("1\303\251\331\243"), "$0", 0, "\303\251\331\243"},
	{STR_INIT("[\\d_]+"), STR_INIT("a1_2"), "$0", 0, "1_2"},
	{STR_INIT("[^\\W_]+"), STR_INIT("_ab_"), "$0", 0, "ab"},
	{STR_INIT("[\\Wa]+"), STR_INIT("ba-a"), "$0", 0, "a-a"},
	{STR_INIT("[[:word:]]+"), STR_INIT("-a_1-"), "$0", 0, "a_1"},
	{STR_INIT("[[:^word:]]+"), STR_INIT("a-\303\251-"), "$0", 0, "-\303\251-"},
	{STR_INIT("[[:space:]]"), STR_INIT("\013"), "$0", 0, "\013"},
	{STR_INIT("[[:alpha:]1]+"), STR_INIT("1a\303\251"), "$0", 0, "1a"},
	{STR_INIT("[^[:alpha:]]+"), STR_INIT("a1\303\251"), "$0", 0, "1\303\251"},
	{STR_INIT("[[:alpha:]-z]+"), STR_INIT("-z"), "$0", 0, "-z"},
	{STR_INIT("[[:cntrl:]]"), STR_INIT("\000"), "$0", 0, "\000"},
	{STR_INIT("[[:^cntrl:]]"), STR_INIT("\000"), "$0", 0, NULL},
	{STR_INIT("[[:ascii:]]+"), STR_INIT("\303\251\000a"), "$0", 0, "\000a"},
	{STR_INIT("[[:punct:]]+"), STR_INIT("a^_`{"), "$0", 0, "^_`{"},
	{STR_INIT("[[:alpha]"), STR_INIT("["), "$0", 0, "["},
	{STR_INIT("[[:alpha]"), STR_INIT("z"), "$0", 0, NULL},
	{STR_INIT("[]a]+"), STR_INIT("]a"), "$0", 0, "]a"},
	{STR_INIT("[^]a]+"), STR_INIT("]ab"), "$0", 0, "b"},
	{STR_INIT("[a-]+"), STR_INIT("-a"), "$0", 0, "-a"},
	{STR_INIT("[-a]+"), STR_INIT("-a"), "$0", 0, "-a"},
	{STR_INIT("[a\\-z]+"), STR_INIT("b-z"), "$0", 0, "-z"},
	{STR_INIT("[a\\]]+"), STR_INIT("]a"), "$0", 0, "]a"},
	{STR_INIT("[\\x{41}-\\x{43}]+"), STR_INIT("ABCD"), "$0", 0, "ABC"},
	{STR_INIT("[\\n\\t]"), STR_INIT("\011"), "$0", 0, "\011"},
	{STR_INIT("[^\\n]+"), STR_INIT("\012a\012"), "$0", 0, "a"},
	{STR_INIT("[^a]"), STR_INIT("\012"), "$0", 0, "\012"},
	{STR_INIT("[^\\x00-\\x{10FFFF}]"), STR_INIT("a"), "$0", 0, NULL},
	{STR_INIT("[\\x{D800}-\\x{DFFF}]"), STR_INIT("a"), "$0", 0, NULL},
	{STR_INIT("[^\\x{D800}]"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("\\x{D800}*"), STR_INIT("a"), "$0", 0, ""},
	{STR_INIT("[\\x{D000}-\\x{E000}]"), STR_INIT("\356\200\200"), "$0", 0, "\356\200\200"},
	{STR_INIT("\\pN+"), STR_INIT("a1\331\243\302\262"), "$0", 0, "1\331\243\302\262"},
	{STR_INIT("\\PN+"), STR_INIT("1ab"), "$0", 0, "ab"},
	{STR_INIT("\\p{Greek}+"), STR_INIT("a\316\261\316\262"), "$0", 0, "\316\261\316\262"},
	{STR_INIT("\\p{^Greek}+"), STR_INIT("\316\261ab"), "$0", 0, "ab"},
	{STR_INIT("\\P{^Greek}+"), STR_INIT("a\316\261"), "$0", 0, "\316\261"},
	{STR_INIT("(?i)\\p{Lu}[\\p{Ll}]\\P{Lu}[^\\P{Ll}_]"), STR_INIT("aA_\303\211b"), "$0", 0, "aA_\303\211"},
	{STR_INIT("[\\p{Lu}_]+"), STR_INIT("aA_\303\211"), "$0", 0, "A_\303\211"},
	{STR_INIT("[\\PL]+"), STR_INIT("ab12"), "$0", 0, "12"},
	{STR_INIT("\\p{greek}"), STR_INIT("\316\261"), "$0", 0, "\316\261"},
	{STR_INIT("\\p{Uppercase_Letter}"), STR_INIT("A"), "$0", 0, "A"},
	{STR_INIT("\\p{upper-case letter}"), STR_INIT("A"), "$0", 0, "A"},
	{STR_INIT("\\p{Any}+"), STR_INIT("a\303\251\012"), "$0", 0, "a\303\251\012"},
	{STR_INIT("\\p{ASCII}+"), STR_INIT("\303\251ab"), "$0", 0, "ab"},
	{STR_INIT("\\P{ASCII}+"), STR_INIT("ab\303\251"), "$0", 0, "\303\251"},
	{STR_INIT("\\p{Assigned}"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("\\p{Cn}"), STR_INIT("\315\270"), "$0", 0, "\315\270"},
	{STR_INIT("\\p{lc}+"), STR_INIT("1aB\307\205"), "$0", 0, "aB\307\205"},
	{STR_INIT("\\pC"), STR_INIT("\315\270"), "$0", 0, "\315\270"},
	{STR_INIT("\\x41\\x{e9}\\101\\0"), STR_INIT("A\303\251A\000"), "$0", 0, "A\303\251A\000"},
	{STR_INIT("\\12"), STR_INIT("\012"), "$0", 0, "\012"},
	{STR_INIT("\\123"), STR_INIT("S"), "$0", 0, "S"},
	{STR_INIT("\\1234"), STR_INIT("S4"), "$0", 0, "S4"},
	{STR_INIT("\\400"), STR_INIT("\304\200"), "$0", 0, "\304\200"},
	{STR_INIT("\\08"), STR_INIT("\0008"), "$0", 0, "\0008"},
	{STR_INIT("\\x{10FFFF}"), STR_INIT("\364\217\277\277"), "$0", 0, "\364\217\277\277"},
	{STR_INIT("\\a\\f\\n\\r\\t\\v"), STR_INIT("\007\014\012\015\011\013"), "$0", 0, "\007\014\012\015\011\013"},
	{STR_INIT("\\_\\-\\ \\!\\/\\\"\\<\\{\\}\\#"), STR_INIT("_- !/\"<{}#"), "$0", 0, "_- !/\"<{}#"},
	{STR_INIT("\\Qa.b*\\E+"), STR_INIT("a.b**"), "$0", 0, "a.b**"},
	{STR_INIT("\\Qa.b"), STR_INIT("a.b"), "$0", 0, "a.b"},
	{STR_INIT("\\Q\\E\\Qa\\E\\Qb\\E"), STR_INIT("ab"), "$0", 0, "ab"},
	{STR_INIT("\\Q(\\"), STR_INIT("(\\"), "$0", 0, "(\\"},
	{STR_INIT("a\\Q\\E*"), STR_INIT("aaa"), "$0", 0, "aaa"},
	{STR_INIT("a.b#c d"), STR_INIT("a.b#c d"), "$0", 0, "a.b#c d"},
	{STR_INIT("\000"), STR_INIT("\000"), "$0", 0, "\000"},
	{STR_INIT("a{"), STR_INIT("a{"), "$0", 0, "a{"},
	{STR_INIT("a{,2}"), STR_INIT("a{,2}"), "$0", 0, "a{,2}"},
	{STR_INIT("a{01}"), STR_INIT("a{01}"), "$0", 0, "a{01}"},
	{STR_INIT("a{1,2"), STR_INIT("a{1,2"), "$0", 0, "a{1,2"},
	{STR_INIT("{"), STR_INIT("{"), "$0", 0, "{"},
	{STR_INIT("a}]"), STR_INIT("a}]"), "$0", 0, "a}]"},
	{STR_INIT("a$"), STR_INIT("a\012"), "$0", 0, NULL},
	{STR_INIT("(?m)a$"), STR_INIT("a\012"), "$0", 0, "a"},
	{STR_INIT("(?m)^b"), STR_INIT("a\012b"), "$0", 0, "b"},
	{STR_INIT("^b"), STR_INIT("a\012b"), "$0", 0, NULL},
	{STR_INIT("(?m)^$"), STR_INIT("a\012"), "$0", 0, ""},
	{STR_INIT("(?m)^\\z"), STR_INIT("a\012"), "$0", 0, ""},
	{STR_INIT("(?m)\\Ab"), STR_INIT("a\012b"), "$0", 0, NULL},
	{STR_INIT("a\\z"), STR_INIT("a\012"), "$0", 0, NULL},
	{STR_INIT("(?m)(a)$(?-m)\\n$"), STR_INIT("a\012"), "$0|${1}", 1, "a\012|a"},
	{STR_INIT("."), STR_INIT("\012"), "$0", 0, NULL},
	{STR_INIT("(?s)."), STR_INIT("\012"), "$0", 0, "\012"},
	{STR_INIT("(?s:.)a."), STR_INIT("\012a\012"), "$0", 0, NULL},
	{STR_INIT("(?s)a(?-s:.)b."), STR_INIT("a\012b\012"), "$0", 0, NULL},
	{STR_INIT("(?s)a(?-s:.)b."), STR_INIT("axb\012"), "$0", 0, "axb\012"},
	{STR_INIT("."), STR_INIT("\015"), "$0", 0, "\015"},
	{STR_INIT("(?m)$"), STR_INIT("a\015\012"), "[$0]", 0, "[]"},
	{STR_INIT("\\bab\\b"), STR_INIT("\303\251 ab-"), "$0", 0, "ab"},
	{STR_INIT("\\b"), STR_INIT("\303\251"), "$0", 0, NULL},
	{STR_INIT("\\Bb"), STR_INIT("ab"), "$0", 0, "b"},
	{STR_INIT("a\\b"), STR_INIT("a\303\251"), "$0", 0, "a"},
	{STR_INIT("^*a"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("\\b+a"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("(^)*(a)"), STR_INIT("a"), "$0|${1}|${2}", 2, "a||a"},
	{STR_INIT("$?a"), STR_INIT("a"), "$0", 0, "a"},
	{STR_INIT("(?i)k"), STR_INIT("\342\204\252"), "$0", 0, "\342\204\252"},
	{STR_INIT("(?i)\\x{212a}"), STR_INIT("k"), "$0", 0, "k"},
	{STR_INIT("(?i)s"), STR_INIT("\305\277"), "$0", 0, "\305\277"},
	{STR_INIT("(?i)\317\203"), STR_INIT("\317\202"), "$0", 0, "\317\202"},
	{STR_INIT("(?i)\303\251"), STR_INIT("\303\211"), "$0", 0, "\303\211"},
	{STR_INIT("(?i)\303\237"), STR_INIT("\341\272\236"), "$0", 0, "\341\272\236"},
	{STR_INIT("(?i)i"), STR_INIT("\304\260"), "$0", 0, NULL},
	{STR_INIT("(?i)[^k]"), STR_INIT("\342\204\252"), "$0", 0, NULL},
	{STR_INIT("(?i)[a-z]+"), STR_INIT("AB\305\277"), "$0", 0, "AB\305\277"},
	{STR_INIT("(?i)\\w+"), STR_INIT("\305\277"), "$0", 0, "\305\277"},
	{STR_INIT("(?i)\\W"), STR_INIT("\305\277"), "$0", 0, NULL},
	{STR_INIT("(?i)[\\Wx]"), STR_INIT("\342\204\252"), "$0", 0, NULL},
	{STR_INIT("\\w"), STR_INIT("\305\277"), "$0", 0, NULL},
	{STR_INIT("(?i)[[:lower:]]+"), STR_INIT("AB"), "$0", 0, "AB"},
	{STR_INIT("(?i)\\pL"), STR_INIT("\315\205"), "$0", 0, "\315\205"},
	{STR_INIT("\\pL"), STR_INIT("\315\205"), "$0", 0, NULL},
	{STR_INIT("(?i)\\PL"), STR_INIT("\315\205"), "$0", 0, NULL},
	{STR_INIT("(?i)\\p{Greek}"), STR_INIT("\302\265"), "$0", 0, "\302\265"},
	{STR_INIT("(?i)a(?-i)b"), STR_INIT("AB"), "$0", 0, NULL},
	{STR_INIT("(?i)a(?-i)b"), STR_INIT("Ab"), "$0", 0, "Ab"},
	{STR_INIT("(?i:a)b"), STR_INIT("Ab"), "$0", 0, "Ab"},
	{STR_INIT("(?i:a)b"), STR_INIT("AB"), "$0", 0, NULL},
	{STR_INIT("((?i)a)b"), STR_INIT("AB"), "$0|${1}", 1, NULL},
	{STR_INIT("((?i)a)b"), STR_INIT("Ab"), "$0|${1}", 1, "Ab|A"},
	{STR_INIT("a|(?i)b|c"), STR_INIT("C"), "$0", 0, "C"},
	{STR_INIT("(a(?i)b|c)d"), STR_INIT("Cd"), "$0|${1}", 1, "Cd|C"},
	{STR_INIT("(a(?i)b|c)d"), STR_INIT("CD"), "$0|${1}", 1, NULL},
	{STR_INIT("(?i-s:A.)"), STR_INIT("aB"), "$0", 0, "aB"},
	{STR_INIT("(?-i)A"), STR_INIT("a"), "$0", 0, NULL},
	{STR_INIT("a(?i)*B"), STR_INIT("aab"), "$0", 0, "aab"},
	{STR_INIT("a*(?i)*b"), STR_INIT("aaB"), "$0", 0, "aaB"},
	{STR_INIT("a*(?i)*(?-i)+(?i)?b"), STR_INIT("aaB"), "$0", 0, "aaB"},
	{STR_INIT("(?U)a+"), STR_INIT("aaa"), "$0", 0, "a"},
	{STR_INIT("(?U)a+?"), STR_INIT("aaa"), "$0", 0, "aaa"},
	{STR_INIT("(?U)a{1,2}"), STR_INIT("aaa"), "$0", 0, "a"},
	{STR_INIT("(?U:a+)a"), STR_INIT("aaa"), "$0", 0, "aa"},
	{STR_INIT("(?U)a(?-U)a*"), STR_INIT("aaa"), "$0", 0, "aaa"},
	{STR_INIT("a+?"), STR_INIT("aaa"), "$0", 0, "a"},
	{STR_INIT("a*?b"), STR_INIT("aab"), "$0", 0, "aab"},
	{STR_INIT("a??"), STR_INIT("a"), "[$0]", 0, "[]"},
	{STR_INIT("a{2}"), STR_INIT("aaa"), "$0", 0, "aa"},
	{STR_INIT("a{2,}"), STR_INIT("aaaa"), "$0", 0, "aaaa"},
	{STR_INIT("a{1,2}?"), STR_INIT("aaa"), "$0", 0, "a"},
	{STR_INIT("a{0}b"), STR_INIT("ab"), "$0", 0, "b"},
	{STR_INIT("(a){0}b"), STR_INIT("b"), "[$1]$0", 1, "[]b"},
	{STR_INIT("(?:ab){2}"), STR_INIT("xabab"), "$0", 0, "abab"},
	{STR_INIT("a|ab"), STR_INIT("ab"), "$0", 0, "a"},
	{STR_INIT("(a|ab)(c|bcd)"), STR_INIT("abcd"), "$0|${1}|${2}", 2, "abcd|a|bcd"},
	{STR_INIT("(a|b)*"), STR_INIT("abab"), "$0|${1}", 1, "abab|b"},
	{STR_INIT("(a)|(b)"), STR_INIT("b"), "$0|${1}|${2}", 2, "b||b"},
	{STR_INIT("()"), STR_INIT("a"), "[$1]", 1, "[]"},
	{STR_INIT("(|a)b"), STR_INIT("ab"), "$0|${1}", 1, "ab|a"},
	{STR_INIT("(|a)*b"), STR_INIT("aab"), "$0|${1}", 1, "aab|a"},
	{STR_INIT("(a*)*b"), STR_INIT("aab"), "$0|${1}", 1, "aab|aa"},
	{STR_INIT("(a|b*)*"), STR_INIT("ab"), "$0|${1}", 1, "ab|b"},
	{STR_INIT("(a*)+"), STR_INIT("aa"), "$0|${1}", 1, "aa|aa"},
	{STR_INIT("((a*)b*)*c"), STR_INIT("abbac"), "$0|${1}|${2}", 2, "abbac|a|a"},
	{STR_INIT("(?:(a|)+?)b"), STR_INIT("aab"), "$0|${1}", 1, "aab|a"},
	{STR_INIT("(a*){2}"), STR_INIT("aa"), "[$1]", 1, "[]"},
	{STR_INIT("(?:(a*)*){2}b"), STR_INIT("aab"), "[$1]$0", 1, "[]aab"},
	{STR_INIT("(x|)*$"), STR_INIT("ax"), "[$1]$0", 1, "[x]x"},
	{STR_INIT("(?P<n>(a?)*)(b)"), STR_INIT("aab"), "$n|$2|$3", 3, "aa|a|b"},
	{STR_INIT("(\\b|a)*-"), STR_INIT("aa-"), "$0|${1}", 1, "aa-|a"},
	{STR_INIT("x*"), STR_INIT("aaa"), "[$0]", 0, "[]"},
	{STR_INIT("(?:)"), STR_INIT("a"), "[$0]", 0, "[]"},
	{STR_INIT("a||b"), STR_INIT("b"), "[$0]", 0, "[]"},
	{STR_INIT("(a)(?:b)(?P<c>c)"), STR_INIT("abc"), "$0|${1}|${2}", 2, "abc|a|c"},
	{STR_INIT("((a)(b(c)))"), STR_INIT("abc"), "$0|${1}|${2}|${3}|${4}", 4, "abc|abc|a|bc|c"},
	{STR_INIT("(?<y>\\d{4})-(?P<m>\\d\\d)"), STR_INIT("on 2026-11"), "$m/$y", 2, "11/2026"},
	{STR_INIT("(?:a{1000}){1}"), STR_INIT("a"), "$0", 0, NULL},
	{STR_INIT("(?:a{0}){1000}b"), STR_INIT("b"), "$0", 0, "b"},
	{STR_INIT("(?:a?){3}a{3}"), STR_INIT("aaa"), "$0", 0, "aaa"},
	{STR_INIT(".*.*=.*"), STR_INIT("x=xx"), "$0", 0, "x=xx"},
	{STR_INIT("^(a+)+$"), STR_INIT("aaaaaaaaaa"), "$0|${1}", 1, "aaaaaaaaaa|aaaaaaaaaa"},
	{STR_INIT("(a*)+b"), STR_INIT("b"), "$0|${1}", 1, "b|"},
	{STR_INIT("(?:a*)*b"), STR_INIT("aab"), "$0", 0, "aab"},
	{STR_INIT("a.*b"), STR_INIT("axxbxxb"), "$0", 0, "axxbxxb"},
	{STR_INIT(".*?b"), STR_INIT("aab"), "$0", 0, "aab"},
	{STR_INIT("\303\251+"), STR_INIT("a\303\251\303\251"), "$0", 0, "\303\251\303\251"},
	{STR_INIT("(?:\303\251|a)+"), STR_INIT("\303\251a\303\251"), "$0", 0, "\303\251a\303\251"},
	{STR_INIT("\346\227\245\346\234\254?"), STR_INIT("\346\227\245"), "$0", 0, "\346\227\245"},
	/* clang-format on */
};

static void expect_match(const struct match_case *c, const struct regexp *regexp)
{
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};
	bool found = !c->want;

	assert_true(regexp_search(regexp, c->text, &found, &err));
	assert_int_equal(found, c->want != NULL);
	found = !c->want;
	buf_puts(&out, "before ");
	assert_true(regexp_expand(regexp, c->text, str_of(c->as), &found, &out, &err));
	assert_int_equal(found, c->want != NULL);
	assert_memory_equal(buf_cstr(&out), "before ", 7);
	assert_string_equal(buf_cstr(&out) + 7, c->want ? c->want : "");
}

static void test_match(void **state)
{
	const struct match_case *c = *state;
	CLEANUP(regexp_free_at) struct regexp *regexp = NULL;
	struct err err = {0};

	assert_true(regexp_parse(c->pattern, &regexp, &err));
	assert_int_equal(regexp_groups(regexp), c->groups);
	expect_match(c, regexp);
}

static struct regexp *parsed(const char *pattern)
{
	struct regexp *regexp = NULL;
	struct err err = {0};

	assert_true(regexp_parse(str_of(pattern), &regexp, &err));
	return regexp;
}

static struct group_case {
	const char *name, *pattern, *text, *group, *want; /* want NULL: took no part; text NULL: the empty text */
	bool found;
} group_cases[] = {
	{"group", "^kube_(?P<group>[a-z]+)_(?P<resource>[a-z]+)$", "kube_apps_deployments", "resource", "deployments",
	 true},
	{"group: empty", "a(?P<n>x*)", "ba", "n", "", true},
	{"group: in an empty text", "(?P<n>x*)", NULL, "n", "", true},
	{"group: took no part", "a(?P<n>x)?", "a", "n", NULL, true},
	{"group: unknown", "a(?P<n>x)", "ax", "m", NULL, true},
	{"group: no name is the empty name", "(a)", "a", "", NULL, true},
	{"group: a number is no name", "(a)", "a", "1", NULL, true},
	{"group: the last of a name", "(?P<n>a)(?P<n>b)", "ab", "n", "b", true},
	{"group: no match", "(?P<n>a)", "b", "n", NULL, false},
};

static void test_group(void **state)
{
	const struct group_case *c = *state;
	CLEANUP(regexp_free_at) struct regexp *regexp = parsed(c->pattern);
	struct str group = STR_INIT("before");
	struct err err = {0};
	bool found = !c->found;

	assert_true(regexp_group(regexp, str_of(c->text), c->group, &found, &group, &err));
	assert_int_equal(found, c->found);
	assert_int_equal(group.ptr != NULL, c->want != NULL);
	assert_true(str_eq(group, str_of(c->want)));
}

/* The group is a part of the text itself, also where the text is no UTF-8. */
static void test_group_is_lent(void **state)
{
	CLEANUP(regexp_free_at) struct regexp *regexp = parsed("b(?P<n>.+)d");
	static const char TEXT[] = "a\xff"
				   "bc\xfe"
				   "d";
	struct str group;
	struct err err;
	bool found;

	(void)state;
	assert_true(regexp_group(regexp, str_of(TEXT), "n", &found, &group, &err));
	assert_true(found);
	assert_ptr_equal(group.ptr, TEXT + 3);
	assert_int_equal(group.len, 2);
}

static void test_copies_the_pattern(void **state)
{
	char pattern[] = "(?P<name>a+)";
	CLEANUP(regexp_free_at) struct regexp *regexp = parsed(pattern);
	struct str group;
	struct err err;
	bool found;

	(void)state;
	memset(pattern, '#', sizeof(pattern) - 1);
	assert_true(regexp_group(regexp, STR("aa"), "name", &found, &group, &err));
	assert_true(str_eq(group, STR("aa")));
}

/* 40 of them are 2^40 ways for a search that goes back and forth. */
static struct hard_case {
	const char *name, *pattern, *text;
} hard_cases[] = {
	{"hard: nested repeats", "^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"},
	{"hard: alternatives", "^(?:a|aa|[a-b])+_(x|sum)$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_total"},
	{"hard: words", "^((?:[a-z]+_?)+)$", "http_requests_in_flight_of_some_service_per_secondX"},
	{"hard: optional ones", "^(?:a?){40}a{40}$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"},
};

/* What is not decided touches nothing, and says which pattern it was; from then on it is refused whatever the text. */
static void test_hard(void **state)
{
	const struct hard_case *c = *state;
	CLEANUP(regexp_free_at) struct regexp *regexp = parsed(c->pattern);
	struct str group = STR_INIT("before");
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};
	bool found = true;

	assert_true(regexp_search(regexp, STR("?"), &found, &err));
	assert_false(found);
	found = true;
	assert_false(regexp_search(regexp, str_of(c->text), &found, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, c->pattern));
	assert_non_null(strstr(err.msg, "took more than 50000 steps"));
	assert_false(regexp_group(regexp, STR("?"), "n", &found, &group, &err));
	assert_false(regexp_expand(regexp, STR("?"), STR("$0"), &found, &out, &err));
	assert_true(found && str_eq(group, STR("before")) && out.len == 0);
}

static void test_long_text(void **state)
{
	CLEANUP(regexp_free_at) struct regexp *regexp = parsed("^(.*)_(?:a|b)*_(total|count)$");
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};
	bool found = false;

	(void)state;
	buf_puts(&text, "x_");
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "ab");
	buf_puts(&text, "_total");
	assert_true(regexp_expand(regexp, buf_str(&text), STR("$1-$2"), &found, &out, &err));
	assert_true(found);
	assert_string_equal(buf_cstr(&out), "x-total");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group_is_lent),
		cmocka_unit_test(test_copies_the_pattern),
		cmocka_unit_test(test_long_text),
	};
	int failed =
		RUN_ROWS(match_cases, test_match) + RUN_ROWS(group_cases, test_group) + RUN_ROWS(hard_cases, test_hard);

	return failed + cmocka_run_group_tests_name("regexp", tests, NULL, NULL);
}
