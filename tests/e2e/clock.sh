#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a clock that is wrong, and one that jumps, make of answers. See clock.py.
here=$(CDPATH='' cd "$(dirname "$0")" && pwd) || exit 1
exec python3 -B "$here/clock.py" "$@"
