#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py TABLE JOBS OUT.tsv NAME:MACHINE:TRACE:IMAGE...: boots images in QEMU and writes a table of what they count.
#
# TABLE is `calls` (images of replay.c) or `create` (images of create.c; their TRACE is empty). NAME is the allocator of
# a row of dashes where a trace does not fit a machine: IMAGE is then `-`. A MACHINE that ends in -clang is the machine
# before that, whose image has the library of clang: its rows have the allocator "quarry-clang". JOBS images run at a time. Nothing is written
# unless every image ended well. The table is shown on standard output too, in columns.

import concurrent.futures
import os
import subprocess
import sys

SECONDS = "1200"
CLANG = "-clang"

NOTES = {
    "calls": [
        "Exact: QEMU with -icount shift=10 takes 1,024 ns of virtual time for an instruction, and every image first "
        "times code of known length. Counted is what the function executes, its return included, the call not. -O2; "
        "check level 1, figures on. quarry-clang: the library as clang builds it by the documented command line.",
        "p99: at least 99 % of the calls take no more. calloc is replayed as malloc, clearing is not counted; what "
        "realloc copies is.",
        "region_bytes is 2.5 MB (php64: 8 MB), or all RAM that a small machine has left; every allocator gets the same "
        "region. Dashes: the trace does not fit the machine.",
        "newlib, newlib-nano and picolibc are those of Debian's libnewlib-arm-none-eabi and picolibc-arm-none-eabi, in "
        "the variant that gcc selects for the CPU (Thumb on the Cortex-A15, where Quarry is ARM code), unchanged but for "
        "sbrk. They check no pointer and keep no figures.",
    ],
    "create": [
        "Exact, as the instructions of each call. A size is missing ('-') where no RAM of the machine holds it.",
    ],
}
TITLES = {"calls": "Instructions of each call", "create": "Instructions of quarry_create"}
COLUMNS = {
    "calls": "machine cpu allocator trace call calls mean p99 max region_bytes".split(),
    "create": "machine cpu region_bytes instructions".split(),
}


def boot(machine, image):
    """Returns the image's rows as lists of words, or None after saying what went wrong."""
    environment = dict(os.environ, QEMU_ARGS="-icount shift=10")
    done = subprocess.run(["tests/qemu/run", machine.removesuffix(CLANG), SECONDS, image], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = done.stdout.decode(errors="replace").replace("\r", "").splitlines()
    rows = [line.rstrip("\t").split("\t")[1:] for line in lines if line.startswith("row\t")]
    if done.returncode != 0 or not rows:
        print(f"{image} on {machine}: status {done.returncode}", *lines, sep="\n", file=sys.stderr)
        return None
    return rows


def split_name(name):
    """("mps2-an386", "Cortex-M4") of "QEMU mps2-an386, Cortex-M4"."""
    machine, cpu = name.removeprefix("QEMU ").split(", ")
    return [machine, cpu]


def table_of_calls(jobs, results):
    rows, cpus = [], {}
    for (_, machine, trace, _), found in zip(jobs, results):
        for name, allocator, call, calls, instructions, p99, most, region in found or []:
            # The CPU tells machines of one name apart (virt); the folder's name is what users of the bench type.
            cpus[machine] = split_name(name)[1]
            allocator += CLANG if machine.endswith(CLANG) else ""
            tenths = (int(instructions) * 20 // int(calls) + 1) // 2
            mean = f"{tenths // 10}.{tenths % 10}"
            rows.append([machine, cpus[machine], allocator, trace, call, calls, mean, p99, most, region])
        if found is None:
            rows += [[machine, None, jobs[0][0], trace, call] + ["-"] * 5 for call in ("malloc", "free", "realloc")]
    return [[row[0].removesuffix(CLANG), cpus.get(row[0], "-")] + row[2:] for row in rows]


def table_of_create(jobs, results):
    sizes = sorted({int(row[1]) for found in results for row in found})
    rows = []
    for (_, machine, _, _), found in zip(jobs, results):
        cpu = split_name(found[0][0])[1]
        counted = {int(size): instructions for _, size, instructions in found}
        rows += [[machine, cpu, str(size), counted.get(size, "-")] for size in sizes]
    return rows


def show(columns, rows):
    widths = [max(len(row[i]) for row in [columns] + rows) for i in range(len(columns))]
    for row in [columns] + rows:
        print("  ".join(word.rjust(width) if word[0] in "-0123456789" else word.ljust(width)
                        for word, width in zip(row, widths)).rstrip())


def main():
    if len(sys.argv) < 5:
        sys.exit("usage: table.py calls|create JOBS OUT.tsv NAME:MACHINE:TRACE:IMAGE...")
    table, at_a_time, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    jobs = [tuple(argument.split(":")) for argument in sys.argv[4:]]
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        running = [None if image == "-" else pool.submit(boot, machine, image) for _, machine, _, image in jobs]
        results = [run and run.result() for run in running]
    if any(run is not None and result is None for run, result in zip(running, results)):
        sys.exit(1)
    rows = (table_of_calls if table == "calls" else table_of_create)(jobs, results)
    with open(out, "w", encoding="ascii") as file:
        print(f"# title: {TITLES[table]}", f"# command: make {out}", sep="\n", file=file)
        for note in NOTES[table]:
            print(f"# note: {note}", file=file)
        for row in [COLUMNS[table]] + rows:
            print(*row, sep="\t", file=file)
    show(COLUMNS[table], rows)


if __name__ == "__main__":
    main()
