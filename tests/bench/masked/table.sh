#!/bin/sh
# SPDX-License-Identifier: MIT
#
# table.sh LOG...: the table of the longest sections with masked interrupts, from what the images printed; a log is named
# after its machine.

set -eu
cat <<END
# title: The longest section with interrupts masked
# command: make build/bench/masked.tsv
# note: Instructions of one section, exact (QEMU, -icount; -O2, QUARRY_LOCK_IRQ, default options), from the one behind \
the one that masks to the one that restores. Found with fixed sequences of calls: a lower bound of the worst case.
END
printf 'machine\tfunction\theaps\tmost\n'
for log; do
    [ "$(grep -c '^searched' "$log")" = 2 ] || { echo "table.sh: $log: an image did not end" >&2; exit 1; }
    awk -F '\t' -v OFS='\t' -v machine="$(basename "$log" .log)" '
        $1 == "row" { print machine, $2, $3, $4 }' "$log"
done
