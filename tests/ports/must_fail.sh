#!/bin/sh
# SPDX-License-Identifier: MIT
#
# must_fail.sh PROGRAM...: each program is a port's test that is linked with something that is wrong. Each must fail by a
# check of its own, which says so in a line that begins with FAIL, and end by itself. A name with a blank in it is a
# command. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for program; do
    # shellcheck disable=SC2086 # a command with its arguments
    timeout 60 $program >"$said" 2>&1
    status=$?
    [ $status = 1 ] && grep -q '^FAIL ' "$said"
    verdict $? "$program should say what fails: status $status"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
