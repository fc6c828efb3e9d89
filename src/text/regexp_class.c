/* SPDX-License-Identifier: Apache-2.0 */
/* Character classes: [...], \d, \pL, [:alpha:], and the escapes for one character. Everything is written as ranges and
   \p{..}, so that nothing depends on PCRE2's own idea of \s or \w. */
#include "regexp_class.h"

enum { LAST_CHARACTER = 0x10ffff };
enum { ASCII = 128, LONG_S = 0x17f, KELVIN = 0x212a }; /* the last two are S and K when case does not count */

static const struct ascii_set {
	const char *name;   /* behind \ in small letters, or between [: and :] */
	const char *ranges; /* pairs of first and last */
} PERL_SETS[] = {{"d", "09"}, {"s", "\t\n\f\r  "}, {"w", "09AZ__az"}}, POSIX_SETS[] = {
									       {"alnum", "09AZaz"},
									       {"alpha", "AZaz"},
									       {"ascii", "\x01\x7f"},
									       {"blank", "\t\t  "},
									       {"cntrl", "\x01\x1f\x7f\x7f"},
									       {"digit", "09"},
									       {"graph", "!~"},
									       {"lower", "az"},
									       {"print", " ~"},
									       {"punct", "!/:@[`{~"},
									       {"space", "\t\r  "},
									       {"upper", "AZ"},
									       {"word", "09AZ__az"},
									       {"xdigit", "09AFaf"},
};

/* Properties that are wider when case does not count, and those that their complements are within a class, which cannot leave
   out two things at once. With letters of one case come a few that have no other case: the tables that tell are not carried
   along, and names of metrics have none of these. */
static const struct fold {
	const char *name, *more, *complement;
} FOLDS[] = {
	{"L", "\\x{345}", "L"},
	{"M", "\\x{399}\\x{3b9}\\x{1fbe}", "M"},
	{"Mn", "\\x{399}\\x{3b9}\\x{1fbe}", "Mn"},
	{"sc:Common", "\\x{39c}\\x{3bc}", "sc:Common"},
	{"sc:Greek", "\\x{b5}\\x{345}", "sc:Greek"},
	{"sc:Inherited", "\\x{399}\\x{3b9}\\x{1fbe}", "sc:Inherited"},
	{"Ll", "\\p{Lu}\\p{Lt}\\x{345}", "L&"},
	{"Lt",
	 "\\x{1c4}\\x{1c6}\\x{1c7}\\x{1c9}\\x{1ca}\\x{1cc}\\x{1f1}\\x{1f3}\\x{1f80}-\\x{1f87}\\x{1f90}-\\x{1f97}"
	 "\\x{1fa0}-\\x{1fa7}\\x{1fb3}\\x{1fc3}\\x{1ff3}",
	 "Lt"},
	{"Lu", "\\p{Ll}\\p{Lt}\\x{345}", "L&"},
};

static const char CATEGORIES[] =
	"C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Any";

static const char SCRIPTS[] =
	"Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali "
	"Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian "
	"Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret "
	"Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian "
	"Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo "
	"Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian "
	"Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi "
	"Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic "
	"Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive "
	"Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari "
	"New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic "
	"Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya "
	"Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic "
	"Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo "
	"Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut "
	"Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi "
	"Zanabazar_Square";

static const struct alias {
	const char *name, *category;
} ALIASES[] = {
	{"LC", "L&"},
	{"Cased_Letter", "LC"},
	{"Close_Punctuation", "Pe"},
	{"Combining_Mark", "M"},
	{"Connector_Punctuation", "Pc"},
	{"Control", "Cc"},
	{"Currency_Symbol", "Sc"},
	{"Dash_Punctuation", "Pd"},
	{"Decimal_Number", "Nd"},
	{"Enclosing_Mark", "Me"},
	{"Final_Punctuation", "Pf"},
	{"Format", "Cf"},
	{"Initial_Punctuation", "Pi"},
	{"Letter", "L"},
	{"Letter_Number", "Nl"},
	{"Line_Separator", "Zl"},
	{"Lowercase_Letter", "Ll"},
	{"Mark", "M"},
	{"Math_Symbol", "Sm"},
	{"Modifier_Letter", "Lm"},
	{"Modifier_Symbol", "Sk"},
	{"Nonspacing_Mark", "Mn"},
	{"Number", "N"},
	{"Open_Punctuation", "Ps"},
	{"Other", "C"},
	{"Other_Letter", "Lo"},
	{"Other_Number", "No"},
	{"Other_Punctuation", "Po"},
	{"Other_Symbol", "So"},
	{"Paragraph_Separator", "Zp"},
	{"Private_Use", "Co"},
	{"Punctuation", "P"},
	{"Separator", "Z"},
	{"Space_Separator", "Zs"},
	{"Spacing_Mark", "Mc"},
	{"Surrogate", "Cs"},
	{"Symbol", "S"},
	{"Titlecase_Letter", "Lt"},
	{"Unassigned", "Cn"},
	{"Uppercase_Letter", "Lu"},
	{"cntrl", "Cc"},
	{"digit", "Nd"},
	{"punct", "P"},
};

/* A range of PCRE2 never begins or ends in the surrogates, which no text holds. */
static void put_range(struct buf *out, uint32_t low, uint32_t high)
{
	if (low >= 0xd800 && low <= 0xdfff)
		low = 0xe000;
	if (high >= 0xd800 && high <= 0xdfff)
		high = 0xd7ff;
	if (low > high)
		return;
	buf_printf(out, "\\x{%x}", (unsigned)low);
	if (high > low)
		buf_printf(out, "-\\x{%x}", (unsigned)high);
}

static void fold_case(bool *members)
{
	for (int c = 'a'; c <= 'z'; c++)
		members[c] = members[c - 'a' + 'A'] = members[c] || members[c - 'a' + 'A'];
}

/* The set, or all that is not in it, as ranges. The complement is that of the folded set, and closed under folding. */
static void put_ascii_set(struct regexp_gate *gate, const char *ranges, bool negative)
{
	bool members[ASCII] = {false};
	bool folds = gate->flags & FLAG_FOLD;

	for (; *ranges; ranges += 2)
		for (unsigned c = (unsigned char)ranges[0]; c <= (unsigned char)ranges[1]; c++)
			members[c] = true;
	members[0] = members[1]; /* a NUL cannot stand in the table; wherever it belongs U+0001 does too */
	if (folds)
		fold_case(members);
	for (uint32_t c = 0, from; c < ASCII; c++) {
		for (from = c; c < ASCII && members[c] != negative;)
			c++;
		if (c > from)
			put_range(&gate->out, from, c - 1);
	}
	if (!negative)
		return;
	if (!folds || !members['s']) { /* every set has both S and K or none of them */
		put_range(&gate->out, ASCII, LAST_CHARACTER);
		return;
	}
	put_range(&gate->out, ASCII, LONG_S - 1);
	put_range(&gate->out, LONG_S + 1, KELVIN - 1);
	put_range(&gate->out, KELVIN + 1, LAST_CHARACTER);
}

static const struct ascii_set *find_set(const struct ascii_set *sets, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(str_of(sets[i].name), name))
			return &sets[i];
	return NULL;
}

/* Property names match whatever their case, blanks, hyphens and underscores are. */
static bool next_letter(struct str *name, char *ret_letter)
{
	while (name->len) {
		char c = name->ptr[0];

		*name = str_slice(*name, 1, name->len);
		if (c == ' ' || c == '-' || c == '_')
			continue;
		*ret_letter = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		return true;
	}
	return false;
}

static bool same_property(struct str a, struct str b)
{
	char left;
	char right;

	while (next_letter(&a, &left))
		if (!next_letter(&b, &right) || left != right)
			return false;
	return !next_letter(&b, &right);
}

static bool find_in_list(const char *list, struct str name, struct str *ret_found)
{
	struct str rest = str_of(list);
	struct str word;

	while (str_split(&rest, ' ', &word))
		if (same_property(word, name)) {
			*ret_found = word;
			return true;
		}
	return false;
}

/* Appends what PCRE2 calls the property. Scripts by `sc:`, since alone they would mean the script extensions. */
static bool put_property_name(struct buf *out, struct str name)
{
	struct str found;

	if (find_in_list(CATEGORIES, name, &found)) {
		buf_put(out, found);
		return true;
	}
	if (find_in_list(SCRIPTS, name, &found)) {
		buf_puts(out, "sc:");
		buf_put(out, found);
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(ALIASES); i++)
		if (same_property(str_of(ALIASES[i].name), name)) {
			buf_puts(out, ALIASES[i].category);
			return true;
		}
	return false;
}

static const struct fold *find_fold(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(FOLDS); i++)
		if (str_eq(str_of(FOLDS[i].name), name))
			return &FOLDS[i];
	return NULL;
}

/* Where an item goes: into a class that is open, or alone, in a class of its own. */
enum surroundings { IN_CLASS, ALONE };

static bool put_property(struct regexp_gate *gate, struct str name, bool negative, enum surroundings where, size_t from)
{
	CLEANUP(buf_clear) struct buf property = {0};
	const struct fold *fold;

	if (same_property(name, STR("ASCII")) || same_property(name, STR("Assigned"))) {
		bool ascii = same_property(name, STR("ASCII"));

		buf_puts(&gate->out, where == ALONE ? "[" : "");
		if (ascii)
			put_ascii_set(gate, "\x01\x7f", negative);
		else
			buf_puts(&gate->out, negative ? "\\p{Cn}" : "\\P{Cn}");
		buf_puts(&gate->out, where == ALONE ? "]" : "");
		return true;
	}
	if (!put_property_name(&property, name))
		return regexp_gate_refuse(gate, "invalid character class range", from, gate->at);
	fold = gate->flags & FLAG_FOLD ? find_fold(buf_str(&property)) : NULL;
	if (fold && negative && where == IN_CLASS) {
		buf_printf(&gate->out, "\\P{%s}", fold->complement);
		return true;
	}
	if (where == ALONE)
		buf_puts(&gate->out, negative && fold ? "[^" : "[");
	buf_printf(&gate->out, negative && !fold ? "\\P{%s}" : "\\p{%s}", buf_cstr(&property));
	buf_puts(&gate->out, fold ? fold->more : "");
	buf_puts(&gate->out, where == ALONE ? "]" : "");
	return true;
}

/* At \p or \P. */
static bool read_property(struct regexp_gate *gate, enum surroundings where)
{
	size_t from = gate->at;
	bool negative = gate->pattern.ptr[from + 1] == 'P';
	struct str name;
	uint32_t character;

	gate->at += 2;
	if (regexp_gate_has(gate, gate->at, STR("{"))) {
		name = str_slice(gate->pattern, from + 3, gate->pattern.len);
		name.len = str_index(name, '}');
		gate->at += 1;
		if (!regexp_gate_skip(gate, from + 3 + name.len))
			return false;
		if (gate->at == gate->pattern.len)
			return regexp_gate_refuse(gate, "invalid character class range", from, gate->at);
		gate->at++;
	} else {
		if (!regexp_gate_next(gate, &character))
			return false;
		name = str_slice(gate->pattern, from + 2, gate->at);
	}
	if (name.len && name.ptr[0] == '^') {
		negative = !negative;
		name = str_slice(name, 1, name.len);
	}
	return put_property(gate, name, negative, where, from);
}

static bool read_class_escape(struct regexp_gate *gate, enum surroundings where, bool *ret_is)
{
	char letter = gate->at + 1 < gate->pattern.len ? gate->pattern.ptr[gate->at + 1] : '\0';
	char small = (char)(letter | 0x20);
	const struct ascii_set *set = find_set(PERL_SETS, COUNT_OF(PERL_SETS), (struct str){&small, 1});

	*ret_is = true;
	if (letter == 'p' || letter == 'P')
		return read_property(gate, where);
	if (set == NULL || letter == '\0') {
		*ret_is = false;
		return true;
	}
	gate->at += 2;
	buf_puts(&gate->out, where == ALONE ? "[" : "");
	put_ascii_set(gate, set->ranges, letter != small);
	buf_puts(&gate->out, where == ALONE ? "]" : "");
	return true;
}

bool regexp_class_read_escape(struct regexp_gate *gate, bool *ret_is)
{
	return read_class_escape(gate, ALONE, ret_is);
}

/* At a `[:` inside a class, which may also be just two characters. */
static bool read_named_set(struct regexp_gate *gate, bool *ret_is)
{
	size_t from = gate->at;
	size_t to = from + 2;
	bool negative = regexp_gate_has(gate, to, STR("^"));
	const struct ascii_set *set;

	while (to < gate->pattern.len && !regexp_gate_has(gate, to, STR(":]")))
		to++;
	*ret_is = to < gate->pattern.len;
	if (!*ret_is)
		return true;
	set = find_set(POSIX_SETS, COUNT_OF(POSIX_SETS), str_slice(gate->pattern, from + 2 + negative, to));
	gate->at = to + 2;
	if (set == NULL)
		return regexp_gate_refuse(gate, "invalid character class range", from, gate->at);
	put_ascii_set(gate, set->ranges, negative);
	return true;
}

static bool read_class_character(struct regexp_gate *gate, size_t class_from, uint32_t *ret_character)
{
	if (gate->at == gate->pattern.len)
		return regexp_gate_refuse(gate, "missing closing ]", class_from, gate->at);
	if (regexp_gate_has(gate, gate->at, STR("\\")))
		return regexp_class_read_character(gate, ret_character);
	return regexp_gate_next(gate, ret_character);
}

static bool read_range(struct regexp_gate *gate, size_t class_from)
{
	size_t from = gate->at;
	uint32_t low = 0;
	uint32_t high;

	if (!read_class_character(gate, class_from, &low))
		return false;
	high = low;
	if (regexp_gate_has(gate, gate->at, STR("-")) && gate->at + 1 < gate->pattern.len &&
	    !regexp_gate_has(gate, gate->at, STR("-]"))) {
		gate->at++;
		if (!read_class_character(gate, class_from, &high))
			return false;
		if (high < low)
			return regexp_gate_refuse(gate, "invalid character class range", from, gate->at);
	}
	put_range(&gate->out, low, high);
	return true;
}

static bool read_class_item(struct regexp_gate *gate, size_t class_from)
{
	bool is = false;

	if (regexp_gate_has(gate, gate->at, STR("[:")) && !read_named_set(gate, &is))
		return false;
	if (!is && regexp_gate_has(gate, gate->at, STR("\\")) && !read_class_escape(gate, IN_CLASS, &is))
		return false;
	return is || read_range(gate, class_from);
}

bool regexp_class_read(struct regexp_gate *gate)
{
	size_t from = gate->at;
	bool negative = regexp_gate_has(gate, from + 1, STR("^"));
	size_t items;

	gate->at += 1 + (size_t)negative;
	buf_puts(&gate->out, negative ? "[^" : "[");
	items = gate->out.len;
	do /* a ] in the first place is a character */
		if (!read_class_item(gate, from))
			return false;
	while (!regexp_gate_has(gate, gate->at, STR("]")));
	gate->at++;
	if (gate->out.len == items) { /* nothing but surrogates: no character, or any */
		gate->out.len -= 1 + (size_t)negative;
		buf_puts(&gate->out, negative ? "[\\x{0}-\\x{10ffff}" : "[^\\x{0}-\\x{10ffff}");
	}
	buf_putc(&gate->out, ']');
	return true;
}

static int hex_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (int)((c | 0x20) - 'a' + 10);
	return -1;
}

static bool bad_escape(struct regexp_gate *gate, size_t from)
{
	return regexp_gate_refuse(gate, "invalid escape sequence", from, gate->at);
}

/* Behind \x: two digits, or any number of them in braces. */
static bool read_hexadecimal(struct regexp_gate *gate, size_t from, uint32_t *ret_character)
{
	uint32_t c;
	uint32_t value = 0;
	int digits = 0;
	bool braces = regexp_gate_has(gate, gate->at, STR("{"));

	gate->at += braces;
	while (braces || digits < 2) {
		int digit;

		if (gate->at == gate->pattern.len)
			return bad_escape(gate, from);
		if (!regexp_gate_next(gate, &c))
			return false;
		if (braces && c == '}')
			break;
		digit = hex_value(c);
		/* without braces Go reads both before it looks at them */
		if (digit < 0 && !braces && digits == 0 && gate->at < gate->pattern.len && !regexp_gate_next(gate, &c))
			return false;
		if (digit < 0)
			return bad_escape(gate, from);
		value = value * 16 + (uint32_t)digit;
		if (value > LAST_CHARACTER)
			return bad_escape(gate, from);
		digits++;
	}
	if (digits == 0)
		return bad_escape(gate, from);
	*ret_character = value;
	return true;
}

/* Up to three octal digits, the first of which was read. A digit other than 0 alone would be a back-reference. */
static bool read_octal(struct regexp_gate *gate, size_t from, uint32_t first, uint32_t *ret_character)
{
	size_t start = gate->at;
	uint32_t value = first - '0';

	while (gate->at < gate->pattern.len && gate->at < start + 2) {
		char c = gate->pattern.ptr[gate->at];

		if (c < '0' || c > '7')
			break;
		value = value * 8 + (uint32_t)(c - '0');
		gate->at++;
	}
	if (first != '0' && gate->at == start)
		return bad_escape(gate, from);
	*ret_character = value;
	return true;
}

static bool is_alphanumeric(uint32_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool regexp_class_read_character(struct regexp_gate *gate, uint32_t *ret_character)
{
	static const char LETTERS[] = "afnrtv";
	static const char MEANINGS[] = "\a\f\n\r\t\v";
	size_t from = gate->at++;
	const char *letter;
	uint32_t c;

	if (gate->at == gate->pattern.len)
		return regexp_gate_refuse(gate, "trailing backslash at end of expression", gate->at, gate->at);
	if (!regexp_gate_next(gate, &c))
		return false;
	if (c >= '0' && c <= '7')
		return read_octal(gate, from, c, ret_character);
	if (c == 'x')
		return read_hexadecimal(gate, from, ret_character);
	letter = c && c < ASCII ? strchr(LETTERS, (int)c) : NULL;
	if (letter == NULL && (c >= ASCII || is_alphanumeric(c)))
		return bad_escape(gate, from);
	*ret_character = letter ? (uint32_t)MEANINGS[letter - LETTERS] : c;
	return true;
}
