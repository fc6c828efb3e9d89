/* SPDX-License-Identifier: Apache-2.0 */
/* config_data.h - the parts of the configuration: contents and files that it names. */
#ifndef GAUGELET_KUBE_CONFIG_DATA_H
#define GAUGELET_KUBE_CONFIG_DATA_H

#include "base/arena.h"
#include "base/err.h"
#include "kube/config.h"
#include "text/yaml.h"

/* The pod's own: from the environment and the folder of the service account. */
MUST_USE bool config_in_cluster(const char *folder, struct kube_config **ret_config, struct err *err);

/* ---- config_data: one member of a cluster or user, whose map is called `what` in errors ("cluster 'a'"). */

/* Empty when absent. */
MUST_USE bool config_text(const struct yaml_node *map, const char *what, const char *key, struct str *ret_text,
			  struct err *err);

/* The PEM text of `KEY-data`, else the path of `KEY`, relative to `folder`; checks both. */
MUST_USE bool config_pem(const struct yaml_node *map, const char *what, const char *key, const char *folder,
			 struct arena *arena, struct str *ret_file, struct str *ret_pem, struct err *err);

/* The path, absolute or below `folder`; the file must be readable. */
MUST_USE bool config_path(struct str path, const char *what, const char *key, const char *folder, struct arena *arena,
			  struct str *ret_file, struct err *err);

#endif
