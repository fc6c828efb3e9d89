#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is docs/PAGE what PROGRAM prints from its table? `tests/page.sh PAGE PROGRAM --write` makes it so.
set -eu
[ $# -ge 2 ] || { echo 'usage: page.sh PAGE PROGRAM [--write]'; exit 2; }
page=$(dirname "$0")/../docs/$1
made=$(mktemp)
trap 'rm -f "$made"' EXIT
"$2" >"$made"
if [ "${3-}" = --write ]; then
	cat "$made" >"$page"
elif ! diff -u "$page" "$made"; then
	echo "docs/$1 is not what $2 prints: run tests/page.sh $1 $2 --write"
	exit 1
fi
