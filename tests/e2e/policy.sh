#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What x-gaugelet in a rule and --sample-age make of real samples. See policy.py.
here=$(CDPATH='' cd "$(dirname "$0")" && pwd) || exit 1
exec python3 -B "$here/policy.py" "$@"
