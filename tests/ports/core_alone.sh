#!/bin/sh
# SPDX-License-Identifier: MIT
#
# core_alone.sh "COMPILER FLAGS LIBRARY"...: what a program does not call is not in it: one that has a heap and its
# blocks takes of LIBRARY, without the help of --gc-sections, only members that are made of src/*.c, and no RAM of
# theirs. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
said=$work/said
trap 'rm -rf "$work"' EXIT
cat >"$work/main.c" <<'CODE'
#include "quarry.h"
static unsigned char region[4096];
int main(void) {
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    void *block = quarry_malloc(heap, 10);
    quarry_free(heap, block);
    return block == NULL;
}
CODE

# $1: compiler and flags; $2: library.
has_the_core_alone() {
    # shellcheck disable=SC2086 # a command with its arguments
    $1 -I"$root/include" "$work/main.c" "$2" -Wl,-Map,"$work/map" -o "$work/main" || return 1
    sed '/^Discarded input sections/,$d' "$work/map" | sed -n 's/^[^ ]*libquarry\.a(\([^)]*\)\.o)$/\1/p' | sort -u >"$work/members"
    [ -s "$work/members" ] || return 1
    while read -r member; do
        [ -f "$root/src/$member.c" ] || { echo "$member.o is in it"; return 1; }
    done <"$work/members"
    awk '/^ \.(data|bss)/ && $3 != "0x0" && /libquarry\.a/ { print; found = 1 } END { exit found }' "$work/map"
}

for pair; do
    library=${pair##* }
    expect "$library: more than the core is in a program that calls the core" has_the_core_alone "${pair% *}" "$library"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
