/* SPDX-License-Identifier: Apache-2.0 */
/* usage_in.h - a request for resource metrics on its way: objects, queries, answer. */
#ifndef GAUGELET_SERVER_USAGE_IN_H
#define GAUGELET_SERVER_USAGE_IN_H

#include "question_in.h"

/* As question_begin. */
MUST_USE bool usage_request_begin(const struct question_setting *setting, struct http_exchange *exchange,
				  const struct api_request *request);

#endif
