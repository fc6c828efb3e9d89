/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS is told of ciphers, key exchanges and MACs, not of suites, and would apply them to TLS 1.3 too. So what is asked
   for becomes priorities of their own for TLS 1.2, which are set when a client has turned out to speak it. */
#include "server_in.h"
#include "base/log.h"
#include "text/distance.h"

struct suite {
	struct str name;
	unsigned char id[2];
	const char *exchange, *cipher, *mac; /* NULL: not one of TLS 1.2, or none that anybody should use */
};

#define TLS13(name, low)                                                                                               \
	{                                                                                                              \
		STR_INIT(name), {0x13, low}, NULL, NULL, NULL                                                          \
	}
#define BROKEN(name, high, low)                                                                                        \
	{                                                                                                              \
		STR_INIT(name), {high, low}, NULL, NULL, NULL                                                          \
	}
#define SUITE(name, high, low, exchange, cipher, mac)                                                                  \
	{                                                                                                              \
		STR_INIT(name), {high, low}, exchange, cipher, mac                                                     \
	}

/* Those that Go knows. */
static const struct suite suites[] = {
	TLS13("TLS_AES_128_GCM_SHA256", 0x01),
	TLS13("TLS_AES_256_GCM_SHA384", 0x02),
	TLS13("TLS_CHACHA20_POLY1305_SHA256", 0x03),
	SUITE("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc0, 0x2b, "ECDHE-ECDSA", "AES-128-GCM", "AEAD"),
	SUITE("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc0, 0x2c, "ECDHE-ECDSA", "AES-256-GCM", "AEAD"),
	SUITE("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcc, 0xa9, "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD"),
	SUITE("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", 0xcc, 0xa9, "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD"),
	SUITE("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc0, 0x2f, "ECDHE-RSA", "AES-128-GCM", "AEAD"),
	SUITE("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc0, 0x30, "ECDHE-RSA", "AES-256-GCM", "AEAD"),
	SUITE("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcc, 0xa8, "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD"),
	SUITE("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", 0xcc, 0xa8, "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD"),
	SUITE("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xc0, 0x23, "ECDHE-ECDSA", "AES-128-CBC", "SHA256"),
	SUITE("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xc0, 0x09, "ECDHE-ECDSA", "AES-128-CBC", "SHA1"),
	SUITE("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xc0, 0x0a, "ECDHE-ECDSA", "AES-256-CBC", "SHA1"),
	SUITE("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xc0, 0x27, "ECDHE-RSA", "AES-128-CBC", "SHA256"),
	SUITE("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc0, 0x13, "ECDHE-RSA", "AES-128-CBC", "SHA1"),
	SUITE("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xc0, 0x14, "ECDHE-RSA", "AES-256-CBC", "SHA1"),
	SUITE("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0xc0, 0x12, "ECDHE-RSA", "3DES-CBC", "SHA1"),
	SUITE("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x00, 0x9c, "RSA", "AES-128-GCM", "AEAD"),
	SUITE("TLS_RSA_WITH_AES_256_GCM_SHA384", 0x00, 0x9d, "RSA", "AES-256-GCM", "AEAD"),
	SUITE("TLS_RSA_WITH_AES_128_CBC_SHA256", 0x00, 0x3c, "RSA", "AES-128-CBC", "SHA256"),
	SUITE("TLS_RSA_WITH_AES_128_CBC_SHA", 0x00, 0x2f, "RSA", "AES-128-CBC", "SHA1"),
	SUITE("TLS_RSA_WITH_AES_256_CBC_SHA", 0x00, 0x35, "RSA", "AES-256-CBC", "SHA1"),
	SUITE("TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x00, 0x0a, "RSA", "3DES-CBC", "SHA1"),
	BROKEN("TLS_RSA_WITH_RC4_128_SHA", 0x00, 0x05), /* RFC 7465 */
	BROKEN("TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", 0xc0, 0x07),
	BROKEN("TLS_ECDHE_RSA_WITH_RC4_128_SHA", 0xc0, 0x11),
};

static const struct suite *find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(suites); i++)
		if (str_eq(suites[i].name, name))
			return &suites[i];
	return NULL;
}

static bool unknown(struct str name, struct err *err)
{
	const struct suite *near = &suites[0];

	for (size_t i = 1; i < COUNT_OF(suites); i++)
		if (distance(suites[i].name, name) < distance(near->name, name))
			near = &suites[i];
	return err_set(err, ERR_INVALID, "unknown TLS cipher suite \"%.*s\" (did you mean %.*s?)",
		       STR_ARG(str_slice(name, 0, 2 * DISTANCE_BYTES_MAX)), STR_ARG(near->name));
}

/* In the order given, which is that of our preference; once is enough. */
static void put_once(struct buf *priorities, const char *what)
{
	CLEANUP(buf_clear) struct buf part = {0};

	buf_printf(&part, ":+%s:", what);
	if (str_contains(buf_str(priorities), buf_str(&part)))
		return;
	priorities->len--; /* the last colon */
	buf_put(priorities, buf_str(&part));
}

static bool is_asked(const char *const *names, const unsigned char id[2])
{
	for (; *names; names++) {
		const struct suite *suite = find(str_trim(str_of(*names)));

		if (suite && memcmp(suite->id, id, sizeof(suite->id)) == 0)
			return true;
	}
	return false;
}

/* Two suites that differ in more than one part bring two more along. */
static void tell_more(const char *const *names, gnutls_priority_t priorities)
{
	CLEANUP(buf_clear) struct buf more = {0};
	unsigned index;
	int code;

	for (unsigned i = 0; (code = gnutls_priority_get_cipher_suite_index(priorities, i, &index)) !=
			     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	     i++) {
		unsigned char id[2];
		const char *name = code == 0 ? gnutls_cipher_suite_info(index, id, NULL, NULL, NULL, NULL) : NULL;

		if (name && !is_asked(names, id))
			buf_printf(&more, "%s%s", more.len ? ", " : "", name);
	}
	if (more.len)
		log_warn("--tls-cipher-suites allows these too, as each of their parts is in one of those given: %s",
			 buf_cstr(&more));
}

bool cipher_suites_read(const char *const *names, gnutls_priority_t *ret_priorities, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	bool any = false;
	int code;

	buf_puts(&text, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL:%SERVER_PRECEDENCE:");
	for (const char *const *at = names; *at; at++) {
		const struct suite *suite = find(str_trim(str_of(*at)));

		if (!suite)
			return unknown(str_of(*at), err);
		if (!suite->cipher)
			continue;
		any = true;
		put_once(&text, suite->exchange);
		put_once(&text, suite->cipher);
		put_once(&text, suite->mac);
	}
	if (!any) {
		*ret_priorities = NULL;
		return true;
	}
	text.len--;
	code = gnutls_priority_init(ret_priorities, buf_cstr(&text), NULL);
	if (code < 0)
		return err_set(err, ERR_INVALID, "--tls-cipher-suites: the TLS library has none of these: %s",
			       gnutls_strerror(code));
	tell_more(names, *ret_priorities);
	return true;
}
