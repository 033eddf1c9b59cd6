#!/bin/sh
# SPDX-License-Identifier: MIT
#
# files.sh [ROOT]: every source file opens with its licence, none has tabs or trailing blanks, and no line of C is
# longer than 120 columns (of C++ and Rust likewise).

set -u
cd "${1:-.}" || exit 1
folders="include src arch linker tests examples tools ports packaging .ci"
kinds="-name *.[chS] -o -name *.cpp -o -name *.hpp -o -name *.rs -o -name *.ld -o -name *.sh -o -name *.py -o -name *.mk -o -name *.cmake -o -name run"
set -f
# shellcheck disable=SC2086 # patterns
empty=$(find $folders -type f \( $kinds \) -size 0)
[ -z "$empty" ] || echo "$empty: empty"
# shellcheck disable=SC2086,SC2046 # patterns, and names without blanks
awk -v bad="${empty:+1}" '
function close_file() {
    if (file != "" && !licence) { print file ": does not open with its licence"; bad = 1 }
}
# The first of its kind in a file is enough.
function complain(kind) {
    if (!((file, kind) in said)) { print file ":" FNR ":" $0 " (" kind ")"; bad = said[file, kind] = 1 }
}
FNR == 1 {
    close_file()
    file = FILENAME; licence = 0; files++
    limit = file ~ /\.([ch]|cpp|hpp|rs)$/ ? 120 : 199
}
FNR <= 3 && /SPDX-License-Identifier: MIT/ { licence = 1 }
file ~ /\.mk$/ { next }
/\t/ { complain("tab") }
/ $/ { complain("trailing blank") }
length($0) > limit { complain("long line") }
END { close_file(); if (files == 0) { print "no files"; bad = 1 } exit bad + 0 }
' $(find $folders -type f \( $kinds \) -size +0)
