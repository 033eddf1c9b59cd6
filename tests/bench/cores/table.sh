#!/bin/sh
# SPDX-License-Identifier: MIT
#
# table.sh FOLDER CORES...: the table of what a pair costs on several cores, from the images plain-N and noted-N,
# and plain-cached-N and noted-cached-N, in a folder, which it boots: the first has the instructions, the second locks and
# waits.

set -eu
folder=$1
shift
# $1: image, $2: cores, $3: what the line begins with
figure() {
    QEMU_ARGS="-smp $2 -icount shift=10" tests/qemu/run q35 900 "$folder/$1-$2.elf" | sed -n "s/^$3: //p" | tr -d ,
}
hundredths() {
    echo "$1" | awk '{ printf "%.1f", $1 / 100 }'
}
cat <<END
# title: A malloc and a free of small blocks on several cores, one heap
# command: make build/bench/cores.tsv
# note: Instructions of a pair, exact (QEMU q35, -icount; gcc 12 -O2, check level 1, QUARRY_LOCK_SMP), those that a core \
spends waiting included. The cores run side by side, 16 instructions at a time. All they do is malloc and free: a core of a \
program that does other work between its calls waits less. 16 slots: QUARRY_CACHE.
# note: A lock is one hold of the heap's lock. The longest wait is in instructions of the core that waits, and that of the \
image that notes waits, whose calls hold the lock longer; the lock's own bound is in docs/cores.md.
END
printf 'caches\tcores\tinstructions a pair\tlocks a 1,000 pairs\twaits a 1,000 pairs\tlongest wait\n'
for cached in '' -cached; do
    for cores; do
        printf '%s\t%s\t%s\t' "$([ -z "$cached" ] && echo none || echo '16 slots')" "$cores" \
            "$(hundredths "$(figure "plain$cached" "$cores" 'instructions, hundredths')")"
        QEMU_ARGS="-smp $cores -icount shift=10" tests/qemu/run q35 900 "$folder/noted$cached-$cores.elf" | tr -d , | awk -F ': ' -v OFS='\t' '
            { found[$1] = $2 }
            END {
                printf "%.1f\t%.1f\t%d\n", found["locks of a million pairs"] / 1000, found["waits of a million pairs"] / 1000,
                    found["longest wait"]
            }'
    done
done
