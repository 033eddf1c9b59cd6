#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_three.sh MACHINE SECONDS NM PROGRAM: runs a test of a port on a QEMU machine. PROGRAM.elf must succeed and have one
# heap; PROGRAM-refusing.elf, whose library refuses every hundredth request, must fail; and so must PROGRAM-libc.elf,
# which has the C library's own allocator in the port's place.

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
machine=$1 seconds=$2 nm=$3 program=$4
here=$(dirname "$0")

must_fail() {
    output=$(tests/qemu/run "$machine" "$seconds" "$program-$1.elf" 2>&1)
    status=$?
    [ $status -ne 0 ] && [ $status -ne 2 ] && [ $status -ne 127 ] && echo "$output" | grep -q '^FAIL'
    verdict $? "$program-$1.elf should say what fails: status $status: $output"
}

output=$(tests/qemu/run "$machine" "$seconds" "$program.elf" 2>&1)
status=$?
echo "$output" | grep -v ' passed, '
[ $status -eq 0 ] && echo "$output" | grep -q ' passed, 0 failed'
verdict $? "$program.elf: status $status"
must_fail refusing
must_fail libc
"$here/one_heap.py" "$nm" "$program.map" "$program-libc.map"
verdict $? "$program.map"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
