#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [--short] CPU_FLAGS MACHINE_SOURCES MACHINE_LINK_FLAGS: Quarry as a subdirectory of CMake projects.
#
# Builds the firmware in this folder with the arm-none-eabi toolchain and boots it on mps2-an386; builds Quarry for the
# host, installs it and links a program with the package, which must bring the options; and sees an unknown QUARRY_ARCH
# and a misspelt option refused with the list of those that exist. --short: no kernel, which names its port as the
# firmware does, and no ARM1176. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
short=
if [ "$1" = --short ]; then
    short=1
    shift
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/cmake
rm -rf "$build"
mkdir -p "$build"
said=$build/said

# $1: folder of the build, $2: the port that the project names, or nothing, $3: CPU flags, $4: sources, $5: link flags.
# Configures twice: what a cache holds by then must not matter.
firmware() {
    for time in first second; do
        cmake -G "Unix Makefiles" -S "$root/tests/cmake" -B "$build/$1" -DCMAKE_BUILD_TYPE=MinSizeRel \
            -DCMAKE_TOOLCHAIN_FILE="$root/tests/cmake/toolchain.cmake" -DNAMED_PORT="$2" -DCPU_FLAGS="$3" \
            -DMACHINE_SOURCES="$4" -DMACHINE_LINK_FLAGS="$5" &&
            cmake --build "$build/$1" || return 1
        masks "$1/quarry" cpsid >"$build/$1-$time"
    done
}

# $1: folder of the build, $2: an instruction. How many of it the library there has.
masks() {
    llvm-objdump -d --no-show-raw-insn "$build/$1/libquarry.a" | grep -c "[[:space:]]$2[[:space:]]*[if]*$"
}

# $1: folder of a firmware's build. Has its library masked interrupts from the first build on, as often in the second,
# and as often as where the port is named?
masks_are_there() {
    [ "$(cat "$build/firmware-first")" -gt 10 ] && cmp "$build/firmware-first" "$build/$1-first" &&
        cmp "$build/firmware-first" "$build/$1-second"
}

# A kernel built with the host's compiler: it names its port.
kernel() {
    cmake -G "Unix Makefiles" -S "$root" -B "$build/kernel" -DQUARRY_LOCK=IRQ -DQUARRY_ARCH=x86_64 -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS="-mno-red-zone -mgeneral-regs-only" && cmake --build "$build/kernel" && [ "$(masks kernel cli)" -gt 10 ]
}

host() {
    cmake -G "Unix Makefiles" -S "$root" -B "$build/host" -DQUARRY_LOCK=SMP && cmake --build "$build/host"
}

# A library for before the MMU is on, whose flag the port asks for.
before_mmu() {
    cmake -G "Unix Makefiles" -S "$root" -B "$build/armv6" -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY -DCMAKE_C_COMPILER=arm-none-eabi-gcc \
        -DCMAKE_C_FLAGS="-marm -mcpu=arm1176jzf-s" && cmake --build "$build/armv6" && tests/build/unaligned.py "$build/armv6/libquarry.a"
}

# A project that finds the package that is installed in $build/package.
package() {
    cmake --install "$build/host" --prefix "$build/package" &&
        cmake -G "Unix Makefiles" -S "$root/tests/cmake/package" -B "$build/user" -DCMAKE_PREFIX_PATH="$build/package" &&
        cmake --build "$build/user" && "$build/user/user" && nm "$build/user/user" | grep -q QUARRY_LOCK_SMP
}

# $1: how a misspelt option comes in. It must not build.
misspelt() {
    ! { cmake -G "Unix Makefiles" -S "$root" -B "$build/misspelt" "$1" && cmake --build "$build/misspelt"; } >"$build/said" 2>&1 &&
        grep -q 'no option QUARRY_LOKC; it has.*QUARRY_PAGE_BYTES' "$build/said"
}

# Linker scripts are named from the root of the sources.
cd "$root" || exit 1
links=$(echo "$3" | sed "s|-T *linker/|-T$root/linker/|g;s|-L *linker|-L$root/linker|g")
firmware firmware armv7em "$1" "$2" "$links" >"$build/said" 2>&1
verdict $? "the firmware does not build"
masks_are_there firmware >"$build/said" 2>&1
verdict $? "the port that the project names masks no interrupts"
firmware unnamed "" "$1" "$2" "$links" >"$build/said" 2>&1 && masks_are_there unnamed >"$build/said" 2>&1
verdict $? "the port that follows from the compiler masks no interrupts"
! firmware process hosted "$1" "$2" "$links" >"$build/said" 2>&1 && grep -q 'on bare metal take the port of the CPU' "$build/said"
verdict $? "the hosted port is not refused on bare metal"
! firmware nowhere "" "" "$2" "$links" >"$build/said" 2>&1 && grep -q 'ask for no port.*name the CPU' "$build/said"
verdict $? "a compiler without a CPU is not refused"
if [ -z "$short" ]; then
    kernel >"$build/said" 2>&1
    verdict $? "a kernel that names its port does not build, or masks no interrupts"
    before_mmu >"$build/said" 2>&1 && grep -q "port: armv6$" "$build/said"
    verdict $? "an ARM1176's library does not build, or has unaligned accesses"
fi
! { cmake -G "Unix Makefiles" -S "$root" -B "$build/masked" -DQUARRY_LOCK=IRQ && cmake --build "$build/masked"; } >"$build/said" 2>&1 &&
    grep -q 'QUARRY_LOCK_IRQ masks nothing in a process' "$build/said"
verdict $? "a process that masks interrupts is not refused"
tests/qemu/run mps2-an386 600 "$build/firmware/firmware.elf" >"$build/said" 2>&1 && grep -q 'CMake firmware booted' "$build/said"
verdict $? "the firmware does not boot"
host >"$build/said" 2>&1
verdict $? "Quarry does not build for the host"
package >"$build/said" 2>&1
verdict $? "a program does not get library and options from the package"
misspelt -DCMAKE_C_FLAGS=-DQUARRY_LOKC=1
verdict $? "a misspelt option is not refused"
! cmake -S "$root" -B "$build/unknown" -DQUARRY_ARCH=z80 >"$build/said" 2>&1 &&
    tr '\n' ' ' <"$build/said" | grep -q 'none of:.*armv7em'
verdict $? "an unknown QUARRY_ARCH is not refused"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
