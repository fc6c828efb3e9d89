#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tests/run calls: see tests/e2e/run.
exec "$(dirname "$0")/run"
