#!/bin/sh
# SPDX-License-Identifier: MIT
#
# must_fail.sh PROGRAM...: each program is a port's test that is linked with something that is wrong. Each must fail, and
# end by itself. A name with a blank in it is a command. Ends with "N passed, N failed".

set -u
passed=0
failed=0
for program; do
    # shellcheck disable=SC2086 # a command with its arguments
    timeout 60 $program >/dev/null 2>&1
    status=$?
    case $status in
    0 | 124 | 126 | 127)
        echo "FAIL $program: status $status"
        failed=$((failed + 1))
        ;;
    *)
        passed=$((passed + 1))
        ;;
    esac
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
