#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh FOLDER NAME...: the program NAME in FOLDER passes, and its versions on two bad libraries (NAME-refusing and
# NAME-elsewhere) fail, by a check of theirs and not by a crash. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
folder=$1
shift
said=$(mktemp)
trap 'rm -f "$said"' EXIT

for name; do
    timeout 60 "$folder/$name" >"$said" 2>&1
    verdict $? "$name fails"
    for flaw in refusing elsewhere; do
        timeout 60 "$folder/$name-$flaw" >"$said" 2>&1
        [ $? = 1 ] && grep -q '^FAIL ' "$said"
        verdict $? "$name does not notice that the library is $flaw"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
