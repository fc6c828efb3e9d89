/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS is told of ciphers, key exchanges and MACs, not of suites: two suites would bring those along that mix their
   parts, and TLS 1.3 would be changed too. So when a client has turned out to speak TLS 1.2, the one suite is chosen here
   and GnuTLS is left no other. */
#include "cipher_suites.h"
#include "base/buf.h"
#include "text/distance.h"

#include <stdlib.h>

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

static char as_it_is(char c)
{
	return c;
}

static bool unknown(struct str name, struct err *err)
{
	const struct suite *near = &suites[0];
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		size_t far = distance_between(suites[i].name, name, as_it_is, SIZE_MAX - 1);

		if (far < least) {
			near = &suites[i];
			least = far;
		}
	}
	return err_set(err, ERR_INVALID, "unknown TLS cipher suite \"%.*s\" (did you mean %.*s?)",
		       STR_ARG(str_slice(name, 0, (size_t)2 * DISTANCE_BYTES_MAX)), STR_ARG(near->name));
}

/* ---- those that are asked for */

struct chosen {
	const struct suite *suite;
	gnutls_priority_t priorities; /* this suite, and no other */
};

/* In the order of the table, the best first. */
struct cipher_suites {
	struct chosen items[COUNT_OF(suites)];
	size_t count;
};

_Static_assert(COUNT_OF(suites) <= 32, "what a client offers is kept in 32 bits");

void cipher_suites_free(struct cipher_suites *chosen)
{
	if (!chosen)
		return;
	for (size_t i = 0; i < chosen->count; i++)
		gnutls_priority_deinit(chosen->items[i].priorities);
	free(chosen);
}

static bool names_check(const char *const *names, struct err *err)
{
	for (; *names; names++)
		if (!find(str_trim(str_of(*names))))
			return unknown(str_of(*names), err);
	return true;
}

static bool is_asked(const char *const *names, const struct suite *suite)
{
	for (; *names; names++)
		if (str_eq(suite->name, str_trim(str_of(*names))))
			return true;
	return false;
}

static bool choose(struct cipher_suites *chosen, const struct suite *suite, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct chosen *item = &chosen->items[chosen->count];
	int code;

	buf_printf(&text, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+%s:-CIPHER-ALL:+%s:-MAC-ALL:+%s", suite->exchange,
		   suite->cipher, suite->mac);
	code = gnutls_priority_init(&item->priorities, buf_cstr(&text), NULL);
	if (code < 0)
		return err_set(err, ERR_INVALID, "the TLS library does not have the cipher suite %.*s: %s",
			       STR_ARG(suite->name), gnutls_strerror(code));
	item->suite = suite;
	chosen->count++;
	return true;
}

bool cipher_suites_read(const char *const *names, struct cipher_suites **ret_suites, struct err *err)
{
	CLEANUP(cipher_suites_free_at) struct cipher_suites *chosen = xnew(struct cipher_suites);

	if (!names_check(names, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(suites); i++)
		if (suites[i].cipher && is_asked(names, &suites[i]) && !choose(chosen, &suites[i], err))
			return false;
	*ret_suites = chosen->count ? STEAL(chosen) : NULL;
	return true;
}

/* ---- what a client offers */

static struct str part_with_length(struct str *rest, size_t length_bytes)
{
	size_t length = 0;
	struct str part;

	for (size_t i = 0; i < length_bytes && i < rest->len; i++)
		length = length << 8 | (unsigned char)rest->ptr[i];
	part = str_slice(*rest, length_bytes, length_bytes + length);
	*rest = str_slice(*rest, length_bytes + length, rest->len);
	return part;
}

/* RFC 5246, 7.4.1.2: version, random, session ID, cipher suites. One that is cut short, GnuTLS refuses. */
uint32_t cipher_suites_offered(const struct cipher_suites *chosen, struct str hello)
{
	struct str rest = str_slice(hello, 2 + 32, hello.len);
	struct str offered;
	uint32_t bits = 0;

	part_with_length(&rest, 1);
	offered = part_with_length(&rest, 2);
	for (size_t at = 0; at + 2 <= offered.len; at += 2)
		for (size_t i = 0; i < chosen->count; i++)
			if (memcmp(offered.ptr + at, chosen->items[i].suite->id, 2) == 0)
				bits |= UINT32_C(1) << i;
	return bits;
}

/* The suites with RSA need a certificate with an RSA key, those with ECDSA another. */
gnutls_priority_t cipher_suites_choose(const struct cipher_suites *chosen, uint32_t offered, bool rsa)
{
	for (size_t i = 0; i < chosen->count; i++)
		if ((offered >> i & 1) && rsa == (strcmp(chosen->items[i].suite->exchange, "ECDHE-ECDSA") != 0))
			return chosen->items[i].priorities;
	return NULL;
}
