/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/server/http_guests.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { LIMIT = 16 };

struct party {
	struct http_guests guests;
	uint64_t closed[TRAFFIC_CLOSINGS];
	struct guest {
		struct http_guest guest;
		struct party *party;
		bool busy, gone;
	} all[64];
};

static bool guest_leave(struct http_guest *guest)
{
	struct guest *own = LIST_OF(guest, struct guest, guest);

	if (own->busy)
		return false;
	own->gone = true;
	http_guests_leave(&own->party->guests, guest);
	return true;
}

static void party_begin(struct party *party)
{
	*party = (struct party){.guests = {0}};
	http_guests_init(&party->guests, LIMIT, party->closed);
}

static void party_end(struct party *party)
{
	for (size_t i = 0; i < COUNT_OF(party->all); i++)
		http_guests_leave(&party->guests, &party->all[i].guest);
	assert_int_equal(http_guests_count(&party->guests), 0);
	assert_int_equal(party->guests.peers.count, 0);
	http_guests_clear(&party->guests);
}

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in = {.sin_family = AF_INET};

	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(&storage, &in6, sizeof(in6));
	} else {
		assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
		memcpy(&storage, &in, sizeof(in));
	}
	return storage;
}

static bool come(struct party *party, size_t number, const char *from, enum http_caller caller)
{
	struct sockaddr_storage address = address_of(from);
	struct guest *guest = &party->all[number];

	guest->party = party;
	guest->guest.leave = guest_leave;
	if (!http_guests_enter(&party->guests, &guest->guest, &address))
		return false;
	http_guest_is(&party->guests, &guest->guest, caller);
	return true;
}

/* So that no address is over its part. */
static const char *from(size_t number)
{
	static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};

	return addresses[number % COUNT_OF(addresses)];
}

static void fill(struct party *party, size_t count, enum http_caller caller)
{
	for (size_t i = 0; i < count; i++)
		assert_true(come(party, i, from(i), caller));
}

static void test_oldest_stranger(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	assert_true(come(&party, 0, "10.0.0.9", HTTP_CALLER_KNOWN));
	for (size_t i = 1; i < LIMIT; i++)
		assert_true(come(&party, i, from(i), HTTP_CALLER_NOBODY));
	assert_true(come(&party, LIMIT, "10.0.0.8", HTTP_CALLER_NOBODY));
	assert_true(come(&party, LIMIT + 1, "10.0.0.9", HTTP_CALLER_NOBODY));
	assert_false(party.all[0].gone);
	assert_true(party.all[1].gone && party.all[2].gone);
	assert_false(party.all[3].gone);
	assert_int_equal(party.closed[TRAFFIC_CLOSED_LIMIT], 2);
	party_end(&party);
}

static void test_busy_stays(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	fill(&party, LIMIT, HTTP_CALLER_NOBODY);
	party.all[0].busy = true;
	assert_true(come(&party, LIMIT, "10.0.0.8", HTTP_CALLER_NOBODY));
	assert_false(party.all[0].gone);
	assert_true(party.all[1].gone);
	for (size_t i = 0; i <= LIMIT; i++)
		party.all[i].busy = true;
	assert_false(come(&party, LIMIT + 1, from(0), HTTP_CALLER_NOBODY));
	assert_int_equal(http_guests_count(&party.guests), LIMIT);
	party_end(&party);
}

/* However many come from a few addresses, one from elsewhere has the time that it takes to say who it is. */
static void test_flood_of_few(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	fill(&party, LIMIT, HTTP_CALLER_NOBODY);
	assert_true(come(&party, LIMIT, "10.0.0.8", HTTP_CALLER_NOBODY));
	for (size_t i = LIMIT + 1; i < 3 * LIMIT; i++)
		assert_true(come(&party, i, from(i), HTTP_CALLER_NOBODY));
	assert_false(party.all[LIMIT].gone);
	assert_int_equal(http_guests_count(&party.guests), LIMIT);
	party_end(&party);
}

/* Those who are known cannot keep out a probe, and no proxy goes for them. */
static void test_known_flood(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	fill(&party, 4, HTTP_CALLER_PROXY);
	for (size_t i = 4; i < LIMIT; i++)
		assert_true(come(&party, i, from(i), HTTP_CALLER_KNOWN));
	http_guest_is_active(&party.guests, &party.all[4].guest);
	assert_true(come(&party, LIMIT, from(0), HTTP_CALLER_NOBODY));
	assert_true(come(&party, LIMIT + 1, from(0), HTTP_CALLER_NOBODY));
	assert_false(party.all[4].gone); /* it has just asked something */
	assert_true(party.all[5].gone && party.all[6].gone);
	for (size_t i = LIMIT + 2; i < LIMIT + 20; i++)
		assert_true(come(&party, i, from(i), HTTP_CALLER_KNOWN));
	assert_false(party.all[LIMIT + 1].gone); /* strangers have their part */
	for (size_t i = 0; i < 4; i++)
		assert_false(party.all[i].gone);
	party_end(&party);
}

static void test_address(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	for (size_t i = 0; i < LIMIT; i++)
		assert_true(come(&party, i, "10.0.0.1", HTTP_CALLER_NOBODY));
	assert_int_equal(http_guests_count(&party.guests), LIMIT / 2);
	assert_true(party.all[0].gone && party.all[LIMIT / 2 - 1].gone);
	assert_false(party.all[LIMIT / 2].gone);
	assert_int_equal(party.closed[TRAFFIC_CLOSED_ADDRESS], LIMIT / 2);
	/* one who is known does not count */
	http_guest_is(&party.guests, &party.all[LIMIT - 1].guest, HTTP_CALLER_KNOWN);
	assert_true(come(&party, LIMIT, "10.0.0.1", HTTP_CALLER_NOBODY));
	assert_false(party.all[LIMIT / 2].gone);
	party_end(&party);
}

static void test_names(void **state)
{
	char name[HTTP_PEER_NAME_BYTES];
	struct party party;

	(void)state;
	party_begin(&party);
	assert_int_equal(http_guests_most(&party.guests, name), 0);
	assert_true(come(&party, 0, "10.0.0.1", HTTP_CALLER_NOBODY));
	assert_true(come(&party, 1, "2001:db8::1", HTTP_CALLER_NOBODY));
	assert_true(come(&party, 2, "2001:db8::2", HTTP_CALLER_NOBODY));
	assert_int_equal(http_guests_most(&party.guests, name), 2);
	assert_string_equal(name, "2001:db8::");
	assert_true(come(&party, 3, "::ffff:10.0.0.1", HTTP_CALLER_NOBODY));
	assert_true(come(&party, 4, "10.0.0.1", HTTP_CALLER_NOBODY));
	assert_int_equal(http_guests_most(&party.guests, name), 3);
	assert_string_equal(name, "10.0.0.1");
	party_end(&party);
}

static void test_rises_only(void **state)
{
	struct party party;

	(void)state;
	party_begin(&party);
	assert_true(come(&party, 0, "10.0.0.1", HTTP_CALLER_PROXY));
	http_guest_is(&party.guests, &party.all[0].guest, HTTP_CALLER_KNOWN);
	assert_int_equal(party.guests.count[HTTP_CALLER_PROXY], 1);
	http_guests_leave(&party.guests, &party.all[0].guest);
	http_guest_is(&party.guests, &party.all[0].guest, HTTP_CALLER_PROXY);
	http_guest_is_active(&party.guests, &party.all[0].guest);
	party_end(&party);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{.name = "the oldest stranger goes first", .test_func = test_oldest_stranger},
		{.name = "one that is being answered stays", .test_func = test_busy_stays},
		{.name = "a flood from few addresses", .test_func = test_flood_of_few},
		{.name = "a flood of known ones", .test_func = test_known_flood},
		{.name = "an address has its part", .test_func = test_address},
		{.name = "where most come from", .test_func = test_names},
		{.name = "what is known of one only rises", .test_func = test_rises_only},
	};

	return cmocka_run_group_tests_name("http_guests", tests, NULL, NULL);
}
