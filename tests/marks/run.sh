#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh asan|valgrind PROGRAM: a program's misuses are reported by the tool, at the access, and valid use is not.
#
# PROGRAM is tests/marks/programs.c, built with QUARRY_MARK for the tool. Ends with "N passed, N failed".

set -u
tool=$1
program=$2
passed=0
failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# $1: misuse, $2: bytes.
start() {
    if [ "$tool" = asan ]; then
        "$program" "$1" "$2" >"$said" 2>&1
    else
        valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$program" "$1" "$2" >"$said" 2>&1
    fi
}

judge() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $tool $2"
        cat "$said"
    fi
}

# $1: misuse, $2: bytes, $3: what the report must say.
reported() {
    if start "$1" "$2"; then
        judge 1 "$1 $2: is not reported"
        return
    fi
    grep -q -- "$3" "$said"
    judge $? "$1 $2: does not say \"$3\""
}

silent() {
    start "$1" "$2"
    judge $? "$1 $2: is reported"
}

for bytes in 20 5000; do
    if [ "$tool" = asan ]; then
        for misuse in use_after_free write_after_free overflow underflow after_shrink after_move after_reset; do
            reported $misuse $bytes 'use-after-poison'
        done
        silent leak $bytes
    else
        reported use_after_free $bytes 'Invalid read of size 1'
        reported write_after_free $bytes 'Invalid write of size 1'
        reported use_after_free $bytes "inside a block of size [0-9,]* free'd"
        reported overflow $bytes "0 bytes after a block of size [0-9,]* client-defined"
        reported underflow $bytes 'Invalid write of size 1'
        reported after_shrink $bytes 'Invalid read of size 1'
        reported after_move $bytes "inside a block of size [0-9,]* free'd"
        reported after_reset $bytes 'Invalid read of size 1'
        [ $bytes = 20 ] && reported leak $bytes "bytes in 1 blocks are definitely lost"
    fi
    silent nothing $bytes
done
for bytes in 20 5000; do
    reported in_nested_heap $bytes "$([ "$tool" = asan ] && echo use-after-poison || echo 'Invalid write of size 1')"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
