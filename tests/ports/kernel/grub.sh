#!/bin/sh
# SPDX-License-Identifier: MIT
#
# grub.sh: examples/kernel-grub builds outside the repository, with nothing but a copy of the library beside it, and
# GRUB boots it from a disc image. Ends with "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
mkdir "$work/quarry"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$work/quarry"
cp -r "$root/examples/kernel-grub" "$work/own"
cd "$work/own" || exit 1
if make clean >/dev/null && make QUARRY=../quarry >"$work/said" 2>&1 && ! grep -i 'warning:' "$work/said" &&
    timeout 200 make run QUARRY=../quarry >"$work/said" 2>&1 </dev/null &&
    grep -q '^blocks and tasks came and went, on runs of frames$' "$work/said" &&
    grep -q '^blocks came and went, on single frames$' "$work/said"; then
    echo "1 passed, 0 failed"
else
    cat "$work/said"
    echo "0 passed, 1 failed"
    exit 1
fi
