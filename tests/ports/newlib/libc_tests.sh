#!/bin/sh
# SPDX-License-Identifier: MIT
#
# libc_tests.sh FOLDER PLATFORM=MACHINE...: the tests that picolibc and newlib have of malloc, and those of their programs
# that allocate, pass on ports/newlib. FOLDER gets Debian's source packages, unless it has picolibc/ and newlib/ already;
# a package that cannot be had is a failure. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
. "$(dirname "$0")/../../harness/debian_source.sh"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
said=$folder/said
shift

tools/need.sh dpkg-dev:dpkg-source apt:apt-get
for package in picolibc newlib; do
    expect "there is no source package of $package" debian_source "$folder" "$package" "$package"
done
programs=$(cd "$folder" && ls picolibc/test/malloc*.c &&
    grep -lE '\<(m|c|re)alloc *\(' newlib/newlib/testsuite/*/*.c) 2>/dev/null
[ -n "$programs" ]
verdict $? "there are no tests in the source packages"
for program in $programs; do
    name=$(basename "$program" .c)
    cp "$folder/$program" "$folder/$name.c"
    for platform; do
        image=build/ports/${platform%=*}/libc-$name.elf
        make -s "$image" LIBC_TESTS="$folder" >"$said" 2>&1 && tests/qemu/run "${platform#*=}" 100 "$image" >"$said" 2>&1
        verdict $? "$program on ${platform%=*}"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
