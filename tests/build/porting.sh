#!/bin/sh
# SPDX-License-Identifier: MIT
#
# porting.sh PAGE COMPILER: the port header that docs/porting.md shows is one, its dots apart.
#
# COMPILER, with its flags, builds the library with that header alone, as the page says: without a warning, and with no
# symbol from outside. Without any one of the header's parts quarry.c does not build. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
page=$root/$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said
mkdir "$work/port" "$work/objects"
cd "$work/objects" || exit 1

# The block of C that begins with the mark, with no instruction where the page has dots.
header() { sed -n '/^\/\* porting: header \*\/$/,/^```$/p' "$page" | sed '/^```$/d; s/"\.\.\."/""/'; }

# $1: source files; the rest: more flags.
builds() {
    files=$1
    shift
    # shellcheck disable=SC2086 # lists of words
    $compiler -std=c11 -O2 -ffreestanding -Wall -Wextra -Wconversion -Wundef -Werror -I"$root/include" -I"$work/port" \
        "$@" -c $files >"$said" 2>&1
}

header >"$work/port/arch_port.h"
[ -s "$work/port/arch_port.h" ] && builds "$root/src/*.c $root/src/*/*.c"
verdict $? "the header of the page does not build the library"
# shellcheck disable=SC2086
$compiler -nostdlib -r ./*.o -o "$work/all.o" >"$said" 2>&1 && llvm-nm -u "$work/all.o" >"$said" && [ ! -s "$said" ]
verdict $? "the library with the header of the page refers to something outside"
for part in ARCH_HAS_BIT_SCAN ARCH_HAS_ATOMICS arch_irq_save arch_irq_restore; do
    header | sed "s/$part/other_part/" >"$work/port/arch_port.h"
    ! builds "$root/src/quarry.c" -fsyntax-only -DQUARRY_LOCK=1
    verdict $? "without $part the library builds all the same"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
