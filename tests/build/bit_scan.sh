#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bit_scan.sh ISA=yes=COMPILER ISA=no=COMPILER...: the library scans bits by the CPU's instruction where it has one, and
# elsewhere by code of its own, with a table; never by a call. COMPILER is a command with the flags that name the CPU.
# Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/scan.c" <<'END'
#include "bits.h"
unsigned scan_lowest(uintptr_t word);
unsigned scan_highest(uintptr_t word);
unsigned scan_lowest(uintptr_t word) { return bits_lowest(word); }
unsigned scan_highest(uintptr_t word) { return bits_highest(word); }
END
# Of x86, ARM, RISC-V and Xtensa.
instructions='[[:space:]](rep )?(bs[rf]|tzcnt|lzcnt|clz|ctz|nsau)[lqw]?[[:space:]]'

for entry; do
    isa=${entry%%=*}
    rest=${entry#*=}
    expected=${rest%%=*}
    compiler=${rest#*=}
    # shellcheck disable=SC2086 # a command with its options
    $compiler -std=c11 -O2 -ffreestanding -I"$root/include" -I"$root/src" -I"$root/arch/$isa" -S "$work/scan.c" -o "$work/scan.s"
    status=$?
    grep -E -q "$instructions" "$work/scan.s" && scans=yes || scans=no
    grep -q 'qi_bits_de_bruijn' "$work/scan.s" && table=yes || table=no
    [ $status = 0 ] && [ $scans = "$expected" ] && [ $table != "$expected" ] && ! grep -q '__c[lt]z' "$work/scan.s"
    verdict $? "$isa: $compiler: an instruction: $scans, expected $expected; a table: $table"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
