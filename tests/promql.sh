#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# promql.sh PROMQL_QUERIES: what our reader of PromQL takes, Prometheus takes; what it refuses, Prometheus refuses, but for one that we
# refuse on purpose; and operators bind in its tree as they do there.
set -eu
queries=$(realpath "${1:?usage: promql.sh PROMQL_QUERIES}")
command -v promtool >/dev/null || { echo 'promtool is not installed: deploy/install-packages test'; exit 77; }
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home"
for kind in taken refused ranks; do "$queries" "$kind" >"$kind.yml"; done

failed=0
promtool check rules taken.yml >said 2>&1 || { echo 'FAILED promtool refuses what we take:'; cat said; failed=1; }
promtool test rules ranks.yml >said 2>&1 || { echo 'FAILED operators bind otherwise:'; head -40 said; failed=1; }

# A sign in a hexadecimal number makes of it what Prometheus takes and says nothing about.
promtool check rules refused.yml >said 2>&1 || true
sed -n 's/.*group "g", rule [0-9]*, "r\([0-9]*\)".*/\1/p' said | sort -u >refused
sed -n 's/^  - record: r\([0-9]*\)$/\1/p' refused.yml | sort -u | comm -23 - refused | while read -r number; do
	grep -A1 "record: r$number\$" refused.yml | sed -n 's/^    expr: //p'
done | grep -vxF '"0x1e-3 + x"' >taken && { echo 'FAILED promtool takes what we refuse:'; cat taken; failed=1; }
[ "$(wc -l <refused)" -gt 80 ] || { echo 'FAILED too few were refused to say anything'; failed=1; }
echo "$(grep -c record: taken.yml) taken, $(wc -l <refused) refused, $(grep -c 'expr:' ranks.yml) of numbers"
exit $failed
