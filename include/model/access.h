/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - a caller and what they want to do, in the terms of Kubernetes' authorizers. */
#ifndef GAUGELET_MODEL_ACCESS_H
#define GAUGELET_MODEL_ACCESS_H

#include "base/base.h"
#include "base/str.h"

struct identity_extra {
	struct str key;
	const struct str *values;
	size_t value_count;
};

struct identity {
	struct str user, uid;
	const struct str *groups;
	size_t group_count;
	const struct identity_extra *extra;
	size_t extra_count;
};

/* Of a resource, or (path not empty) of a path. */
struct access_attributes {
	struct str verb;
	struct str namespace, group, version, resource, subresource, name;
	struct str path;
};

#endif
