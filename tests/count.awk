# SPDX-License-Identifier: Apache-2.0
# Reads `ctest --verbose` and prints a line for each program, the output of those that failed, and at the end
# `sums PASSED FAILED SKIPPED`. A program's own counts are taken: cmocka's, or a last line `N passed, N failed`. One that
# gives none counts as one test; one that ends badly though its own counts know no failure has one more failure.

# "12: text": a line that test 12 wrote
/^[0-9]+: / {
	id = $1 + 0
	text = $0
	sub(/^[0-9]+: /, "", text)
	output[id] = output[id] "    " text "\n"
	if (text ~ /^\[  PASSED  \] [0-9]+ test\(s\)\.?/)
		{ split(text, word, " "); ok[id] += word[4]; counted[id] = 1 }
	else if (text ~ /^\[  FAILED  \] [0-9]+ test\(s\)/)
		{ split(text, word, " "); bad[id] += word[4]; counted[id] = 1 }
	else if (text ~ /^\[  SKIPPED \] [0-9]+ test\(s\)/)
		{ split(text, word, " "); left[id] += word[4]; counted[id] = 1 }
	else if (text ~ /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/)
		{ split(text, word, " "); ok[id] += word[1]; bad[id] += word[3]; left[id] += word[5]; counted[id] = 1 }
	next
}

# "3/40 Test #12: base/str .....   Passed    0.01 sec"
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
	line = $0
	sub(/^ *[0-9]+\/[0-9]+ Test +#/, "", line)
	id = line + 0
	name = line
	sub(/^[0-9]+: /, "", name)
	result = name
	sub(/ .*/, "", name)
	if (result ~ / Passed +[0-9.]+ sec/) how = "passed"
	else if (result ~ /\*\*\*(Skipped|Not Run \(Disabled\))/) how = "skipped"
	else how = "failed"
	if (!counted[id]) {
		if (how == "passed") ok[id] = 1
		else if (how == "skipped") left[id] = 1
	}
	if (how == "failed" && bad[id] == 0) bad[id] = 1
	all_ok += ok[id]; all_bad += bad[id]; all_left += left[id]
	line = sprintf("   %-34s %4d passed", name, ok[id])
	if (bad[id]) line = line sprintf(", %d failed", bad[id])
	if (left[id]) line = line sprintf(", %d skipped", left[id])
	print line
	if (bad[id]) { failures = failures "FAILED " name ":" substr(result, length(name) + 1) "\n" output[id] }
	seen++
}

END {
	printf "%s", failures
	if (seen) print "sums", all_ok + 0, all_bad + 0, all_left + 0
}
