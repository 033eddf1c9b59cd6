#!/bin/sh
# SPDX-License-Identifier: MIT
#
# too_small.sh DIST COMPILER...: a CPU whose pointers have 16 bits is refused, and a sentence says why.
#
# Each COMPILER is a command with the flags that name such a CPU. A program that includes quarry.h, a file of the library
# with whichever port, the two-file version in DIST, `make lib` and CMake must all say the sentence. A compiler for a
# small CPU that is served must not be refused by the same commands. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
dist=$(cd "$1" && pwd)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said
echo '#include "quarry.h"' >"$work/user.c"
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

compiles() { $compiler -std=c11 -ffreestanding "$@" -c -o "$work/out.o" >"$said" 2>&1; }
explains() { grep -q 'error: .*Quarry needs pointers of at least 32 bits: its .*code and control data' "$said"; }

# What asks the port of the compiler's macros.
make_lib() { (cd "$root" && make -n lib CC="$compiler" QUARRY_FLAGS=) >"$said" 2>&1; }
configures() {
    rm -rf "$work/cmake"
    cmake -S "$root" -B "$work/cmake" -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
        -DCMAKE_C_COMPILER="${compiler%% *}" -DCMAKE_C_FLAGS="${compiler#* }" >"$said" 2>&1
}

for compiler; do
    ! compiles -I"$root/include" "$work/user.c" && explains
    verdict $? "$compiler: a program that includes quarry.h is not refused"
    for port in armv6m riscv32; do
        ! compiles -I"$root/include" -I"$root/arch/$port" "$root/src/quarry.c" && explains
        verdict $? "$compiler: the library with the port $port is not refused"
    done
    ! compiles "$dist/quarry.c" && explains
    verdict $? "$compiler: the two-file version is not refused"
    ! make_lib && explains
    verdict $? "$compiler: make lib CC=... does not refuse it"
    ! configures && explains
    verdict $? "$compiler: CMake does not refuse it"
done

compiler="arm-none-eabi-gcc -mthumb -mcpu=cortex-m0"
compiles -I"$root/include" "$work/user.c" && compiles -I"$root/include" -I"$root/arch/armv6m" "$root/src/quarry.c" &&
    compiles "$dist/quarry.c" && make_lib && configures
verdict $? "$compiler: is refused"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
