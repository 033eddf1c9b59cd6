#!/bin/sh
# SPDX-License-Identifier: MIT
#
# impossible.sh COMPILER...: a configuration that cannot be does not compile, and the compiler's output says why.
#
# Every compiler is given every bad value; what it prints must hold the text beside the value. The header alone is
# compiled, because a program that includes quarry.h must be told too. Ends with "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '#include "quarry.h"' >"$work/user.c"
passed=0
failed=0

# $1: flag, $2: text.
refused() {
    if $compiler -std=c11 -ffreestanding -I"$root/include" $1 -c "$work/user.c" -o "$work/user.o" >"$work/said" 2>&1; then
        echo "FAIL $compiler $1: compiles"
    elif ! grep -q -- "$2" "$work/said"; then
        echo "FAIL $compiler $1: does not say \"$2\", but"
        cat "$work/said"
    else
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
}

# $1: flags.
accepted() {
    if $compiler -std=c11 -ffreestanding -I"$root/include" $1 -c "$work/user.c" -o "$work/user.o" >"$work/said" 2>&1; then
        passed=$((passed + 1))
        return
    fi
    echo "FAIL $compiler $1: does not compile"
    cat "$work/said"
    failed=$((failed + 1))
}

for compiler; do
    for value in 0 1 32 63 65 100 4095 131072 -64; do
        refused "-DQUARRY_PAGE_BYTES=$value" "QUARRY_PAGE_BYTES must be a power of two from 64 to 65536"
    done
    for value in 0 1 4 12 32; do
        refused "-DQUARRY_ALIGN_BYTES=$value" "QUARRY_ALIGN_BYTES must be 8 or 16"
    done
    for value in -1 5 9; do
        refused "-DQUARRY_CHECK_LEVEL=$value" "QUARRY_CHECK_LEVEL must be"
    done
    for value in -1 4; do
        refused "-DQUARRY_LOCK=$value" "QUARRY_LOCK must be one of"
    done
    refused "-DQUARRY_STATS=2" "QUARRY_STATS must be 0 or 1"
    for value in -1 2; do
        refused "-DQUARRY_TRACK=$value" "QUARRY_TRACK must be 0 or 1"
    done
    for value in -1 4; do
        refused "-DQUARRY_MARK=$value" "QUARRY_MARK must be one of"
    done
    for value in -1 0 65; do
        refused "-DQUARRY_CORES=$value" "QUARRY_CORES must be from 1 to 64"
    done
    for value in 0 1; do
        refused "-DQUARRY_CORES=2 -DQUARRY_LOCK=$value" "QUARRY_CORES above 1 needs QUARRY_LOCK_SMP or QUARRY_LOCK_HOOK"
    done
    for value in -1 1 5 31 256; do
        refused "-DQUARRY_LOCK=1 -DQUARRY_MASK_PRIORITY=$value" "QUARRY_MASK_PRIORITY must be 0, or a priority"
    done
    for value in 0 2 3; do
        refused "-DQUARRY_MASK_PRIORITY=80 -DQUARRY_LOCK=$value" "QUARRY_MASK_PRIORITY says what QUARRY_LOCK_IRQ masks"
    done
    for value in 0 32 80 '(5<<4)' 100 255; do
        accepted "-DQUARRY_LOCK=1 -DQUARRY_MASK_PRIORITY=$value"
    done
    for value in -1 1 3 12 128; do
        refused "-DQUARRY_FREE_LATER=$value" "QUARRY_FREE_LATER must be 0, or a power of two from 2 to 64"
        refused "-DQUARRY_CACHE=$value -DQUARRY_LOCK=2" "QUARRY_CACHE must be 0, or a power of two from 2 to 64"
    done
    for value in 0 1; do
        refused "-DQUARRY_CACHE=8 -DQUARRY_LOCK=$value" "QUARRY_CACHE needs QUARRY_LOCK_SMP or QUARRY_LOCK_HOOK"
    done
    accepted "-DQUARRY_CACHE=8 -DQUARRY_LOCK=3 -DQUARRY_FREE_LATER=2"
    accepted "-DQUARRY_CORES=2 -DQUARRY_LOCK=2"
    accepted "-DQUARRY_CORES=2 -DQUARRY_LOCK=3"
    for value in 0 1 2048 5000 65537 134217728; do
        refused "-DQUARRY_CHUNK_BYTES=$value" "QUARRY_CHUNK_BYTES must be a power of two"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
