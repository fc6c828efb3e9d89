#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What comes after gaugelet has looked for it: the first request after the scrape has the number. See late.py.
here=$(CDPATH='' cd "$(dirname "$0")" && pwd) || exit 1
exec python3 -B "$here/late.py" "$@"
