/* SPDX-License-Identifier: Apache-2.0 */
/* objects_in.h - what the tests of the objects turn, so that they need not wait for minutes. */
#ifndef GAUGELET_KUBE_OBJECTS_IN_H
#define GAUGELET_KUBE_OBJECTS_IN_H

#include "kube/objects.h"

/* For how long a resource is watched that nobody asks for; 10 minutes if it is not said. */
void objects_set_idle(struct objects *objects, int64_t idle_ms);

#endif
