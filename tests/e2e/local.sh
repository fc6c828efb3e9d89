#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demonstration on a terminal: see tests/e2e/local.py.
exec python3 "$(dirname "$0")/local.py" "$@"
