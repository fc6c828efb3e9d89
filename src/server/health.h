/* SPDX-License-Identifier: Apache-2.0 */
/* health.h - /healthz, /livez, /readyz. They say that we answer, and nothing of Prometheus: an adapter that is
   not ready takes the whole API down, its discovery documents with it. */
#ifndef GAUGELET_SERVER_HEALTH_H
#define GAUGELET_SERVER_HEALTH_H

#include "base/base.h"
#include "base/buf.h"

struct api_request;

/* Appends the answer and gives its status; 404 for a check that does not exist. `stopping`: readyz fails. */
unsigned health_write(const struct api_request *request, bool stopping, struct buf *out);

#endif
