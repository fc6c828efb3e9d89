/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.h - items of an external metric that the request did not ask for. The HPA would add them up. */
#ifndef GAUGELET_API_FOREIGN_H
#define GAUGELET_API_FOREIGN_H

#include "api_in.h"

/* Refuses the plan if an item contradicts its selector or namespace. An item that lacks a label says nothing of it. */
bool foreign_refuse(struct api_plan *plan, const struct samples *samples);

#endif
