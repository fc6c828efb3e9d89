#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refuses what the style does: calls without a bound, files over 600 lines, files without their license line.
set -eu
cd "${1:-$(dirname "$0")/..}"
bad=0
refuse() {
	[ -z "$2" ] || { echo "$1:"; echo "$2" | sed 's/^/  /'; bad=1; }
}
sources=$(find src include tests -name '*.[ch]' | sort)
# A comment may name them: what stands from // or between /* and */ is taken out, with the lines counted.
refuse 'refused call' "$(echo "$sources" | xargs awk '
	FNR == 1 {inside = 0}
	{line = $0; out = ""
		while (line != "") {
			if (inside) {i = index(line, "*/"); if (!i) break; line = substr(line, i + 2); inside = 0; continue}
			i = index(line, "/*"); j = index(line, "//")
			if (j && (!i || j < i)) {out = out substr(line, 1, j - 1); break}
			if (!i) {out = out line; break}
			out = out substr(line, 1, i - 1); line = substr(line, i + 2); inside = 1
		}
		print FILENAME ":" FNR ": " out}' |
	grep -E '[^_[:alnum:]](sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|gets)[[:space:]]*\(' || :)"
refuse 'over 600 lines' "$(echo "$sources" | xargs awk 'FNR == 601 {print FILENAME}')"
refuse 'first line is not the license' "$(echo "$sources" | xargs awk '
	FNR == 1 && index($0, "/* SPDX-License-Identifier: Apache-2.0 */") != 1 {print FILENAME}')"
refuse 'second line of a script is not the license' "$(find tests deploy .ci -type f -perm -u+x 2>/dev/null | sort |
	while read -r file; do
		case "$(head -c 2 "$file")" in '#!')
			sed -n 2p "$file" | grep -qF '# SPDX-License-Identifier: Apache-2.0' || echo "$file" ;;
		esac
	done)"
exit $bad
