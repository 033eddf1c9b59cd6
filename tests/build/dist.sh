#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dist.sh FOLDER COMPILER...: the two-file version in FOLDER builds with every compiler, without an include path.
#
# It must choose its port by itself, give no warning, and refer to no outside symbol, with and without -ffreestanding.
# Ends with "N passed, N failed".

set -u
dist=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

for compiler; do
    for flags in "-O2 -ffreestanding" "-Os -ffreestanding -DQUARRY_LOCK=1"; do
        if $compiler -std=c11 $flags -Wall -Wextra -Wconversion -Wundef -Werror -c "$dist/quarry.c" -o "$work/quarry.o" &&
            llvm-nm -u "$work/quarry.o" | grep -v _GLOBAL_OFFSET_TABLE_ >"$work/undefined"; then
            echo "FAIL $compiler $flags: refers to"
            cat "$work/undefined"
            failed=$((failed + 1))
        elif [ ! -f "$work/quarry.o" ]; then
            echo "FAIL $compiler $flags: does not build"
            failed=$((failed + 1))
        else
            passed=$((passed + 1))
        fi
        rm -f "$work/quarry.o"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
