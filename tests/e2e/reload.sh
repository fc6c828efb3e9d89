#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules file is replaced again and again, every other time by a broken one, while numbers are asked for.
# Usage: reload.sh [-v] [RELOADS, 1000]
exec python3 "$(dirname "$0")/reload.py" "$@"
