#!/bin/sh
# SPDX-License-Identifier: MIT
#
# lib.sh: make lib delivers what it says: the compiler's objects, the float ABI, and no unaligned access where memory
# may not be mapped yet.
#
# Works in a copy, since others link the libraries below build/. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in Makefile arch examples include linker packaging ports src tests tools; do
    ln -s "$root/$name" "$work/$name"
done
cd "$work" || exit 1
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
said=$work/said

lib() { make -s -j2 lib "$@" >"$work/said" 2>&1; }
says() { grep -q -e "$1" "$work/said"; }

# $1: ISA, $2: machine in its objects' heads. Are all objects for it, and are they listed?
is_for() {
    llvm-readelf -h "build/$1/libquarry.a" | grep Machine: | sort -u >"$work/machines"
    [ "$(wc -l <"$work/machines")" = 1 ] && grep -q "$2" "$work/machines" &&
        llvm-nm --print-armap "build/$1/libquarry.a" | grep -q '^quarry_malloc in '
}

# $1: ISA, $2: a flag that allows them, or nothing; the rest: what make is told.
aligned() {
    isa=$1 allow=$2
    shift 2
    lib ARCH="$isa" "$@" && tests/build/unaligned.py "build/$isa/libquarry.a" >"$work/said"
    verdict $? "make lib ARCH=$isa $*: has unaligned accesses"
    if [ -n "$allow" ]; then
        lib ARCH="$isa" "$@" QUARRY_FLAGS="$allow" && ! tests/build/unaligned.py "build/$isa/libquarry.a" >"$work/said"
        verdict $? "make lib ARCH=$isa $*: unaligned accesses are not seen"
    fi
}

# A hard-float firmware: does it link with the library?
cat >firmware.c <<'END'
#include "quarry.h"
static char region[4096];
float scale = 2;
__attribute__((noinline)) float scaled(float value) { return value * scale; }
void _start(void) { quarry_malloc(quarry_create(region, sizeof region, NULL), (size_t)scaled(10)); }
END
links_hard() {
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -O2 -Iinclude -nostdlib firmware.c \
        build/armv7em/libquarry.a -o firmware.elf >"$work/said" 2>&1
}

lib ARCH=armv7em && says 'float ABI soft' && is_for armv7em ARM
verdict $? "make lib ARCH=armv7em: is no soft-float library for ARM"
! links_hard
verdict $? "a hard-float firmware links with a soft-float library"
lib ARCH=armv7em FLOAT=hard && says 'float ABI hard' && links_hard
verdict $? "make lib ARCH=armv7em FLOAT=hard: a hard-float firmware does not link"
lib ARCH=armv7em CC=clang FLOAT=hard && says 'float ABI hard' && is_for armv7em ARM && links_hard
verdict $? "make lib ARCH=armv7em CC=clang: is no library for ARM"
lib CC="arm-none-eabi-gcc -mthumb -mcpu=cortex-m3" && says 'port armv7m,' && is_for armv7m ARM
verdict $? "make lib CC=...: the port does not follow from the compiler"
! lib ARCH=hosted CC="arm-none-eabi-gcc -mthumb -mcpu=cortex-m3" && says 'on bare metal take the port of the CPU'
verdict $? "make lib ARCH=hosted: is not refused on bare metal"
! lib ARCH=armv7em CC=gcc QUARRY_FLAGS=-std=c11
verdict $? "make lib ARCH=armv7em CC=gcc: is not refused"
! lib ARCH=armv6m FLOAT=hard && says 'no FLOAT=hard for armv6m'
verdict $? "make lib ARCH=armv6m FLOAT=hard: is not refused"
aligned armv6 -munaligned-access
aligned armv7a -munaligned-access
aligned armv7r "" CC=clang
aligned aarch64 -mno-strict-align
aligned aarch64 "" CC=clang
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
