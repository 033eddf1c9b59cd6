#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh FOLDER: the tests of ports/kernel in FOLDER pass, and fail by a check of theirs with a library that refuses every
# hundredth request, and with one whose blocks are the C library's. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for name in kmalloc liballoc liballoc-hook; do
    expect "$name" timeout 60 "$1/$name"
done
for name in kmalloc liballoc; do
    for flaw in refusing elsewhere; do
        timeout 60 "$1/$name-$flaw" >"$said" 2>&1
        [ $? = 1 ] && grep -q '^FAIL ' "$said"
        verdict $? "$name does not notice that the library is $flaw"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
