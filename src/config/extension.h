/* SPDX-License-Identifier: Apache-2.0 */
/* extension.h - `x-gaugelet` of a rule, into a struct extension_spec. */
#ifndef GAUGELET_CONFIG_EXTENSION_H
#define GAUGELET_CONFIG_EXTENSION_H

#include "shape.h"

extern const struct shape extension_shape;

#endif
