#!/bin/sh
# SPDX-License-Identifier: MIT
#
# files.sh [ROOT]: every source file opens with its licence, none has tabs or trailing blanks, and no line of C is
# longer than 120 columns.

set -u
cd "${1:-.}" || exit 1
bad=0
kinds="-name *.[chS] -o -name *.ld -o -name *.sh -o -name *.py -o -name *.mk -o -name *.cmake -o -name run"
set -f
for file in $(find include src arch linker tests examples tools ports .ci -type f \( $kinds \)); do
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
        echo "$file: does not open with its licence"
        bad=1
    fi
    case $file in
    *.mk) continue ;;
    esac
    case $file in
    *.[ch]) limit=121 ;;
    *) limit=200 ;;
    esac
    if grep -n "$(printf '\t')" "$file" | head -n 1 | sed "s|^|$file:|;s|\$| (tab)|" | grep . ||
        grep -n ' $' "$file" | head -n 1 | sed "s|^|$file:|;s|\$| (trailing blank)|" | grep . ||
        grep -n -E "^.{$limit}" "$file" | head -n 1 | sed "s|^|$file:|;s|\$| (long line)|" | grep .; then
        bad=1
    fi
done
exit $bad
