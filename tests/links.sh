#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every link of the documents lead somewhere? Files and anchors of this tree; other hosts are not asked. Each page of docs
# stands in its index.
set -euo pipefail
cd "$(dirname "$0")/.."
pages=$(git ls-files '*.md' 2>/dev/null || :)
[ -n "$pages" ] || pages=$(find . -name '*.md' -not -path './build/*' | sed 's|^\./||' | sort)

# anchors PAGE: those of its headings, as they are made on a web page: small letters, without punctuation, - for a space.
anchors() {
	awk '/^```/ {code = !code} !code && /^#+ / {
		sub(/^#+ /, ""); gsub(/\[|\]\([^)]*\)/, ""); name = tolower($0); gsub(/[^[:alnum:] _-]/, "", name); gsub(/ /, "-", name)
		print name (seen[name]++ ? "-" seen[name] - 1 : "")}' "$1"
}

# links PAGE: LINE TARGET, outside of code.
links() {
	awk '/^```/ {code = !code} code || /^    / {next} {
		line = $0; gsub(/`[^`]*`/, "", line)
		while (match(line, /\]\([^)]+\)|(src|href)="[^"]+"/)) {
			target = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
			sub(/^\]\(|^(src|href)="/, "", target); sub(/[)"]$/, "", target); print FNR, target
		}}' "$1"
}

bad=0
for page in $pages; do
	while read -r line target; do
		case $target in http://* | https://* | mailto:*) continue ;; esac
		file=${target%%#*} anchor=
		[[ $target != *'#'* ]] || anchor=${target#*#}
		if [ -z "$file" ]; then file=$page; else file=$(dirname "$page")/$file; fi
		if [ ! -e "$file" ]; then
			echo "$page:$line: $target is not there"
			bad=1
		elif [ -n "$anchor" ] && ! anchors "$file" | grep -Fxq -- "$anchor"; then
			echo "$page:$line: $target has no such heading"
			bad=1
		fi
	done < <(links "$page")
done
for page in docs/*.md; do
	[ "$page" = docs/README.md ] || grep -Fq "(${page#docs/})" docs/README.md ||
		{ echo "docs/README.md has no link to ${page#docs/}"; bad=1; }
done
exit $bad
