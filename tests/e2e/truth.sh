#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prometheus killed, stopped, slowed, cut off and restarted empty: every answer is true or an error. See truth.py.
here=$(CDPATH='' cd "$(dirname "$0")" && pwd) || exit 1
exec python3 -B "$here/truth.py" "$@"
