#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is docs/errors.md what the program's table says? `tests/errors.sh ERRORS_PAGE --write` makes it so.
set -eu
program=${1:?usage: errors.sh ERRORS_PAGE [--write]}
page=$(dirname "$0")/../docs/errors.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
"$program" >"$made"
if [ "${2-}" = --write ]; then
	cat "$made" >"$page"
elif ! diff -u "$page" "$made"; then
	echo "docs/errors.md is not what $program prints: run tests/errors.sh $program --write"
	exit 1
fi
