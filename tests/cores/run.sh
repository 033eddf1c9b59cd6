#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh MACHINE CORES SECONDS IMAGE.elf BROKEN.elf: an image on all cores of a machine, which must pass, and one with a
# lock that is broken on purpose, which must begin, and then fail, crash or hang. Without that, the first would prove
# nothing. Each core is a thread of the host. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
machine=$1 cores=$2 seconds=$3 image=$4 broken=$5
said=$(mktemp)
trap 'rm -f "$said"' EXIT
export QEMU_ARGS="-smp $cores -accel tcg,thread=multi"

tests/qemu/run "$machine" "$seconds" "$image" >"$said" 2>&1
verdict $? "$cores cores of $machine on one heap"
sed "s/^/$machine: /" "$said"

tests/qemu/run "$machine" 120 "$broken" >"$said" 2>&1
case $? in
1) grep -aq '^FAIL' "$said" && ! grep -aq 'no core waited' "$said" ;;
124 | 125) grep -aq "^cores: $cores," "$said" ;;
*) false ;;
esac
verdict $? "with a broken lock, $cores cores of $machine fail"
grep -a '^FAIL\|^fault' "$said" | sed "s/^FAIL/wrong/; s/^/$machine, broken lock: /"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
