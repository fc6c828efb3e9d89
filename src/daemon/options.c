/* SPDX-License-Identifier: Apache-2.0 */
#include "options_table.h"

#include <arpa/inet.h>
#include <math.h>

#include "base/arena.h"
#include "text/distance.h"
#include "text/duration.h"
#include "text/number.h"
#include "text/url.h"

enum { NAME_MAX_BYTES = 64, NS_A_MS = 1000000, URL_MAX_BYTES = 65536 };

static void *field(struct options *options, const struct option *option)
{
	return (char *)options + option->offset;
}

/* ---- names */

/* klog's own flags have underscores, the API server's copies of them dashes. */
static char name_byte(char c)
{
	return c == '_' ? '-' : c;
}

static bool is_name(const struct option *option, struct str name)
{
	const char *own = option->flag + 2;

	for (size_t i = 0; i < name.len; i++)
		if (own[i] != name_byte(name.ptr[i])) /* also at its end: no name has a NUL */
			return false;
	return own[name.len] == '\0';
}

static const struct option *find_name(struct str name)
{
	for (size_t i = 0; i < options_table_count; i++)
		if (is_name(&options_table[i], name))
			return &options_table[i];
	return NULL;
}

static const struct option *find_letter(char letter)
{
	for (size_t i = 0; i < options_table_count; i++)
		if (options_table[i].letter == letter)
			return &options_table[i];
	return NULL;
}

/* The shortest flag that begins so; else the nearest, of which at most a third may differ. NULL: none is near. */
static const char *nearest(struct str name)
{
	const char *front = NULL;
	const char *near = NULL;
	size_t front_length = SIZE_MAX;
	size_t near_distance = name.len / 3 + 1;
	char bytes[NAME_MAX_BYTES];
	struct str dashed = {bytes, name.len};

	CHECK(name.len <= sizeof(bytes));
	for (size_t i = 0; i < name.len; i++)
		bytes[i] = name_byte(name.ptr[i]);
	for (size_t i = 0; i < options_table_count; i++) {
		struct str own = str_of(options_table[i].flag + 2);
		size_t far = distance_between(dashed, own, name_byte, SIZE_MAX);

		if (str_starts(own, dashed) && own.len < front_length) {
			front = options_table[i].flag;
			front_length = own.len;
		}
		if (far < near_distance) {
			near = options_table[i].flag;
			near_distance = far;
		}
	}
	return front != NULL ? front : near;
}

/* The value behind '=' may be a secret of a flag that was only misspelt: it is not repeated. */
static bool unknown_flag(struct str argument, struct err *err)
{
	struct str shown = str_slice(argument, 0, str_index(argument, '='));
	struct str name = str_slice(shown, str_starts(shown, STR("--")) ? 2 : 1, shown.len);
	const char *near = name.len > 0 && name.len <= NAME_MAX_BYTES ? nearest(name) : NULL;

	if (near == NULL)
		return err_set(err, ERR_INVALID,
			       "unknown flag: %.*s (it means nothing here, nor to prometheus-adapter; leave it out, or "
			       "see --help)",
			       STR_ARG(shown));
	return err_set(err, ERR_INVALID, "unknown flag: %.*s (did you mean %s?)", STR_ARG(shown), near);
}

/* ---- values */

static void mark_unused(struct options *options, const struct option *option)
{
	for (size_t i = 0; i < options->unused.count; i++)
		if (options->unused.items[i] == option->flag)
			return;
	options_list_add(&options->unused, option->flag);
}

/* The words of Go's strconv.ParseBool. */
static bool read_bool(const struct option *option, const char *text, bool *ret_value, struct err *err)
{
	static const char *const words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
						{"1", "t", "T", "true", "TRUE", "True"}};

	for (size_t truth = 0; truth < 2; truth++) {
		for (size_t i = 0; i < COUNT_OF(words[truth]); i++) {
			if (strcmp(text, words[truth][i]) == 0) {
				*ret_value = truth;
				return true;
			}
		}
	}
	return err_set(err, ERR_INVALID, "%s: \"%s\" is neither true nor false", option->flag, text);
}

static bool read_integer(const struct option *option, const char *text, int64_t *ret_value, struct err *err)
{
	int64_t value = 0;
	bool valid = *text != '\0';

	for (const char *c = text; valid && *c != '\0'; c++) {
		valid = *c >= '0' && *c <= '9' && value <= option->max;
		value = valid ? value * 10 + (*c - '0') : value;
	}
	if (!valid || value < option->min || value > option->max)
		return err_set(err, ERR_INVALID, "%s: \"%s\" is no whole number from %lld to %lld", option->flag, text,
			       (long long)option->min, (long long)option->max);
	*ret_value = value;
	return true;
}

static bool read_duration(const struct option *option, const char *text, int64_t *ret_ms, struct err *err)
{
	int64_t ns = 0;

	if (!duration_parse_go(str_of(text), &ns, err))
		return err_wrap(err, "%s: a duration is written as 90s, 1m30s or 500ms", option->flag);
	if (ns < 0)
		return err_set(err, ERR_INVALID, "%s: \"%s\" is negative", option->flag, text);
	if (ns / NS_A_MS < option->min || (ns > 0 && ns < NS_A_MS))
		return err_set(err, ERR_INVALID, "%s: \"%s\" is too short, 1ms is the least", option->flag, text);
	*ret_ms = ns / NS_A_MS;
	return true;
}

static bool read_choice(const struct option *option, const char *text, size_t *ret_choice, struct err *err)
{
	CLEANUP(buf_clear) struct buf allowed = {0};

	for (size_t i = 0; option->choices[i] != NULL; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*ret_choice = i;
			return true;
		}
		if (option->choices[i][0] != '\0')
			buf_printf(&allowed, "%s%s", i > 0 ? ", " : "", option->choices[i]);
	}
	return err_set(err, ERR_INVALID, "%s: \"%s\" is none of %s", option->flag, text, buf_cstr(&allowed));
}

static bool set_number(struct options *options, const struct option *option, const char *text, struct err *err)
{
	int64_t value = 0;

	if (option->kind == OPTION_DURATION ? !read_duration(option, text, &value, err)
					    : !read_integer(option, text, &value, err))
		return false;
	if (option->kind == OPTION_PORT)
		*(uint16_t *)field(options, option) = (uint16_t)value;
	else
		*(int64_t *)field(options, option) = value;
	return true;
}

static bool read_number(const struct option *option, const char *text, double *ret_value, struct err *err)
{
	double value = 0;

	if (!number_parse_double(str_of(text), &value, err) || !isfinite(value))
		return err_set(err, ERR_INVALID, "%s: \"%s\" is no number", option->flag, text);
	*ret_value = value;
	return true;
}

static bool set_choice(struct options *options, const struct option *option, const char *text, struct err *err)
{
	size_t choice = 0;

	if (!read_choice(option, text, &choice, err))
		return false;
	if (option->kind == OPTION_EITHER)
		*(bool *)field(options, option) = choice == 1;
	else
		*(const char **)field(options, option) = option->choices[choice];
	return true;
}

static bool add_header(struct options *options, const struct option *option, const char *text, struct err *err)
{
	if (text[0] == '\0' || text[0] == '=')
		return err_set(err, ERR_INVALID, "%s: the name is missing; write name=value", option->flag);
	options_list_add(field(options, option), text);
	return true;
}

/* The same one twice would be asked twice when it fails. */
static bool add_url(struct text_list *list, const char *text)
{
	if (!list->given)
		options_list_clear(list);
	list->given = true;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	options_list_add(list, text);
	return true;
}

/* Charts render flags without a value: an empty text is as good as none. Of two rules files only one would be read. */
static bool set_text(struct options *options, const struct option *option, const char *text, struct err *err)
{
	if (options->config && strcmp(option->flag, "--config") == 0)
		return err_set(err, ERR_INVALID,
			       "--config is given twice, as %.200s and %.200s; there is one rules file",
			       options->config, text);
	*(const char **)field(options, option) = text[0] == '\0' && option->preset == NULL ? NULL : text;
	return true;
}

static bool set_value(struct options *options, const struct option *option, const char *text, struct err *err)
{
	bool ignored = false;

	if (option_is_unused(option)) {
		if (option->kind == OPTION_BOOL && !read_bool(option, text, &ignored, err))
			return false;
		mark_unused(options, option);
		return true;
	}
	switch (option->kind) {
	case OPTION_TEXT:
		return set_text(options, option, text, err);
	case OPTION_BOOL:
		return read_bool(option, text, field(options, option), err);
	case OPTION_DURATION:
	case OPTION_INTEGER:
	case OPTION_PORT:
		return set_number(options, option, text, err);
	case OPTION_NUMBER:
		return read_number(option, text, field(options, option), err);
	case OPTION_LIST:
		return add_header(options, option, text, err);
	case OPTION_URLS:
		return add_url(field(options, option), text);
	case OPTION_SLICE:
		return options_list_add_slice(field(options, option), option, text, options->texts, err);
	case OPTION_SNI:
		return options_sni_add(options, option, text, err);
	case OPTION_CHOICE:
	case OPTION_EITHER:
		return set_choice(options, option, text, err);
	}
	CHECK(false); /* the table holds no other kinds */
	return false;
}

static void set_presets(struct options *options)
{
	struct err err = {0};

	for (size_t i = 0; i < options_table_count; i++) {
		if (options_table[i].preset == NULL)
			continue;
		CHECK(set_value(options, &options_table[i], options_table[i].preset, &err));
		if (options_table[i].kind == OPTION_SLICE || options_table[i].kind == OPTION_URLS)
			((struct text_list *)field(options, &options_table[i]))->given = false;
	}
}

/* ---- arguments */

struct arguments {
	char **rest;
	size_t count;
};

static const char *take_argument(struct arguments *arguments)
{
	if (arguments->count == 0)
		return NULL;
	arguments->count--;
	return *arguments->rest++;
}

/* `value`: what stands behind '=' or a letter; NULL: nothing does. A switch never takes the next argument. */
static bool set_given(struct options *options, const struct option *option, const char *value,
		      struct arguments *arguments, struct err *err)
{
	if (value == NULL)
		value = option->kind == OPTION_BOOL ? "true" : take_argument(arguments);
	if (value == NULL)
		return err_set(err, ERR_INVALID, "flag needs an argument: %s", option->flag);
	return set_value(options, option, value, err);
}

static bool read_long(struct options *options, const char *argument, struct arguments *arguments, struct err *err)
{
	struct str name = str_of(argument + 2);
	const char *equals = strchr(argument, '=');
	const struct option *option;

	if (equals != NULL)
		name.len = (size_t)(equals - argument) - 2;
	option = find_name(name);
	if (option == NULL)
		return unknown_flag(str_of(argument), err);
	return set_given(options, option, equals != NULL ? equals + 1 : NULL, arguments, err);
}

/* -v2, -v=2, -v 2; switches may be joined: -hv2. */
static bool read_letters(struct options *options, const char *argument, struct arguments *arguments, struct err *err)
{
	for (const char *letter = argument + 1; *letter != '\0'; letter++) {
		const struct option *option = find_letter(*letter);
		const char *value = letter[1] == '=' ? letter + 2 : letter[1] != '\0' ? letter + 1 : NULL;

		if (option == NULL)
			return unknown_flag(str_of(argument), err);
		if (option->kind != OPTION_BOOL || letter[1] == '=')
			return set_given(options, option, value, arguments, err);
		if (!set_given(options, option, NULL, arguments, err))
			return false;
	}
	return true;
}

static bool read_arguments(struct options *options, struct arguments *arguments, struct err *err)
{
	const char *argument;

	while (!options->help && (argument = take_argument(arguments)) != NULL) {
		if (strcmp(argument, "--") == 0)
			return true;
		if (argument[0] != '-' || argument[1] == '\0')
			continue; /* positional; charts pass the program's name a second time */
		if (argument[1] == '-' ? !read_long(options, argument, arguments, err)
				       : !read_letters(options, argument, arguments, err))
			return false;
	}
	return true;
}

/* ---- what must fit together */

static bool check_url(const char *text, struct err *err)
{
	struct arena *arena = arena_new(URL_MAX_BYTES);
	struct url url;
	bool valid = url_parse(str_of(text), arena, &url, err);

	arena_free(arena);
	return valid || err_wrap(err, "--prometheus-url");
}

static const char MANAGED_URL[] = "https://monitoring.googleapis.com/v1/projects/%s/location/global/prometheus";

static bool is_managed(const struct options *options)
{
	if (options->gmp_project || options->gmp_location || options->gmp_cluster)
		return true;
	for (size_t i = 0; i < options->prometheus_urls.count; i++)
		if (str_starts(str_of(options->prometheus_urls.items[i]), STR("https://monitoring.googleapis.com")))
			return true;
	return false;
}

/* "auto" in the URL is the project that we run in, which is known later. */
static void set_managed_url(struct options *options)
{
	CLEANUP(buf_clear) struct buf url = {0};
	struct str copy = {0};

	buf_printf(&url, MANAGED_URL, options->gmp_project ? options->gmp_project : "auto");
	CHECK(arena_copy(options->texts, buf_str(&url), &copy)); /* the arena has no maximum */
	(void)add_url(&options->prometheus_urls, copy.ptr);
}

/* One credential at a time. Only the old flags may stand beside each other as they may upstream. */
static bool check_credentials(struct options *options, struct err *err)
{
	const struct {
		const char *flag;
		bool given, ours;
	} flags[] = {
		{"--google-auth", options->google_auth != NULL, true},
		{"--aws-sigv4", options->aws_sigv4 != NULL, true},
		{"--prometheus-token-file", options->prometheus_token_file != NULL, false},
		{"--prometheus-auth-incluster", options->prometheus_auth_incluster, false},
		{"--prometheus-auth-config", options->prometheus_auth_config != NULL, false},
	};

	for (size_t i = 0; i < COUNT_OF(flags); i++)
		for (size_t j = i + 1; j < COUNT_OF(flags) && flags[i].ours; j++)
			if (flags[i].given && flags[j].given)
				return err_set(err, ERR_INVALID, "%s and %s exclude each other", flags[i].flag,
					       flags[j].flag);
	if (options->google_auth && !options->prometheus_urls.given)
		set_managed_url(options);
	options->managed = is_managed(options);
	return true;
}

static bool check_prometheus(const struct options *options, struct err *err)
{
	for (size_t i = 0; i < options->prometheus_urls.count; i++)
		if (!check_url(options->prometheus_urls.items[i], err))
			return false;
	if (options->prometheus_auth_incluster && options->prometheus_auth_config != NULL &&
	    options->prometheus_ca_file == NULL)
		return err_set(err, ERR_INVALID,
			       "--prometheus-auth-incluster and --prometheus-auth-config exclude each other");
	return true;
}

static bool check_ages(struct options *options, struct err *err)
{
	CLEANUP(buf_clear) struct buf ages = {0};

	if (options->metrics_max_age_ms == 0)
		options->metrics_max_age_ms = options->metrics_relist_interval_ms;
	if (options->metrics_max_age_ms >= options->metrics_relist_interval_ms)
		return true;
	buf_puts(&ages, "--metrics-max-age ");
	duration_write_go(&ages, options->metrics_max_age_ms * NS_A_MS); /* fits: it was ns */
	buf_puts(&ages, ", --metrics-relist-interval ");
	duration_write_go(&ages, options->metrics_relist_interval_ms * NS_A_MS);
	return err_set(err, ERR_INVALID, "%s: max age must not be less than relist interval", buf_cstr(&ages));
}

/* 127.0.0.0/8, ::1, and the former as an IPv6 address. False: `address` is none at all. */
static bool read_address(const char *address, bool *ret_loopback)
{
	static const unsigned char mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
	static const unsigned char loopback[16] = {[15] = 1};
	unsigned char bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1) {
		*ret_loopback = bytes[0] == 127;
		return true;
	}
	if (inet_pton(AF_INET6, address, bytes) != 1)
		return false;
	*ret_loopback = memcmp(bytes, loopback, sizeof(loopback)) == 0 || memcmp(bytes, mapped, sizeof(mapped)) == 0;
	return true;
}

static bool check_address(struct options *options, struct err *err)
{
	bool loopback = false;

	if (options->standalone && !options->bind_address_given)
		options->bind_address = "127.0.0.1";
	if (!read_address(options->bind_address, &loopback))
		return err_set(err, ERR_INVALID, "--bind-address: \"%s\" is no IP address", options->bind_address);
	if (options->standalone_allow_remote && !options->standalone)
		return err_set(err, ERR_INVALID, "--standalone-allow-remote: only together with --standalone");
	if (options->standalone && !loopback && !options->standalone_allow_remote)
		return err_set(
			err, ERR_INVALID,
			"--standalone answers everybody, and --bind-address %s can be reached by others: bind to "
			"127.0.0.1, or add --standalone-allow-remote",
			options->bind_address);
	return true;
}

static bool check_tls(struct options *options, struct err *err)
{
	if ((options->tls_cert_file == NULL) != (options->tls_private_key_file == NULL))
		return err_set(err, ERR_INVALID,
			       "%s is missing: --tls-cert-file and --tls-private-key-file belong together",
			       options->tls_cert_file ? "--tls-private-key-file" : "--tls-cert-file");
	if (strcmp(options->tls_min_version, "VersionTLS13") != 0)
		options->tls_min_version = "VersionTLS12"; /* older versions are broken, RFC 8996 */
	return true;
}

static bool check_paths(const struct text_list *paths, struct err *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		struct str path = str_of(paths->items[i]);

		if (str_index(path, '*') + 1 < path.len)
			return err_set(err, ERR_INVALID,
				       "--authorization-always-allow-paths: \"%s\" has a * that is not at its end",
				       paths->items[i]);
	}
	return true;
}

static bool check(struct options *options, struct err *err)
{
	if (options->config == NULL && !options->gke_names)
		return err_set(err, ERR_INVALID, "--config is required: the path of the rules file");
	return check_credentials(options, err) && check_prometheus(options, err) && check_ages(options, err) &&
	       check_address(options, err) && check_tls(options, err) && check_paths(&options->always_allow_paths, err);
}

bool options_parse(int argc, char **argv, struct options *ret_options, struct err *err)
{
	CLEANUP(options_clear) struct options options = {.texts = arena_new(0)};
	struct arguments arguments = {argc > 1 ? argv + 1 : argv, argc > 1 ? (size_t)argc - 1 : 0};
	const char *preset_address;

	set_presets(&options);
	preset_address = options.bind_address;
	if (!read_arguments(&options, &arguments, err))
		return false;
	options.bind_address_given = options.bind_address != preset_address;
	if (!options.help && !options.version && !check(&options, err))
		return false;
	*ret_options = options;
	options = (struct options){0};
	return true;
}

void options_clear(struct options *options)
{
	options_list_clear(&options->prometheus_urls);
	options_list_clear(&options->prometheus_headers);
	options_list_clear(&options->prometheus_header_files);
	options_list_clear(&options->prometheus_header_envs);
	options_list_clear(&options->unused);
	options_list_clear(&options->tls_cipher_suites);
	options_list_clear(&options->always_allow_paths);
	options_list_clear(&options->requestheader_allowed_names);
	options_list_clear(&options->requestheader_username_headers);
	options_list_clear(&options->requestheader_group_headers);
	options_list_clear(&options->requestheader_extra_headers_prefix);
	options_list_clear(&options->requestheader_uid_headers);
	options_sni_clear(options);
	arena_free(options->texts);
	*options = (struct options){0};
}
