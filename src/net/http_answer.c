/* SPDX-License-Identifier: Apache-2.0 */
#include "http_answer.h"

#include "text/timestamp.h"

static const char *header_text(const struct http_transfer *transfer, const char *name)
{
	struct curl_header *found = NULL;

	return curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : NULL;
}

bool http_answer_redirects(const struct http_transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
	       header_text(transfer, "Location");
}

unsigned http_answer_retries(const struct http_transfer *transfer)
{
	return transfer->sent > 1 ? transfer->sent - 1 : 0;
}

/* A Date names the second in which the head was written, some time while the call lasted. One from a cache (RFC 9111, Age) is old. */
static void compare_clocks(const struct http_transfer *transfer, int64_t now_ms, struct http_answer *answer)
{
	int64_t earliest_ms, latest_ms;

	if (header_text(transfer, "Age") || !timestamp_parse_http(str_of(header_text(transfer, "Date")), &earliest_ms))
		return;
	earliest_ms -= now_ms;
	latest_ms = earliest_ms + 999 + answer->elapsed_ms;
	answer->has_clock = true;
	if (earliest_ms > 0)
		answer->ahead_ms = earliest_ms;
	else if (latest_ms < 0)
		answer->ahead_ms = latest_ms;
}

void http_answer_look_at(const struct http_transfer *transfer, const char *wanted_header, int64_t now_ms,
			 struct http_answer *answer)
{
	const char *type = NULL;
	long status = 0;
	curl_off_t retry_after = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
	answer->status = (int)status;
	answer->content_type = str_of(type);
	if (wanted_header)
		answer->header = str_of(header_text(transfer, wanted_header));
	answer->retry_after_s = retry_after > 0 ? retry_after : 0;
	answer->retries = http_answer_retries(transfer);
	compare_clocks(transfer, now_ms, answer);
}
