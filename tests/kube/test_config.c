/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/kube/config_data.h"
#include "../rows.h"
#include "base/buf.h"

/* A folder with files `ca`, `cert`, `key`, `token`, and the kubeconfig `config`. */
static char folder[64];

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % COUNT_OF(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *const FILES[] = {"ca", "cert", "key", "token", "ca.crt", "config"};

static void set_up(void)
{
	snprintf(folder, sizeof(folder), "/tmp/gaugelet-config-XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT_OF(FILES); i++)
		write_file(FILES[i], "-----BEGIN X-----\n");
}

static void tear_down(void)
{
	for (size_t i = 0; i < COUNT_OF(FILES); i++)
		unlink(path_of(FILES[i]));
	rmdir(folder);
}

#define CONTEXT                                                                                                        \
	"apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: other\n  context: {cluster: x, user: "   \
	"x}\n- name: c\n  context: {cluster: k, user: u, namespace: n}\n"
#define CLUSTER(more) "clusters:\n- name: k\n  cluster:\n    server: https://h:6443\n" more
#define USER(more)    "users:\n- name: other\n  user: {token: x}\n- name: u\n  user:\n" more
#define ONE_USER      USER("    token: open-sesame\n")
#define PEM64	      "LS0tLS1CRUdJTiBY"

/* ---- what comes out: "server|name|ca file|ca pem|cert file|cert pem|key file|key pem|token|token file|user|password|insecure",
   the folder as @ */

static struct good_case {
	const char *name, *text, *want;
} goods[] = {
	{"token", CONTEXT CLUSTER("") ONE_USER, "https://h:6443||||||||open-sesame||||0"},
	{"files",
	 CONTEXT CLUSTER("    certificate-authority: ca\n")
		 USER("    client-certificate: ./cert\n    client-key: key\n    tokenFile: token\n"),
	 "https://h:6443||@/ca||@/./cert||@/key|||@/token|||0"},
	{"data",
	 CONTEXT CLUSTER("    certificate-authority-data: " PEM64 "\n") USER(
		 "    client-certificate-data: " PEM64 "\n    client-key-data: |\n      LS0tLS1C\n      RUdJTiBY\n"),
	 "https://h:6443|||-----BEGIN X||-----BEGIN X||-----BEGIN X|||||0"},
	{"data go before files",
	 CONTEXT CLUSTER("    certificate-authority: /nonexistent\n    certificate-authority-data: " PEM64 "\n")
		 ONE_USER,
	 "https://h:6443|||-----BEGIN X|||||open-sesame||||0"},
	{"password", CONTEXT CLUSTER("") USER("    username: me\n    password: pw1234\n"),
	 "https://h:6443||||||||||me|pw1234|0"},
	{"insecure", CONTEXT CLUSTER("    insecure-skip-tls-verify: true\n    tls-server-name: kubernetes\n") ONE_USER,
	 "https://h:6443|kubernetes|||||||open-sesame||||1"},
	{"server with a path and a slash",
	 CONTEXT "clusters: [{name: k, cluster: {server: 'https://h/k8s/c-1//'}}]\n" ONE_USER,
	 "https://h/k8s/c-1||||||||open-sesame||||0"},
	{"IPv6", CONTEXT "clusters: [{name: k, cluster: {server: 'https://[::1]:6443'}}]\n" ONE_USER,
	 "https://[::1]:6443||||||||open-sesame||||0"},
	{"JSON",
	 "{\"current-context\":\"c\",\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"k\",\"user\":\"u\"}}],"
	 "\"clusters\":[{\"name\":\"k\",\"cluster\":{\"server\":\"http://h:1\"}}],"
	 "\"users\":[{\"name\":\"u\",\"user\":{\"token\":\"tttt\"}}]}",
	 "http://h:1||||||||tttt||||0"},
	{"unknown keys",
	 CONTEXT CLUSTER("    extensions: [{name: x}]\n    disable-compression: true\n")
		 USER("    token: a\n    new: {}\n"),
	 "https://h:6443||||||||a||||0"},
	{"no user", "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n" CLUSTER(""),
	 "https://h:6443||||||||||||0"},
	{"empty keys",
	 CONTEXT CLUSTER("    certificate-authority-data: \"\"\n    proxy-url: \"\"\n")
		 USER("    token: a\n    exec: null\n"),
	 "https://h:6443||||||||a||||0"},
};

static void put(struct buf *out, struct str text)
{
	struct str home = str_of(folder);

	if (text.ptr)
		assert_int_equal(text.ptr[text.len], 0);
	buf_puts(out, str_starts(text, home) ? "@" : "");
	buf_put(out, str_starts(text, home) ? str_slice(text, home.len, text.len) : text);
	buf_putc(out, '|');
}

static void test_good(void **state)
{
	const struct good_case *c = *state;
	CLEANUP(kube_config_free_at) struct kube_config *config = NULL;
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};

	set_up();
	write_file("config", c->text);
	if (!kube_config_load(path_of("config"), &config, &err))
		fail_msg("%s", err.msg);
	put(&out, config->server);
	put(&out, config->tls_server_name);
	put(&out, config->ca_file);
	put(&out, config->ca_pem);
	put(&out, config->cert_file);
	put(&out, config->cert_pem);
	put(&out, config->key_file);
	put(&out, config->key_pem);
	put(&out, config->token);
	put(&out, config->token_file);
	put(&out, config->user);
	put(&out, config->password);
	buf_puts(&out, config->insecure ? "1" : "0");
	assert_str(buf_str(&out), c->want);
	tear_down();
}

/* ---- what is refused */

static struct bad_case {
	const char *name, *text;
	enum err_code code;
	const char *says;
} bads[] = {
	{"empty file", "", ERR_INVALID, "this is no kubeconfig"},
	{"a list", "[]", ERR_INVALID, "this is no kubeconfig"},
	{"no YAML", "a: [", ERR_INVALID, "line "},
	{"no current context", "contexts: []", ERR_INVALID, "current-context is missing"},
	{"no such context", "current-context: c\ncontexts: [{name: a}, {name: b}]", ERR_INVALID,
	 "there is no context 'c'; there is: a, b"},
	{"contexts that are no maps", "current-context: c\ncontexts: [[a, b], c, {name: [d]}, {name: e}]", ERR_INVALID,
	 "there is: e"},
	{"no contexts", "current-context: c", ERR_INVALID, "there is no context 'c'; there is: none"},
	{"contexts that are no list", "current-context: c\ncontexts: {c: d}", ERR_INVALID, "contexts is to be a list"},
	{"context without contents", "current-context: c\ncontexts: [{name: c}]", ERR_INVALID,
	 "context 'c' has no context: {...}"},
	{"context without a cluster", "current-context: c\ncontexts: [{name: c, context: {user: u}}]", ERR_INVALID,
	 "context 'c': cluster is missing"},
	{"no such cluster", CONTEXT ONE_USER, ERR_INVALID, "there is no cluster 'k'"},
	{"no such user", CONTEXT CLUSTER(""), ERR_INVALID, "there is no user 'u'"},
	{"no server", CONTEXT "clusters: [{name: k, cluster: {}}]\n" ONE_USER, ERR_INVALID,
	 "cluster 'k': server is missing"},
	{"server that is no URL", CONTEXT "clusters: [{name: k, cluster: {server: 'h:1'}}]\n" ONE_USER, ERR_INVALID,
	 "cluster 'k': server: "},
	{"server with a password", CONTEXT "clusters: [{name: k, cluster: {server: 'https://a:sesame@h'}}]\n" ONE_USER,
	 ERR_INVALID, "cluster 'k': server has more than"},
	{"server with a query", CONTEXT "clusters: [{name: k, cluster: {server: 'https://h?a=b'}}]\n" ONE_USER,
	 ERR_INVALID, "cluster 'k': server has more than"},
	{"no such CA", CONTEXT CLUSTER("    certificate-authority: gone\n") ONE_USER, ERR_IO,
	 "cluster 'k': certificate-authority: /tmp/"},
	{"CA that is no base64", CONTEXT CLUSTER("    certificate-authority-data: '-----BEGIN'\n") ONE_USER,
	 ERR_INVALID, "cluster 'k': certificate-authority-data: "},
	{"CA that is no PEM", CONTEXT CLUSTER("    certificate-authority-data: Zm9v\n") ONE_USER, ERR_INVALID,
	 "cluster 'k': certificate-authority-data holds no PEM"},
	{"CA and insecure",
	 CONTEXT CLUSTER("    certificate-authority: ca\n    insecure-skip-tls-verify: true\n") ONE_USER, ERR_INVALID,
	 "insecure-skip-tls-verify does not go with"},
	{"insecure that is no boolean", CONTEXT CLUSTER("    insecure-skip-tls-verify: maybe\n") ONE_USER, ERR_INVALID,
	 "is to be true or false"},
	{"proxy", CONTEXT CLUSTER("    proxy-url: http://p\n") ONE_USER, ERR_INVALID, "proxy-url is not supported"},
	{"exec", CONTEXT CLUSTER("") USER("    exec: {command: aws}\n"), ERR_INVALID, "user 'u': exec: no programs"},
	{"auth-provider", CONTEXT CLUSTER("") USER("    auth-provider: {name: gcp}\n"), ERR_INVALID,
	 "user 'u': auth-provider: "},
	{"as", CONTEXT CLUSTER("") USER("    token: open-sesame\n    as: root\n"), ERR_INVALID,
	 "user 'u': as: impersonation"},
	{"certificate alone", CONTEXT CLUSTER("") USER("    client-certificate: cert\n"), ERR_INVALID,
	 "the key is missing"},
	{"key alone", CONTEXT CLUSTER("") USER("    client-key: key\n"), ERR_INVALID, "the certificate is missing"},
	{"token and password", CONTEXT CLUSTER("") USER("    token: open-sesame\n    username: me\n"), ERR_INVALID,
	 "a token and a username"},
	{"password alone", CONTEXT CLUSTER("") USER("    password: open-sesame\n"), ERR_INVALID,
	 "a password without a username"},
	{"token of two lines", CONTEXT CLUSTER("") USER("    token: \"open-sesame\\nA: b\"\n"), ERR_INVALID,
	 "token has white space"},
	{"token with a NUL", CONTEXT CLUSTER("") USER("    token: \"open-sesame\\0\"\n"), ERR_INVALID,
	 "token has a NUL"},
	{"token that is no text", CONTEXT CLUSTER("") USER("    token: [open-sesame]\n"), ERR_INVALID,
	 "user 'u': token is to be a text"},
	{"no such token file", CONTEXT CLUSTER("") USER("    tokenFile: /nonexistent/t\n"), ERR_IO,
	 "user 'u': tokenFile: /nonexistent/t: No such file"},
};

static void test_bad(void **state)
{
	const struct bad_case *c = *state;
	struct kube_config *config = NULL;
	struct err err = {0};

	set_up();
	write_file("config", c->text);
	assert_false(kube_config_load(path_of("config"), &config, &err));
	assert_null(config);
	assert_contains(str_of(err.msg), c->says);
	assert_contains(str_of(err.msg), path_of("config"));
	assert_null(strstr(err.msg, "sesame"));
	assert_int_equal(err.code, c->code);
	tear_down();
}

static void test_no_file(void **state)
{
	struct kube_config *config = NULL;
	struct err err = {0};

	(void)state;
	assert_false(kube_config_load("/nonexistent/config", &config, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_contains(str_of(err.msg), "/nonexistent/config");
}

/* ---- in the cluster */

static struct pod_case {
	const char *name, *host, *port;
	const char *missing; /* file */
	const char *server;  /* NULL: an error, which says: */
	const char *says;
} pods[] = {
	{"name", "kubernetes", "443", NULL, "https://kubernetes:443", NULL},
	{"IPv4", "10.0.0.1", "6443", NULL, "https://10.0.0.1:6443", NULL},
	{"IPv6", "fd00::1", "443", NULL, "https://[fd00::1]:443", NULL},
	{"IPv6 in brackets", "[fd00::1]", "443", NULL, "https://[fd00::1]:443", NULL},
	{"no host", "", "443", NULL, NULL, "KUBERNETES_SERVICE_HOST"},
	{"no port", "h", "", NULL, NULL, "KUBERNETES_SERVICE_PORT"},
	{"port that is none", "h", "443x", NULL, NULL, "KUBERNETES_SERVICE_PORT"},
	{"no token", "h", "443", "token", NULL, "service account: token: /tmp/"},
	{"no CA", "h", "443", "ca.crt", NULL, "service account: ca.crt: /tmp/"},
};

static void test_pod(void **state)
{
	const struct pod_case *c = *state;
	CLEANUP(kube_config_free_at) struct kube_config *config = NULL;
	struct err err = {0};

	set_up();
	assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", c->host, 1), 0);
	assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", c->port, 1), 0);
	if (c->missing)
		assert_int_equal(unlink(path_of(c->missing)), 0);
	assert_int_equal(config_in_cluster(folder, &config, &err), c->server != NULL);
	if (c->server) {
		assert_str(config->server, c->server);
		assert_str(config->ca_file, path_of("ca.crt"));
		assert_str(config->token_file, path_of("token"));
	} else {
		assert_null(config);
		assert_contains(str_of(err.msg), c->says);
	}
	tear_down();
}

static void test_no_pod(void **state)
{
	struct kube_config *config = NULL;
	struct err err = {0};

	(void)state;
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_false(kube_config_load("", &config, &err));
	assert_false(kube_config_load(NULL, &config, &err));
	assert_contains(str_of(err.msg), "this is no pod");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_file), cmocka_unit_test(test_no_pod)};

	return RUN_ROWS(goods, test_good) + RUN_ROWS(bads, test_bad) + RUN_ROWS(pods, test_pod) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
