#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is docs/flags.md what the program says? `tests/flags.sh GAUGELET --write` makes it so.
set -eu
gaugelet=${1:?usage: flags.sh GAUGELET [--write]}
page=$(dirname "$0")/../docs/flags.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
	echo '# Flags'
	echo
	echo 'What `gaugelet --help` prints. After a change: `tests/flags.sh build/dev/gaugelet --write`.'
	echo
	echo '```'
	"$gaugelet" --help
	echo '```'
} >"$made"
if [ "${2-}" = --write ]; then
	cat "$made" >"$page"
elif ! diff -u "$page" "$made"; then
	echo "docs/flags.md is not what $gaugelet --help prints: run tests/flags.sh $gaugelet --write"
	exit 1
fi
