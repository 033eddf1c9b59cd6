#!/bin/sh
# SPDX-License-Identifier: MIT
#
# locks.sh MACHINE SECONDS FOLDER...: in each folder locks.elf must succeed, and no_lock.elf, whose program has no lock of
# its own, must end with a fault.

set -u
machine=$1 seconds=$2
shift 2
bad=0
for folder in "$@"; do
    tests/qemu/run "$machine" "$seconds" "$folder/locks.elf" || bad=1
    said=$(tests/qemu/run "$machine" "$seconds" "$folder/no_lock.elf" 2>&1)
    status=$?
    if [ $status -eq 0 ] || ! echo "$said" | grep -q '^\(ARM \)\?fault: '; then
        echo "FAIL $folder/no_lock.elf should stop: status $status: $said"
        bad=1
    fi
done
exit $bad
