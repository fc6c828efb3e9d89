#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refuses an #include that points up or sideways, by docs/FLOORS, headers that include each other, and a header that does not
# compile alone. What the linker knows of the same is looked at by tests/symbols.sh.
set -eu
cd "$(dirname "$0")/.."
floor_of() { awk -v room="$1" '!/^#/ {for (i = 2; i <= NF; i++) if ($i == room) print $1}' docs/FLOORS; }
# The paths that a file includes, in whatever way they are written.
included() { sed -n 's|^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]\([^">]*\)[">].*|\1|p' "$1" | sort -u; }
bad=0
for file in $(find src include -name '*.[ch]'); do
	room=$(echo "$file" | cut -d/ -f2)
	own=$(floor_of "$room")
	[ -n "$own" ] || { echo "$file: room $room is not in docs/FLOORS"; bad=1; continue; }
	for path in $(included "$file"); do
		case $path in ../* | */../*) echo "$file: $path leaves the room"; bad=1; continue ;; esac
		target=${path%%/*}
		[ "$target" != "$room" ] && [ -d "include/$target" ] || continue
		other=$(floor_of "$target")
		if [ -z "$other" ] || [ "$other" -ge "$own" ]; then
			echo "$file: $room (floor $own) includes $target (floor ${other:-none})"
			bad=1
		fi
	done
done
# tsort names those that go in a circle.
circles=$(for header in $(find include src -name '*.h'); do
	echo "$header $header"
	for path in $(included "$header"); do
		for target in "include/$path" "${header%/*}/$path"; do
			[ ! -f "$target" ] || echo "$target $header"
		done
	done
done | tsort 2>&1 >/dev/null | sed 's/^tsort: //')
[ -z "$circles" ] || { echo "headers that include each other: $circles"; exit 1; }
for header in $(find include src -name '*.h'); do
	echo "#include \"$header\"" |
		${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -I. -fsyntax-only -x c - ||
		{ echo "$header does not compile alone"; bad=1; }
done
exit $bad
