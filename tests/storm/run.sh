#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh MACHINE SECONDS IMAGE.elf [BROKEN.elf]: a storm, which must pass, and one with a lock that is broken on purpose,
# which must say what is wrong, or crash or hang, as the damage decides. Without that, the first would prove nothing.
# Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
machine=$1 seconds=$2 image=$3 broken=${4-}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
export QEMU_ARGS="-icount shift=10"

tests/qemu/run "$machine" "$seconds" "$image" >"$said" 2>&1
verdict $? "a storm on $machine"
grep '^storm:' "$said"
if [ -n "$broken" ]; then
    tests/qemu/run "$machine" 30 "$broken" >"$said" 2>&1
    case $? in
    1) grep -aq '^storm: ' "$said" && ! grep -aq 'no interrupt' "$said" ;;
    124 | 125) ;;
    *) false ;;
    esac
    verdict $? "with a broken lock, a storm on $machine fails"
    grep -ah '^storm:\|^fault:' "$said" | sed 's/^/broken lock: /'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
