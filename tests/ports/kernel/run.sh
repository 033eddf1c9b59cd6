#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh FOLDER: the tests of ports/kernel in FOLDER pass, and fail with a library that refuses every hundredth request.
# Ends with "N passed, N failed".

set -u
passed=0
failed=0
for name in kmalloc liballoc liballoc-hook; do
    if timeout 60 "$1/$name"; then
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        failed=$((failed + 1))
    fi
done
if timeout 60 "$1/kmalloc-refusing" | grep -q '^FAIL '; then
    passed=$((passed + 1))
else
    echo "FAIL kmalloc does not notice that the library refuses every hundredth request"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
