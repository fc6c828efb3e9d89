#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The rules files of tests/configs, each a shape that is in use somewhere, and the packs in rules/: gaugelet takes it with the
# warnings that its lines `# expects: ...` say, and promtool takes the queries that it gives, unless a line says `# promql:
# refused`.
set -u
export LC_ALL=C
usage="usage: configs.sh GAUGELET RENDER_QUERIES"
gaugelet=$(realpath "${1:?$usage}") render=$(realpath "${2:?$usage}")
cd "$(dirname "$0")/configs" || exit 1
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
passed=0 failed=0

fail() {
	failed=$((failed + 1))
	printf 'FAILED %s\n' "$1"
	sed 's/^/  /' "$2"
}

# loads FILE: exit status 0, and on stderr the expected warnings and nothing else
loads() {
	local warnings
	sed -n "s|^# expects: |$1:|p" "$1" >"$home/expected"
	warnings=$(wc -l <"$home/expected")
	if ! "$gaugelet" --check-config --config "$1" >"$home/ok" 2>"$home/said"; then
		fail "$1 is refused" "$home/said"
	elif ! diff "$home/expected" "$home/said" >"$home/diff"; then
		fail "$1 is warned of otherwise" "$home/diff"
	elif ! grep -qE "^OK: [0-9]+ rules?, $warnings warnings?\$" "$home/ok"; then
		fail "$1 is not summed up" "$home/ok"
	else
		passed=$((passed + 1))
	fi
}

# asks FILE: what it asks is PromQL, or is not where the file says so
asks() {
	local wanted=0 status=0
	! grep -qx '# promql: refused' "$1" || wanted=1
	if ! "$render" "$1" >"$home/rules.yml" 2>"$home/said"; then
		fail "$1 is not rendered" "$home/said"
		return
	fi
	grep -q '^  - record' "$home/rules.yml" || { fail "$1 asks nothing" "$home/rules.yml"; return; }
	promtool check rules "$home/rules.yml" >"$home/said" 2>&1 || status=1
	if [ "$wanted" = "$status" ]; then
		passed=$((passed + 1))
	else
		fail "$1: promtool $([ "$status" = 0 ] && echo takes || echo refuses) its queries" "$home/said"
		sed 's/^/  /' "$home/rules.yml"
	fi
}

command -v promtool >/dev/null || { echo 'promtool is not installed: deploy/install-packages test'; exit 77; }
for file in *.yaml ../../rules/*.yaml ../../rules/*/*.yaml; do
	loads "$file"
	asks "$file"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 120 ]
