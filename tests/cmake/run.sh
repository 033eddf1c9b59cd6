#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh CPU_FLAGS MACHINE_SOURCES MACHINE_LINK_FLAGS: Quarry as a subdirectory of CMake projects.
#
# Builds the firmware in this folder with the arm-none-eabi toolchain and boots it on mps2-an386; builds Quarry for the
# host, installs it and links a program with the package, which must bring the options; and sees an unknown QUARRY_ARCH
# and a misspelt option refused with the list of those that exist. Ends with "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/cmake
rm -rf "$build"
mkdir -p "$build"
passed=0
failed=0

verdict() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        echo "FAIL $2"
        cat "$build/said"
        failed=$((failed + 1))
    fi
}

firmware() {
    cmake -G "Unix Makefiles" -S "$root/tests/cmake" -B "$build/firmware" -DCMAKE_BUILD_TYPE=MinSizeRel \
        -DCMAKE_TOOLCHAIN_FILE="$root/tests/cmake/toolchain.cmake" -DCPU_FLAGS="$1" \
        -DMACHINE_SOURCES="$2" -DMACHINE_LINK_FLAGS="$3" &&
        cmake --build "$build/firmware"
}

host() {
    cmake -G "Unix Makefiles" -S "$root" -B "$build/host" -DQUARRY_LOCK=SMP && cmake --build "$build/host"
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
firmware "$1" "$2" "$links" >"$build/said" 2>&1
verdict $? "the firmware does not build"
tests/qemu/run mps2-an386 600 "$build/firmware/firmware.elf" >"$build/said" 2>&1 && grep -q 'CMake firmware booted' "$build/said"
verdict $? "the firmware does not boot"
host >"$build/said" 2>&1
verdict $? "Quarry does not build for the host"
package >"$build/said" 2>&1
verdict $? "a program does not get library and options from the package"
misspelt -DCMAKE_C_FLAGS=-DQUARRY_LOKC=1
verdict $? "a misspelt option is not refused"
! cmake -S "$root" -B "$build/unknown" -DQUARRY_ARCH=z80 >"$build/said" 2>&1 && grep -q 'none of:.*armv7em' "$build/said"
verdict $? "an unknown QUARRY_ARCH is not refused"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
