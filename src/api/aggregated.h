/* SPDX-License-Identifier: Apache-2.0 */
/* aggregated.h - aggregated discovery: all groups and their resources in one document (apidiscovery.k8s.io/v2). */
#ifndef GAUGELET_API_AGGREGATED_H
#define GAUGELET_API_AGGREGATED_H

#include "api/request.h"
#include "text/json_writer.h"

#define AGGREGATED_TYPE "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

struct catalog;

void aggregated_write(struct json_writer *writer, const struct catalog *catalog, struct api_groups groups);

#endif
