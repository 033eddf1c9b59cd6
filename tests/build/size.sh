#!/bin/sh
# SPDX-License-Identifier: MIT
#
# size.sh ISA=COMPILER...: bytes of code and constants of the whole library at -Os, a line for each compiler.
#
# All functions are counted, also those that a program which does not call them would not link.

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '%-10s %-8s %8s %12s\n' ISA compiler bytes 'at level 0'
measure() {
    rm -f "$work"/*.o
    (cd "$work" && $1 -std=c11 -Os -ffreestanding -fno-asynchronous-unwind-tables -fno-unwind-tables -ffunction-sections $2 \
        -I"$root/include" -I"$root/arch/$isa" -c "$root"/src/*.c "$root"/src/*/*.c) || exit 1
    llvm-size "$work"/*.o | awk 'NR > 1 { sum += $1 + $2 } END { print sum }'
}
for pair; do
    isa=${pair%%=*}
    compiler=${pair#*=}
    case $compiler in
    clang*) name=clang ;;
    *) name=gcc ;;
    esac
    printf '%-10s %-8s %8s %12s\n' "$isa" $name "$(measure "$compiler" "")" "$(measure "$compiler" -DQUARRY_CHECK_LEVEL=0)"
done
