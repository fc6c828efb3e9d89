/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/live_pods.h"

#include "base/vec.h"
#include "model/policy.h"
#include "model/resource.h"

struct finding {
	const struct pod_policy *policy;
	int64_t now_s;
	struct arena *arena;
	struct {
		VEC_OF(struct str);
	} names;
	size_t left_out;
};

bool live_pods_are(const struct resource *resource)
{
	return resource->group.len == 0 && str_eq(resource->plural, STR("pods"));
}

/* Failed and unknown ones are not in `objects` at all; one may fail while its watch is broken. */
static bool look_at(void *context, const struct object_seen *seen, struct err *err)
{
	struct finding *finding = context;
	const struct pod_facts facts = {
		.deleting = seen->state.deleting,
		.failed = seen->state.phase == PHASE_FAILED,
		.ready = seen->state.ready,
		.ready_since_s = seen->state.ready_since_s,
	};
	struct str name;

	if (!pod_counts(finding->policy, &facts, finding->now_s)) {
		finding->left_out++;
		return true;
	}
	if (!arena_copy(finding->arena, seen->name, &name))
		return err_set(err, ERR_LIMIT, "the selector fits too many objects");
	*vec_push(&finding->names) = name;
	return true;
}

static bool copy_names(const struct finding *finding, const struct str **ret_names)
{
	struct str *names = arena_calloc(finding->arena, finding->names.count, sizeof(*names));

	if (names == NULL)
		return false;
	if (finding->names.count)
		memcpy(names, finding->names.items, finding->names.count * sizeof(*names));
	*ret_names = names;
	return true;
}

enum objects_state live_pods_select(struct objects *objects, const struct resource *resource, struct str namespace,
				    const struct selector *selector, const struct pod_policy *policy, int64_t now_s,
				    struct arena *arena, const struct str **ret_names, size_t *ret_count,
				    size_t *ret_left_out, struct err *err)
{
	struct finding finding = {.policy = policy, .now_s = now_s, .arena = arena};
	enum objects_state state = objects_visit(objects, resource, namespace, selector, look_at, &finding, err);

	if (state == OBJECTS_FOUND && !copy_names(&finding, ret_names)) {
		err_set(err, ERR_LIMIT, "the selector fits too many objects");
		state = OBJECTS_FAILED;
	}
	if (state == OBJECTS_FOUND) {
		*ret_count = finding.names.count;
		*ret_left_out = finding.left_out;
	}
	vec_clear(&finding.names);
	return state;
}
