/* SPDX-License-Identifier: Apache-2.0 */
/* Signed requests, before a server that computes AWS Signature Version 4 by itself and refuses what does not fit. */
#include "client_world.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

/* ---- the server's side of it */

struct aws {
	struct world *world;
	char secret[64], region[20]; /* what it takes */
	char why[200];		     /* the last one was refused; empty: it was not */
	char session[64];	     /* that came with it */
	char answer[2000];
	struct step step;
};

static void put_hex(char *out, const unsigned char *bytes)
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void hash(const char *text, size_t length, char *ret_hex)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned bytes = 0;

	assert_int_equal(EVP_Digest(text, length, digest, &bytes, EVP_sha256(), NULL), 1);
	put_hex(ret_hex, digest);
}

static void keyed(const void *key, size_t key_bytes, const char *text, unsigned char *ret_digest)
{
	unsigned bytes = 32;

	assert_non_null(
		HMAC(EVP_sha256(), key, (int)key_bytes, (const unsigned char *)text, strlen(text), ret_digest, &bytes));
}

/* The value of a header, trimmed; false: it is not there. */
static bool header(const char *request, const char *name, char *ret_value, size_t room)
{
	size_t length = strlen(name);

	for (const char *line = strstr(request, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':')
			continue;
		line += 3 + length;
		line += strspn(line, " ");
		snprintf(ret_value, room, "%.*s", (int)strcspn(line, "\r"), line);
		return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parameters in order, each with '='; what is not escaped as it must be is refused by who compares. */
static void canonical_query(char *query, char *out, size_t room)
{
	char *parts[20], *rest = NULL;
	size_t count = 0;

	for (char *part = strtok_r(query, "&", &rest); part && count < 20; part = strtok_r(NULL, "&", &rest))
		parts[count++] = part;
	qsort(parts, count, sizeof(parts[0]), by_text);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(out + strlen(out), room - strlen(out), "%s%s", i ? "&" : "", parts[i]);
}

static void canonical_request(const char *request, const char *signed_headers, char *out, size_t room)
{
	char target[2000], query[2000], names[200], value[1000], body[65], *rest = NULL;
	const char *space = strchr(request, ' '), *end = strstr(request, "\r\n\r\n") + 4;
	char *question;

	snprintf(target, sizeof(target), "%.*s", (int)strcspn(space + 1, " "), space + 1);
	question = strchr(target, '?');
	if (question)
		*question = '\0';
	canonical_query(question ? question + 1 : target + strlen(target), query, sizeof(query));
	snprintf(out, room, "%.*s\n%s\n%s\n", (int)(space - request), request, target, query);
	snprintf(names, sizeof(names), "%s", signed_headers);
	for (char *name = strtok_r(names, ";", &rest); name; name = strtok_r(NULL, ";", &rest)) {
		if (!header(request, name, value, sizeof(value)))
			snprintf(value, sizeof(value), "(was not sent)");
		snprintf(out + strlen(out), room - strlen(out), "%s:%s\n", name, value);
	}
	hash(end, strlen(end), body);
	snprintf(out + strlen(out), room - strlen(out), "\n%s\n%s", signed_headers, body);
}

static void signature(const struct aws *aws, const char *date, const char *canonical, char *ret_hex)
{
	char first[80], hex[65], text[400];
	unsigned char key[32], next[32];

	snprintf(first, sizeof(first), "AWS4%s", aws->secret);
	keyed(first, strlen(first), (snprintf(text, sizeof(text), "%.8s", date), text), key);
	keyed(key, 32, aws->region, next);
	keyed(next, 32, "aps", key);
	keyed(key, 32, "aws4_request", next);
	hash(canonical, strlen(canonical), hex);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%.8s/%s/aps/aws4_request\n%s", date, date, aws->region,
		 hex);
	keyed(next, 32, text, key);
	put_hex(ret_hex, key);
}

static const char *why_refused(struct aws *aws, const char *request)
{
	char value[600], date[40] = "", id[60] = "", scope[100] = "", names[200] = "", given[80] = "", wanted[65];
	static char canonical[8000];
	const char *credential, *query = strchr(request, '?');

	if (!header(request, "Authorization", value, sizeof(value)) || !header(request, "X-Amz-Date", date, 40))
		return "not signed";
	credential = strstr(value, "Credential=");
	if (credential == NULL ||
	    sscanf(credential, "Credential=%59[^/]/%99[^,], SignedHeaders=%199[^,], Signature=%79s", id, scope, names,
		   given) != 4)
		return "no such credential";
	if (strcmp(id, KEY_ID) != 0)
		return "another key";
	aws->session[0] = '\0';
	if (header(request, "X-Amz-Security-Token", aws->session, sizeof(aws->session)) &&
	    strstr(names, "x-amz-security-token") == NULL)
		return "the session's token is not signed";
	if (strstr(names, "host") == NULL || strstr(names, "x-amz-date") == NULL)
		return "too little is signed";
	if (query && query < strstr(request, "\r\n") && memchr(query, '+', strcspn(query, " ")))
		return "a space is not %20";
	canonical_request(request, names, canonical, sizeof(canonical));
	signature(aws, date, canonical, wanted);
	return strcmp(wanted, given) == 0 ? "" : "the signature does not match";
}

static const struct step *choose(void *context, const char *request)
{
	struct aws *aws = context;
	const char *why = why_refused(aws, request);
	const char *body = why[0] ? "{\"message\":\"The request signature we calculated does not match\"}"
			   : strstr(request, "/series") ? ONE_SERIES
							: ONE_SAMPLE;

	snprintf(aws->why, sizeof(aws->why), "%s", why);
	snprintf(aws->answer, sizeof(aws->answer), "HTTP/1.1 %s\r\n" JSON_TYPE "Content-Length: %zu\r\n\r\n%s",
		 why[0] ? "403 Forbidden" : "200 OK", strlen(body), body);
	aws->step = (struct step){aws->answer, KEEP, 0};
	return &aws->step;
}

static void aws_begin(struct aws *aws, struct world *world, const char *path, struct prom_options options)
{
	aws->world = world;
	snprintf(aws->secret, sizeof(aws->secret), "%s", SECRET);
	snprintf(aws->region, sizeof(aws->region), "eu-central-1");
	world->server.choose = choose;
	world->server.context = aws;
	options.aws_region = "eu-central-1";
	new_prom(world, "", path, options);
}

static void set_key(const char *id, const char *secret, const char *session, const char *file)
{
	setenv("AWS_ACCESS_KEY_ID", id, 1);
	setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
	setenv("AWS_SESSION_TOKEN", session, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", file, 1);
}

/* ---- requests */

/* One handle of curl sends them all: GET, a POST, and a GET after it. */
static void test_each_request_is_signed(void **state)
{
	struct world *world = *state;
	struct aws aws = {0};
	char large[6000];

	set_key(KEY_ID, SECRET, "", "");
	aws_begin(&aws, world, "/workspaces/ws-1", usual());
	query(world);
	assert_string_equal(aws.why, "");
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_int_equal(strncmp(asked(world), "GET /workspaces/ws-1/api/v1/query?query=up%7B", 44), 0);
	snprintf(large, sizeof(large), "sum(up{a=\"%05000d\"}) + 1", 7);
	(void)start_query(world, large, 1565786045323, 30000);
	loop_run(world->loop);
	assert_string_equal(aws.why, "");
	assert_int_equal(strncmp(asked(world), "POST /workspaces/ws-1/api/v1/query ", 35), 0);
	query(world);
	assert_string_equal(aws.why, "");
	series(world);
	assert_string_equal(aws.why, "");
	assert_int_equal(world->problem.fault, UPSTREAM_OK);
	assert_string_equal(aws.session, "");
}

static void test_parameters_of_the_url_are_sorted(void **state)
{
	struct world *world = *state;
	struct aws aws = {0};

	set_key(KEY_ID, SECRET, "", "");
	aws_begin(&aws, world, "/w?z=1&flag&a=b+c", usual());
	query(world);
	assert_string_equal(aws.why, "");
	assert_contains(str_of(asked(world)), "/w/api/v1/query?a=b%20c&flag=&query=up");
}

static void test_token_of_a_session(void **state)
{
	struct world *world = *state;
	struct aws aws = {0};

	set_key(KEY_ID, SECRET, "IQoJb3JpZ2luX2VjE", "");
	aws_begin(&aws, world, "/w", usual());
	query(world);
	assert_string_equal(aws.why, "");
	assert_string_equal(aws.session, "IQoJb3JpZ2luX2VjE");
}

static void test_refused(void **state)
{
	struct world *world = *state;
	struct aws aws = {0};

	set_key(KEY_ID, "another/secret", "", "");
	aws_begin(&aws, world, "/w", usual());
	query(world);
	assert_string_equal(aws.why, "the signature does not match");
	assert_int_equal(world->problem.status, 403);
	assert_string_equal(world->problem.credential, "--aws-sigv4");
	assert_contains(str_of(world->problem.text),
			"answered 403 to access key " KEY_ID " (environment): The request");
}

/* ---- the file */

static void write_file(struct world *world, const char *text)
{
	FILE *file;

	if (world->file[0] == '\0') {
		snprintf(world->file, sizeof(world->file), "/tmp/gaugelet-aws-XXXXXX");
		close(mkstemp(world->file));
	}
	file = fopen(world->file, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_key_of_a_file(void **state)
{
	struct world *world = *state;
	struct aws aws = {0};

	write_file(world, "[other]\naws_access_key_id=x\naws_secret_access_key=y\n[default]\n# a remark\n"
			  "aws_access_key_id = " KEY_ID "\naws_secret_access_key = old-secret \nregion = nowhere\n"
			  "aws_session_token = t1\n");
	set_key("", "", "", world->file);
	aws_begin(&aws, world, "/w", usual());
	query(world);
	assert_string_equal(aws.why, "the signature does not match");
	write_file(world, "[default]\naws_access_key_id = " KEY_ID "\naws_secret_access_key = " SECRET "\n");
	query(world);
	assert_string_equal(aws.why, "");
	assert_string_equal(aws.session, "");
	write_file(world, "[default]\n"); /* half written, for one: the key before stays */
	query(world);
	assert_string_equal(aws.why, "");
}

/* ---- what is wrong at the start */

static struct wrong_case {
	const char *name, *region, *id, *secret, *file, *says;
} wrong_cases[] = {
	{"no key", "eu-west-1", "", "", "", "--aws-sigv4: the environment (AWS_ACCESS_KEY_ID"},
	{"half a key", "eu-west-1", "a", "", "", "has no secret access key"},
	{"two lines", "eu-west-1", "a", "b\nc", "", "has a character that no key has"},
	{"no file", "eu-west-1", "", "", "/nowhere/key", "--aws-sigv4: /nowhere/key: No such file"},
	{"no such profile", "eu-west-1", "", "", "/dev/null", "/dev/null, profile default, has no access key id"},
	{"no region", "", "a", "b", "", "--aws-sigv4: the region is missing"},
	{"a URL as region", "https://x", "a", "b", "", "--aws-sigv4: \"eu-central-1\", for one, is a region"},
};

static void test_wrong(void **state)
{
	const struct wrong_case *c = *state;
	struct err err = {0};
	struct loop *loop = loop_new(&err);
	struct prom_options options = usual();

	set_key(c->id, c->secret, "", c->file);
	options.url = "http://p";
	options.aws_region = c->region;
	assert_null(prom_new(loop, &options, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(str_of(err.msg), c->says);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_each_request_is_signed), IN_WORLD(test_parameters_of_the_url_are_sorted),
		IN_WORLD(test_token_of_a_session),     IN_WORLD(test_refused),
		IN_WORLD(test_key_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(wrong_cases, test_wrong);
}
