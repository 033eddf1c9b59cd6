#!/bin/sh
# SPDX-License-Identifier: MIT
#
# short.sh EXAMPLE...: examples to be copied are small: at most 30 lines in each source and 15 in a Makefile, apart from
# heads and empty lines, no macro, and nothing of another folder of examples/. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# $1: a file, $2: how many lines it may have.
is_short() {
    lines=$(sed '/^\/\*/,/\*\//d; /^# /d; /^\/\/ /d; /^ *$/d' "$1" | wc -l)
    echo "$lines lines"
    [ "$lines" -gt 0 ] && [ "$lines" -le "$2" ]
}
has_no_macro() { ! grep -n '^ *# *define' "$1"; }
shares_nothing() { ! grep -rn '\.\./\(common\|minimal\)\|examples/common' "$1" --include=Makefile --include='*.[ch]' --include='*.cpp' --include='*.rs'; }

for example; do
    folder=$root/examples/$example
    for file in "$folder"/*.[ch] "$folder"/*.cpp "$folder"/src/*.c "$folder"/src/*.rs "$folder"/Makefile "$folder"/CMakeLists.txt; do
        [ -f "$file" ] || continue
        case $file in
        */Makefile | */CMakeLists.txt) expect "${file#"$root/"} has more than 15 lines" is_short "$file" 15 ;;
        *) expect "${file#"$root/"} has more than 30 lines" is_short "$file" 30 ;;
        esac
        expect "${file#"$root/"} has a macro" has_no_macro "$file"
    done
    expect "examples/$example shares something" shares_nothing "$folder"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
