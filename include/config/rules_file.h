/* SPDX-License-Identifier: Apache-2.0 */
/* rules_file.h - the rules file of prometheus-adapter and its forks, strictly read. */
#ifndef GAUGELET_CONFIG_RULES_FILE_H
#define GAUGELET_CONFIG_RULES_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "text/problem.h"

struct rules;
struct rules_spec;

/* Reads `text`; `file` is only named. Unknown keys (with the nearest known one), duplicate keys, wrong types, bad window and
   missing is/isNot are problems, all of them collected. False when there is at least one error. */
MUST_USE bool rules_file_parse(struct str text, struct str file, struct problems *problems,
			       struct rules_spec **ret_spec);

/* The same, and compiles the rules; what is wrong with their templates and patterns is told together with the rest. */
MUST_USE bool rules_file_compile(struct str text, struct str file, struct problems *problems, struct rules **ret_rules);

/* The last part of `path`, as messages at run time name it. */
struct str rules_file_name(const char *path);

/* Appends what is in the file to `out`, which is empty. ERR_IO and ERR_LIMIT as rules_file_load has them. */
MUST_USE bool rules_file_read(const char *path, struct buf *out, struct err *err);

/* Compiles what is in the file at `path`; messages at run time name its last part. ERR_IO (message: the path and the system's reason) when
   it cannot be read, ERR_LIMIT when it is larger than YAML_BYTES_MAX, ERR_INVALID when `problems` says more. */
MUST_USE bool rules_file_load(const char *path, struct problems *problems, struct rules **ret_rules, struct err *err);

#endif
