#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cxx.sh [--all] LIBRARY: what a build says about ports/cxx, without a test program of its own.
#
# Every operator new and delete of the C++ libraries is in operators.cpp (nm shows both), in the oldest and the newest
# standard, with and without exceptions; no other symbol of a library is needed than what its README names; a build
# whose alignment is below the ABI's is refused with a message; the header compiles in every standard (--all: by both
# compilers). Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
all=0
[ "$1" = --all ] && all=1 && shift
library=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wconversion -Wundef -Wpedantic -Werror"

# The replaceable operators of a library. $1: nm; $2: file
operators_of() {
    "$1" -g --defined-only "$2" 2>/dev/null | awk '$2 ~ /^[TW]$/ && $3 ~ /^_Z(n|d)[wal]/ { print $3 }' | sort -u
}

# $1: prefix of the tools; $2: library; the rest: compiler's flags
same_operators() {
    tools=$1 cxx_library=$2
    shift 2
    "${tools}g++" -O2 $warnings -I"$root/include" "$@" -c "$root/ports/cxx/operators.cpp" -o "$work/operators.o" || return 1
    operators_of "${tools}nm" "$work/operators.o" >"$work/ours"
    operators_of "${tools}nm" "$("${tools}g++" "$@" -print-file-name="$cxx_library")" >"$work/theirs"
    [ "$(wc -l <"$work/theirs")" -ge 20 ] && diff "$work/theirs" "$work/ours"
}

# $1: what may be asked of others, as a pattern; the rest: compiler and flags
asks_only_for() {
    allowed=$1
    shift
    "$@" -O2 $warnings -I"$root/include" -c "$root/ports/cxx/operators.cpp" -o "$work/operators.o" || return 1
    nm -u "$work/operators.o" | awk '{ print $2 }' | grep -v -x -E "$allowed" && return 1
    return 0
}

refuses_alignment() {
    "$@" -I"$root/include" -DQUARRY_ALIGN_BYTES=8 -c "$root/ports/cxx/operators.cpp" -o "$work/operators.o" 2>"$work/said" && return 1
    grep -q 'C++ needs blocks as aligned as max_align_t' "$work/said"
}

cat >"$work/user.cpp" <<'CODE'
#include "quarry/cxx.hpp"
#include <map>
#include <vector>
alignas(64) static unsigned char region[65536];
extern "C" quarry_heap *quarry_cxx_heap() {
    static quarry_heap *heap = quarry_create(region, sizeof region, nullptr);
    return heap;
}
int main() {
    std::vector<int, quarry::allocator<int>> vector(100, 1);
    std::map<int, int, std::less<int>, quarry::allocator<std::pair<const int, int>>> map;
    map[1] = 2;
    int *plain = new int(3);
    const bool good = quarry_owns(quarry_cxx_heap(), vector.data()) && quarry_owns(quarry_cxx_heap(), plain);
    delete plain;
    return good && map[1] == 2 ? 0 : 1;
}
CODE
builds_and_runs() {
    "$@" $warnings -I"$root/include" "$work/user.cpp" "$root/ports/cxx/operators.cpp" "$library" -o "$work/user" && "$work/user"
}

expect "operators of libstdc++, C++11" same_operators "" libstdc++.a -std=c++11
expect "operators of libsupc++, C++23, no exceptions" same_operators "" libsupc++.a -std=c++2b -fno-exceptions -fno-rtti
expect "operators of libsupc++, Cortex-M3" same_operators arm-none-eabi- libsupc++.a -std=c++17 -mcpu=cortex-m3 -mthumb
expect "operators of libsupc++_nano, Cortex-M4" same_operators arm-none-eabi- libsupc++_nano.a -std=c++11 -mcpu=cortex-m4 -mthumb -fno-exceptions
quarry='quarry_(malloc|aligned_alloc|free|free_sized|panic|cxx_heap|cxx_out_of_memory)'
expect "symbols without exceptions" asks_only_for "$quarry|_ZSt15get_new_handlerv|_GLOBAL_OFFSET_TABLE_" \
    g++ -std=c++11 -ffreestanding -fno-exceptions -fno-rtti -fno-pic
for compiler in g++ "clang++"; do
    expect "alignment, $compiler" refuses_alignment $compiler -std=c++17
done
for standard in 11 14 17 20 2b; do
    for compiler in g++ clang++; do
        case $all$compiler$standard in
        1* | 0g++11 | 0clang++11)
            expect "$compiler -std=c++$standard" builds_and_runs $compiler -std=c++$standard
            ;;
        esac
        if [ $all = 1 ]; then
            expect "$compiler -std=c++$standard -fno-exceptions" builds_and_runs $compiler -std=c++$standard -fno-exceptions -fno-rtti
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
