#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py --rounds N --out FILE.tsv --loads PROGRAM ALLOCATOR...: what allocators make of several threads (loads.c).
#
# A round is one run of each allocator, in a process of its own, one after the other; a ratio is that of two runs of one
# round. The first allocator's is 1.

import argparse
import os
import statistics
import subprocess

LOADS = ["larson", "xmalloc", "scratch", "mstress"]
THREADS = [1, 2, 4]
MILLISECONDS = 200
NAMES = {"quarry-smp": "quarry"}
NOTES = [
    "Millions of operations a second of all threads together, and how many times {base}'s that is: medians of {rounds} "
    "rounds, in each of which every allocator ran for {milliseconds} ms in a process of its own, one after the other; the "
    "ratios are those of runs of one round. A block counts when it is allocated and when it is freed.",
    "On {cpus} CPUs. Quarry: one heap for all threads, QUARRY_LOCK_SMP, gcc -O2, chunks of 2 MB from mmap. Its lock spins: "
    "with more threads than CPUs, a thread may wait for one that does not run. It is made for cores, not for threads.",
    "larson: each thread replaces blocks of 16 to 512 bytes, and takes another thread's blocks over now and then. xmalloc: "
    "blocks of 16 to 256 bytes are freed by another thread. scratch: 100 writes to each block of 8 bytes, which other "
    "threads' blocks may share a cache line with. mstress: 8 bytes to 64 KB, a tenth of the blocks freed by any thread.",
    "Peers: Debian's libc6, libmimalloc2.0, libjemalloc2.",
]


def run(options, load, allocator, threads):
    # jemalloc has more thread-local data than glibc leaves room for in a library that is loaded late.
    environment = {**os.environ, "GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=16384"}
    line = subprocess.run([options.loads, load, allocator, str(threads), str(MILLISECONDS)], check=True, text=True,
                          env=environment, stdout=subprocess.PIPE).stdout
    return float(line)


def rows(options):
    for load in LOADS:
        for threads in THREADS:
            found = {allocator: [] for allocator in options.allocators}
            for _ in range(options.rounds):
                for allocator in options.allocators:
                    found[allocator].append(run(options, load, allocator, threads))
            base = found[options.allocators[0]]
            for allocator, rates in found.items():
                ratio = statistics.median(rate / of_base for rate, of_base in zip(rates, base))
                yield load, threads, NAMES.get(allocator, allocator), f"{statistics.median(rates) / 1e6:.1f}", f"{ratio:.2f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--loads", required=True)
    parser.add_argument("allocators", nargs="+")
    options = parser.parse_args()
    values = {"base": options.allocators[0], "rounds": options.rounds, "milliseconds": MILLISECONDS, "cpus": os.cpu_count()}
    with open(options.out + ".part", "w", encoding="ascii") as out:
        print("# title: Operations of several threads at the same time", f"# command: make {options.out}", sep="\n", file=out)
        for note in NOTES:
            print("# note: " + note.format(**values), file=out)
        print("load", "threads", "allocator", "millions", "ratio", sep="\t", file=out)
        for row in rows(options):
            print(*row, sep="\t", file=out)
    os.replace(options.out + ".part", options.out)


if __name__ == "__main__":
    main()
