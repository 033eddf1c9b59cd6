#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [--short] DIST: every manifest is read by its own tool, or checked for its fields where Debian has no such tool,
# and a program is built through Make, pkg-config, CMake (fetched and found) and Meson. DIST holds the two-file version.
# --short leaves out the tarballs, and FetchContent, which adds the same subdirectory as tests/cmake does. Ends with
# "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
short=false
if [ "$1" = --short ]; then
    short=true
    shift
fi
dist=$(cd "$1" && pwd)
work=$(mktemp -d)
said=$work/said
trap 'rm -rf "$work"' EXIT
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export PKG_CONFIG_PATH=$work/installed/lib/pkgconfig
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
version=$(sed -n 's/^version = //p' "$root/packaging/package.ini")

# Has the program $1 the option $2 in the names that it was linked by?
has_option() { nm "$1" | grep -q "quarry_create__.*$2"; }

arduino_compiles() {
    arm-none-eabi-gcc -mthumb -mcpu=cortex-m4 -std=gnu11 -ffreestanding -fsyntax-only -Wall -Werror "$1/src/quarry.c" &&
        arm-none-eabi-g++ -mthumb -mcpu=cortex-m4 -ffreestanding -x c++ -fsyntax-only -Wall -Werror -I"$root/tests/packaging" -include Arduino.h \
            -I"$1/src" "$1/examples/Region/Region.ino"
}

debian_reads() (
    packaging/tarballs.sh "$work/debian" && cd "$work/debian" &&
        tar -xf "quarry_$version.orig.tar.xz" && tar -xf "quarry_$version-1.debian.tar.xz" -C "quarry-$version" &&
        [ "$(cd "quarry-$version" && dpkg-parsechangelog -S Version)" = "$version-1" ] && dpkg-source -Zgzip -z1 -b "quarry-$version"
)

program_by_make() {
    cp "$root/tests/cmake/package/user.c" "$work"
    printf 'user: user.c $(QUARRY)/build/hosted/libquarry.a\n\t$(CC) -I$(QUARRY)/include $^ -o $@\n' >"$work/Makefile"
    make -C "$work" QUARRY="$root" && "$work/user"
}

program_by_pkg_config() {
    pkg-config --validate quarry && pkg-config --atleast-version="$version" quarry &&
        gcc "$root/tests/cmake/package/user.c" $(pkg-config --cflags --libs quarry) -o "$work/by-pkg-config" && "$work/by-pkg-config"
}

# $1: folder of the build; the rest: options of CMake.
program_by_cmake() {
    folder=$work/$1
    shift
    cmake -G "Unix Makefiles" -S "$root/tests/packaging/user" -B "$folder" -DVERSION="$version" "$@" && cmake --build "$folder" && "$folder/user"
}

# The wrap fetches from a repository with git: here from one that is made of this tree's core.
program_by_meson() {
    mkdir -p "$work/tree" "$work/meson" && cp -r "$root/include" "$root/src" "$root/arch" "$work/tree" &&
        rm -r "$work"/tree/src/*/*.c &&
        git -C "$work/tree" init -q -b main && git -C "$work/tree" add . &&
        git -C "$work/tree" -c user.name=test -c user.email=test@example.com commit -qm tree &&
        cp "$root/tests/packaging/user/meson.build" "$root/tests/cmake/package/user.c" "$work/meson" &&
        cp -r "$work/packages/meson" "$work/meson/subprojects" &&
        sed -i "s|^url = .*|url = file://$work/tree|" "$work/meson/subprojects/quarry.wrap" &&
        meson setup "$work/meson/build" "$work/meson" && ninja -C "$work/meson/build" user &&
        "$work/meson/build/user" && has_option "$work/meson/build/user" QUARRY_LOCK_SMP
}

cd "$root" || exit 1
expect "a manifest is not what the template makes" packaging/generate.py check
expect "the packages are not put together" packaging/assemble.sh "$work/packages" "$dist"
expect "a manifest lacks a field" tests/packaging/check.py "$work/packages"
expect "Quarry.pdsc is no XML" xmllint --noout packaging/cmsis/Quarry.pdsc
expect "Arduino's library does not compile" arduino_compiles "$work/packages/arduino/Quarry"
expect "ESP-IDF's component is wrong" cmake -DFILE="$work/packages/esp-idf/quarry/CMakeLists.txt" -P tests/packaging/stubs.cmake
expect "vcpkg's port is wrong" cmake -DFILE="$root/packaging/vcpkg/portfile.cmake" -P tests/packaging/stubs.cmake
$short || expect "Debian's tools do not read the tarballs" debian_reads
expect "make install fails" make -s install PREFIX="$work/installed"
expect "no program by make" program_by_make
expect "no program by pkg-config" program_by_pkg_config
expect "quarry.pc has another description" grep -qx "Description: $(sed -n 's/^description = //p' packaging/package.ini)" \
    "$work/installed/lib/pkgconfig/quarry.pc"
expect "no program by CMake's find_package" program_by_cmake found -DCMAKE_PREFIX_PATH="$work/installed"
$short || expect "no program by CMake's FetchContent" program_by_cmake fetched -DFETCHED="$root"
expect "no program by Meson" program_by_meson
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
