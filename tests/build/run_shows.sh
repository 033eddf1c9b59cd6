#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_shows.sh SECONDS MACHINE:NAME...: what make run shows fits on some screens, ends with a summary, and leaves out no
# failure; the line that make images shows starts the image. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said
cd "$root" || exit 1

seconds=$1
shift
examples/show.py "$seconds" "$@" >"$work/said" 2>&1
expect "the examples run" [ $? = 0 ]
expect "they take at most 120 lines" [ "$(wc -l <"$work/said")" -le 120 ]
expect "the shortest is the first" grep -q "^Quarry packet server" "$work/said"
expect "each is in the summary" [ "$(grep -c ' ok ([0-9.]* s)$' "$work/said")" = $# ]
examples/show.py --full "$seconds" "$1" >"$work/said" 2>&1
expect "all is shown if that is wanted" grep -q "^Quarry packet server" "$work/said"
sh -c "$(tests/qemu/run --show "${1%%:*}" "build/examples/${1##*:}.elf")" >"$work/said" 2>&1 </dev/null &&
    grep -q "^Quarry packet server" "$work/said"
expect "the line for typing starts the image" [ $? = 0 ]
! examples/show.py "$seconds" no_such_machine:nothing >"$work/said" 2>&1 && grep -q "unknown machine" "$work/said" &&
    grep -q "FAILED, status 2" "$work/said"
expect "an example that fails is shown whole" [ $? = 0 ]
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
