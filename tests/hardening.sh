#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hardening.sh [BINARY]: what the compiler and the linker are to have built into a release, read from the binary itself. Says what
# is missing. Exit status 77: there is no release build.
set -eu
cd "$(dirname "$0")/.."
binary=${1:-build/release/gaugelet}
[ -x "$binary" ] || { echo "skipped: $binary is not built"; exit 77; }
command -v readelf >/dev/null || { echo 'skipped: no readelf'; exit 77; }
missing=0
miss() { echo "$binary: $1"; missing=1; }
header=$(readelf -hW "$binary") segments=$(readelf -lW "$binary") dynamic=$(readelf -dW "$binary")
symbols=$(readelf --dyn-syms -W "$binary")
has() { printf '%s\n' "$1" | grep -Eq -- "$2"; }

has "$header" 'Type: +DYN' || miss 'its addresses are fixed (-fPIE -pie)'
has "$segments" 'GNU_RELRO' || miss 'its tables of addresses can be written (-z relro)'
has "$dynamic" 'FLAGS.*(BIND_)?NOW' || miss 'symbols are bound when they are used (-z now)'
has "$segments" 'GNU_STACK +0x0+ 0x0+ 0x0+ 0x0+ 0x0+ RW +' || miss 'its stack can be executed (-z noexecstack)'
printf '%s\n' "$segments" | grep -E ' (RWE|WE) ' && miss 'a segment can be written and executed'
has "$dynamic" '(RPATH|RUNPATH|TEXTREL)' && miss 'it has an RPATH, or relocations in its text'
has "$symbols" '__stack_chk_fail' || miss 'no stack is guarded (-fstack-protector-strong)'
has "$symbols" '__(memcpy|vsnprintf|snprintf|read)_chk' || miss 'no copy is checked (-D_FORTIFY_SOURCE)'
has "$symbols" ' (gets|strcpy|strcat|sprintf|system|popen|execve?)(@| |$)' && miss 'it calls what it must not'
if command -v objdump >/dev/null && [ "$(uname -m)" = x86_64 ]; then
	# a large piece of stack is touched page by page; each function that may be jumped to is marked. Debian's own start-up code is not, so
	# the note in the file, which counts for all of it, cannot be there.
	instructions=$(objdump -d --no-show-raw-insn "$binary")
	has "$instructions" 'or[bql] +\$0x0,(0x[0-9a-f]+)?\(%rsp' ||
		miss 'the stack can jump over its guard page (-fstack-clash-protection)'
	[ "$(printf '%s\n' "$instructions" | grep -c endbr64)" -gt 500 ] || miss 'indirect jumps may go anywhere (-fcf-protection)'
fi
# the way that heads are judged hangs on it
has "$symbols" 'FUNC +GLOBAL +DEFAULT +[0-9]+ gnutls_record_recv$' || miss 'gnutls_record_recv is not ours'
[ $missing -eq 0 ] && echo "$binary has all of it"
exit $missing
