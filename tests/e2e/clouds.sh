#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sanitized server in front of fakes of two clouds' managed Prometheus, with a real one behind. Usage: clouds.sh [-v]
exec python3 "$(dirname "$0")/clouds.py" "$@"
