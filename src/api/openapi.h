/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.h - what the served groups look like, for kubectl explain and clients that read schemas. Static: the metrics themselves are
   not in it. */
#ifndef GAUGELET_API_OPENAPI_H
#define GAUGELET_API_OPENAPI_H

#include "api/request.h"
#include "text/json_writer.h"

void openapi_write_v2(struct json_writer *writer, struct api_groups groups);

/* The index: where the document of each group and version is. */
void openapi_write_v3(struct json_writer *writer, struct api_groups groups);

bool openapi_is_served(struct api_groups groups, struct str group, struct str version);

/* The document of a group and version that is served. */
void openapi_write_group(struct json_writer *writer, struct str group, struct str version);

#endif
