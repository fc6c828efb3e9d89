#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh [--shrink] NM ARCHIVE... MAIN_OBJECT: what the linker knows of the rooms' archives, held to the house's rules.
#  - a symbol is defined once, and on a lower floor than the rooms that use it (docs/FLOORS);
#  - the files of a room call each other in one direction: none is called back by one it calls;
#  - an external name begins with its room's name, or with the first word of its file's, singular or plural;
#  - an external symbol has a caller outside its file that is no test.
# tests/symbols/ROOM lists what does not hold yet: `circle FILE`, `prefix NAME`, `unused NAME`; and, with the reason behind it,
# `for-tests NAME`. An entry that is no longer needed fails, too; --shrink takes those out.
set -eu
cd "$(dirname "$0")/.."
shrink=0
[ "$1" != --shrink ] || { shrink=1; shift; }
nm=$1
shift
found=$(mktemp) listed=$(mktemp)
trap 'rm -f "$found" "$listed"' EXIT

# room file kind name, where kind is + (defines) or - (uses); what the sanitizers and gcov add begins with __.
symbols() {
	"$nm" -A -P "$@" | awk '
		$2 ~ /^(__|\.)/ {next}
		{
			file = $1
			if (file ~ /\[/) {
				room = file; sub(/.*room_/, "", room); sub(/\.a\[.*/, "", room)
				sub(/.*\[/, "", file); sub(/\.c\.o\].*/, "", file)
			} else {
				room = "daemon"; sub(/.*\//, "", file); sub(/\.c\.o:?$/, "", file)
			}
		}
		$3 ~ /^[TDBRVWC]$/ {print room, file, "+", $2}
		$3 == "U" {print room, file, "-", $2}'
}

symbols "$@" | awk '
	function singular(word) {sub(/s$/, "", word); return word}
	function problem(room, kind, name, text) {print room, kind, name "\t" text}
	FILENAME == "docs/FLOORS" {if (!/^#/) for (i = 2; i <= NF; i++) floor[$i] = $1; next}
	$3 == "+" {
		if ($4 in home) problem($1, "twice", $4, "src/" $1 "/" $2 ".c: " $4 " is in " home[$4] ", too")
		home[$4] = $1 "/" $2
		next
	}
	{users[$4] = users[$4] " " $1 "/" $2}
	END {
		for (name in home) {
			split(home[name], at, "/"); room = at[1]; file = at[2]; where = "src/" home[name] ".c: "
			n = split(users[name], user, " "); outside = 0
			for (i = 1; i <= n; i++) {
				split(user[i], from, "/")
				if (user[i] == home[name]) continue
				outside = 1
				if (from[1] != room && floor[from[1]] <= floor[room])
					problem(from[1], "up", name, "src/" user[i] ".c: " from[1] " (floor " floor[from[1]] ") uses " name " of " room)
				if (from[1] == room) {calls[user[i], home[name]] = 1; files[user[i]] = files[home[name]] = 1}
			}
			if (!outside && name != "main") problem(room, "unused", name, where name " is used by no other file")
			first = file; sub(/_.*/, "", first); word = name; sub(/_.*/, "", word)
			if (singular(word) != singular(first) && word != room && name != "main")
				problem(room, "prefix", name, where name " begins neither with " first "_ nor with " room "_")
		}
		for (k in files) for (i in files) if ((i, k) in calls) for (j in files) if ((k, j) in calls) calls[i, j] = 1
		for (i in files) if ((i, i) in calls) {
			split(i, at, "/"); with = ""
			for (j in files) if (j != i && ((i, j) in calls) && ((j, i) in calls)) with = with " " j
			problem(at[1], "circle", at[2], "src/" i ".c calls and is called by" with)
		}
	}' docs/FLOORS - | sort >"$found"

for room in tests/symbols/*; do
	sed "/^#/d; /^\$/d; s|^|${room##*/} |" "$room"
done | awk '{print $1, $2, $3}' >"$listed"

bad=0
# What was found and is not listed; for-tests stands for unused.
awk -F '\t' -v listed="$listed" '
	BEGIN {while ((getline line <listed) > 0) {sub(/ for-tests /, " unused ", line); allowed[line] = 1}}
	!($1 in allowed) {split($1, k, " "); print k[2] ": " $2; bad = 1}
	END {exit bad}' "$found" || bad=1
# What is listed and was not found.
stale=$(awk -F '\t' -v listed="$listed" '
	{found[$1] = 1}
	END {while ((getline line <listed) > 0) {key = line; sub(/ for-tests /, " unused ", key); if (!(key in found)) print line}}' "$found")
[ -z "$stale" ] || echo "$stale" | while read -r room kind name; do
	if [ $shrink -eq 1 ]; then
		sed -i "/^$kind $name\( \|\$\)/d" "tests/symbols/$room"
	else
		echo "tests/symbols/$room: '$kind $name' is no longer needed: take it out"
	fi
done
[ -z "$stale" ] || [ $shrink -eq 1 ] || bad=1
exit $bad
