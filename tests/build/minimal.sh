#!/bin/sh
# SPDX-License-Identifier: MIT
#
# minimal.sh EXAMPLE TEXT [MAIN]: examples/EXAMPLE is small, has no macro, and builds and boots outside the repository,
# with nothing but a copy of the library and of its ports beside it. MAIN is its source, main.c by default. It must print
# TEXT. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
main=${3-main.c}
mkdir "$work/quarry"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$work/quarry"
cp -r "$root/examples/$1" "$work/own"
cd "$work/own" || exit 1
said=$work/said

# $1: a file, $2: how many lines it may have, apart from its head and from empty ones.
is_short() {
    sed '/^\/\*/,/\*\//d; /^# /d; /^$/d' "$1" >"$work/said"
    [ "$(wc -l <"$work/said")" -le "$2" ]
}

is_short "$main" 30
verdict $? "$main has more than 30 lines"
is_short Makefile 15
verdict $? "the Makefile has more than 15 lines"
! grep -n '^ *# *define' "$main" >"$work/said"
verdict $? "$main has a macro"
make clean >/dev/null && make QUARRY=../quarry >"$work/said" 2>&1 && ! grep -i warning "$work/said"
verdict $? "it does not build without a warning"
timeout 120 make run QUARRY=../quarry >"$work/said" 2>&1 </dev/null && grep -q "^$2\$" "$work/said"
verdict $? "it does not boot"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
