/* SPDX-License-Identifier: Apache-2.0 */
#include "server/traffic.h"

static const char *const ROUTES[TRAFFIC_ROUTES] = {
	[TRAFFIC_OTHER] = "other",	 [TRAFFIC_CUSTOM] = "custom",	    [TRAFFIC_EXTERNAL] = "external",
	[TRAFFIC_RESOURCE] = "resource", [TRAFFIC_DISCOVERY] = "discovery", [TRAFFIC_OPENAPI] = "openapi",
	[TRAFFIC_HEALTH] = "health",	 [TRAFFIC_METRICS] = "metrics",
};

static const char *const VERBS[TRAFFIC_VERBS] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};

static const struct {
	unsigned status;
	const char *name;
} CODES[TRAFFIC_CODES] = {
	{200, "200"}, {304, "304"}, {400, "400"}, {401, "401"}, {403, "403"}, {404, "404"}, {405, "405"},
	{406, "406"}, {411, "411"}, {413, "413"}, {414, "414"}, {415, "415"}, {429, "429"}, {431, "431"},
	{500, "500"}, {501, "501"}, {502, "502"}, {503, "503"}, {504, "504"}, {0, "other"},
};

static const struct {
	const char *name, *text;
} CLOSINGS[TRAFFIC_CLOSINGS] = {
	[TRAFFIC_CLOSED_LIMIT] = {"limit", "for others, as the limit was reached"},
	[TRAFFIC_CLOSED_ADDRESS] = {"address", "as their address had too many without an identity"},
	[TRAFFIC_CLOSED_HANDSHAKE] = {"handshake", "as their TLS handshake took too long"},
	[TRAFFIC_CLOSED_SLOW] = {"slow", "as a request took too long to come"},
	[TRAFFIC_CLOSED_UNREAD] = {"unread", "as the client did not read its answer"},
	[TRAFFIC_CLOSED_REFUSED] = {"refused", "as the head of a request could be read in two ways"},
};

static size_t verb_of(struct str method)
{
	size_t verb = 0;

	while (verb < TRAFFIC_VERBS - 1 && !str_eq(method, str_of(VERBS[verb])))
		verb++;
	return verb;
}

static size_t code_of(unsigned status)
{
	size_t code = 0;

	while (code < TRAFFIC_CODES - 1 && CODES[code].status != status)
		code++;
	return code;
}

void traffic_count(struct traffic *traffic, enum traffic_route route, struct str method, unsigned status,
		   double seconds)
{
	CHECK((unsigned)route < TRAFFIC_ROUTES);
	traffic->answered[route][verb_of(method)][code_of(status)]++;
	histogram_observe(&traffic->seconds[route], seconds);
}

const char *traffic_route_name(enum traffic_route route)
{
	CHECK((unsigned)route < TRAFFIC_ROUTES);
	return ROUTES[route];
}

const char *traffic_verb_name(size_t verb)
{
	CHECK(verb < TRAFFIC_VERBS);
	return VERBS[verb];
}

const char *traffic_code_name(size_t code)
{
	CHECK(code < TRAFFIC_CODES);
	return CODES[code].name;
}

const char *traffic_closing_name(enum traffic_closing why)
{
	CHECK((unsigned)why < TRAFFIC_CLOSINGS);
	return CLOSINGS[why].name;
}

const char *traffic_closing_text(enum traffic_closing why)
{
	CHECK((unsigned)why < TRAFFIC_CLOSINGS);
	return CLOSINGS[why].text;
}
