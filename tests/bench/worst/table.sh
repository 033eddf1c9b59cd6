#!/bin/sh
# SPDX-License-Identifier: MIT
#
# table.sh [--show] LOG...: the table of the most expensive calls from what the images printed; a log is named after
# its machine. With --show, in columns for a terminal, and how to get to each state below it.

set -eu
show=false
if [ "${1-}" = --show ]; then
    show=true
    shift
fi

for log; do
    machine=$(basename "$log" .log)
    grep -q '^searched' "$log" || { echo "table.sh: $log: the search did not end" >&2; exit 1; }
    if $show; then
        awk -F '\t' '
            BEGIN { line = "%-21s %-10s %7s %10s %9s %9s  %s\n"
                    printf line, "function", "heaps", "most", "region", "smallest", "largest", "state" }
            $1 == "row" { printf line, $2, $3, $4, $5, $6, $7, $8 }
            $1 == "searched" { print "searched: " $2 " calls. How to get there, step by step: '"$log"'" }' "$log"
    fi
done
$show && exit 0

# A line that ends in a backslash goes on in the next.
cat <<END
# title: The most expensive single call
# command: make build/bench/worst.tsv
# note: Instructions of one call, exact (QEMU, -icount; -O2, default options). Found by a search: hill climbing over \
sequences of calls that begins with states written by hand. A longer one (WORST_SECONDS=600) or another seed \
(WORST_SEED=2) may find more: a figure is a lower bound of the worst case.
# note: most_small and most_large are the most found on the smallest and on the largest region: does the cost grow?
# note: Calls that were refused have rows of their own (malloc, NULL). Left out: calls that misuse the heap, and those whose cost \
grows with the heap by contract (reset, check, walk, destroy).
# note: Payload copied or cleared is counted apart. What 64 bytes of it take, and what each rest of 0 to 63 bytes \
takes more, is measured in place before the search (calloc of such sizes on equal heaps; aligned_realloc that moves \
such sizes between the same two places) and taken off calloc, realloc and aligned_realloc. Clearing of control data \
(create, add_region) is in the figures.
# note: State: the size asked for; what the heap held before the call, as quarry_walk shows it; a call's block and its \
neighbours.
END
for log; do
    awk -F '\t' -v machine="$(basename "$log" .log)" '
        $1 == "payload" { print "# note: " machine ": 64 bytes of payload take " $2 " instructions to clear, " $3 " to copy." }' "$log"
done
printf 'machine\tfunction\theaps\tmost\tregion_bytes\tmost_small\tmost_large\tstate\n'
for log; do
    awk -F '\t' -v OFS='\t' -v machine="$(basename "$log" .log)" '$1 == "row" { $1 = machine; print }' "$log"
done
