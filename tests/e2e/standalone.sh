#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sanitized server, Debian's Prometheus and the emulated engines, through good days and bad. Usage: standalone.sh [-v]
exec python3 "$(dirname "$0")/standalone.py" "$@"
