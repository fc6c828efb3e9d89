/* SPDX-License-Identifier: Apache-2.0 */
/* rules_file.h - the rules file of prometheus-adapter and its forks, strictly read. */
#ifndef GAUGELET_CONFIG_RULES_FILE_H
#define GAUGELET_CONFIG_RULES_FILE_H

#include "base/str.h"
#include "text/problem.h"

struct rules_spec;

/* What can be read of `text`; `file` is only named. Unknown keys (with the nearest known one), duplicate keys, wrong types, bad
   window and missing is/isNot are problems, all of them collected; a spec with errors is good for finding more of them. */
struct rules_spec *rules_file_parse(struct str text, struct str file, struct problems *problems) MUST_USE;

/* The last part of `path`, as messages at run time name it. */
struct str rules_file_name(const char *path);

#endif
