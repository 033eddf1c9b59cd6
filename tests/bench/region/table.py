#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py PEERS.tsv OUTPUT.tsv PROGRAM TRACE.txt... [-- PROGRAM TRACE.txt...]: table 2.
#
# Runs each program (region.c) on its traces, puts the peers' reference figures beside it, and adds the mean overhead
# of the 32-bit traces. The peers' overhead is taken over the same peak of live bytes.

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

NOTES = [
    "The region starts 8 bytes after a 64-byte boundary. Its size is found in steps of 8 bytes: by bisection, then the "
    "320 steps below are tried too. All control data lies in the region; overhead_percent is region over peak_live.",
    "32-bit: hosted build with gcc -m32 and blocks aligned to 8 bytes, as the ARM ABI wants.",
    "The peers' figures are reference figures. They were measured by the same search, in steps of 64 bytes, outside "
    "this repository and are not remeasured. TLSF and umm_malloc align blocks to 4 bytes only; umm_malloc manages "
    "256 KB at most, which is too little for sqlite, so there is no mean for it.",
    "mean: of the overheads of the 32-bit traces.",
]


def measured(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: ended with status {done.returncode}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def overhead(region, peak):
    return 100 * int(region) / int(peak) - 100


def row(allocator, trace, bits, peak, region):
    if region == tables.MISSING:
        return [allocator, trace, bits, peak, region, tables.MISSING]
    return [allocator, trace, bits, peak, region, f"{overhead(region, peak):.1f}"]


def mean(allocator, rows):
    rows = [r for r in rows if r[0] == allocator and r[2] == "32"]
    if any(r[4] == tables.MISSING for r in rows):
        return tables.MISSING
    return f"{sum(overhead(r[4], r[3]) for r in rows) / len(rows):.1f}"


def main():
    peers_path, output, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows, commands = [], [[]]
    for word in rest:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    for command in commands:
        rows += [row("quarry", *fields) for fields in measured(command)]
    peaks = {r[1]: r[3] for r in rows}
    for peer in tables.read(peers_path).dicts():
        if peer["trace"] not in peaks:
            sys.exit(f"{peers_path}: {peer['trace']} is not measured")
        rows.append(row(peer["allocator"], peer["trace"], "32", peaks[peer["trace"]], peer["region"]))
    for allocator in dict.fromkeys(r[0] for r in rows):
        rows.append([allocator, "mean", "32", tables.MISSING, tables.MISSING, mean(allocator, rows)])
    columns = ["allocator", "trace", "bits", "peak_live", "region", "overhead_percent"]
    title = "Smallest region in which a whole program runs, bytes"
    tables.write(output, tables.Table("region", title, "make build/bench/region.tsv", NOTES, columns, rows))


if __name__ == "__main__":
    main()
