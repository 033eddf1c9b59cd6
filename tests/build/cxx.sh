#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cxx.sh LIBRARY COMPILER...: a C++ program can include quarry.h and call the library.
#
# Built by each compiler as C++11 and C++17 with warnings as errors, linked with LIBRARY and run.
# Ends with "N passed, N failed".

set -u
library=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

cat >"$work/user.cpp" <<'END'
#include "quarry.h"

alignas(64) static unsigned char region[65536];

int main() {
    quarry_options options = {};
    quarry_heap *heap = quarry_create(region, sizeof(region), &options);
    void *block = quarry_malloc(heap, 100);
    bool good = block != nullptr && quarry_usable_size(heap, block) >= 100 && quarry_check(heap);
    quarry_free(heap, block);
    quarry_destroy(heap);
    return good ? 0 : 1;
}
END

for compiler; do
    for standard in c++11 c++17; do
        if $compiler -std=$standard -Wall -Wextra -Wconversion -Wundef -Wpedantic -Werror -I"$root/include" \
            "$work/user.cpp" "$library" -o "$work/user" && "$work/user"; then
            passed=$((passed + 1))
        else
            echo "FAIL $compiler -std=$standard"
            failed=$((failed + 1))
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
