#!/bin/sh
# SPDX-License-Identifier: MIT
#
# minimal.sh EXAMPLE TEXT: examples/EXAMPLE builds and boots, or runs, outside the repository, with nothing but a copy of
# the library and of its ports beside it. It must print TEXT. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
mkdir "$work/quarry"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$work/quarry"
cp -r "$root/examples/$1" "$work/own"
cd "$work/own" || exit 1
said=$work/said

make clean >/dev/null && make QUARRY=../quarry >"$work/said" 2>&1 && ! grep -i warning "$work/said"
verdict $? "it does not build without a warning"
timeout 120 make run QUARRY=../quarry >"$work/said" 2>&1 </dev/null && grep -q "^$2\$" "$work/said"
verdict $? "it does not boot"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
