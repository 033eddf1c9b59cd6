#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# control.py PEERS.tsv OUTPUT.tsv PROGRAM...: table 7, control data; runs each program (control.c).

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

NOTES = [
    "A region that starts at a multiple of 4 KB, less what a fresh heap in it has free: the heap, a code and a map for "
    "each page, and what is lost at the ends.",
    "Peers, 32-bit: reference figures, measured outside this repository, of what the allocator needs however long the "
    "region is (region -). Their headers in front of every block come on top; quarry has none.",
]


def main():
    peers_path, output, programs = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows = []
    for program in programs:
        done = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{program}: ended with status {done.returncode}")
        for line in done.stdout.splitlines():
            bits, region, control = line.split("\t")
            rows.append(["quarry", bits, region, control, f"{100 * int(control) / int(region):.1f}"])
    rows += [[peer["allocator"], "32", tables.MISSING, peer["bytes"], tables.MISSING]
             for peer in tables.read(peers_path).dicts() if peer["figure"] == "control"]
    tables.write(output, tables.Table(
        "size-control", "Control data in a fresh region, bytes", "make build/bench/size-control.tsv", NOTES,
        ["allocator", "bits", "region", "control", "percent"], rows))


if __name__ == "__main__":
    main()
