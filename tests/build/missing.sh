#!/bin/sh
# SPDX-License-Identifier: MIT
#
# missing.sh: where a tool is missing, make, make lib, make dist and make run say which, and what to type.
#
# PATH is a folder of links to all commands but compilers and python3; a sudo and an id in it answer as for a user
# without rights. Ends with "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

mkdir "$work/bin"
ln -s /usr/bin/* "$work/bin" 2>/dev/null
rm -f "$work"/bin/*gcc* "$work"/bin/*clang* "$work"/bin/python3* "$work/bin/sudo" "$work/bin/id" "$work"/bin/cc "$work"/bin/c99
printf '#!/bin/sh\nexit 1\n' >"$work/bin/sudo"
printf '#!/bin/sh\necho 1000\n' >"$work/bin/id"
chmod +x "$work/bin/sudo" "$work/bin/id"
# A tree in which nothing is built yet.
mkdir "$work/quarry"
(cd "$root" && ls | grep -v '^build$' | while read -r name; do ln -s "$root/$name" "$work/quarry/$name"; done)
unset MAKEFLAGS MFLAGS MAKELEVEL

# $1: what is missing, $2: its package; the rest: arguments of make.
says() {
    thing=$1
    package=$2
    shift 2
    (cd "$work/quarry" && ! PATH=$work/bin make "$@") >"$work/said" 2>&1 &&
        grep -q "^missing:.* $thing\\( \\|$\\)" "$work/said" && grep -q "to install, type: .* $package\\( \\|'\\)" "$work/said" &&
        ! grep -q "[Nn]o such file\|not found" "$work/said"
    if [ $? = 0 ]; then
        passed=$((passed + 1))
    else
        echo "FAIL make $*: does not say that $thing is missing and in $package"
        cat "$work/said"
        failed=$((failed + 1))
    fi
}

says gcc gcc
says arm-none-eabi-gcc gcc-arm-none-eabi lib ARCH=armv7em
says aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu lib ARCH=aarch64
says clang clang lib CC=clang
says python3 python3 dist
says gcc gcc run
says gcc gcc test
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
