#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py OUTPUT.tsv FOLDER "TRACE_32..." "TRACE_64..." "REGION BUFFER TRACE" PHPLOOP "REPLACE..."
#
# Runs FOLDER/32/loads and FOLDER/64/loads (loads.c), and boots FOLDER/replace.elf (replace.c). A row for each figure.

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

NOTES = [
    "region: the smallest region in which a trace runs, by scanning every length from the peak of what is live, in steps of 8 "
    "bytes, or longer ones where there would be more than 4,000 (step). from: from this length on each length that was tried "
    "does, the next 250 at least; holes: lengths between the two that do not.",
    "sessions: of the buffers asked for in a region of 96 KB, those that were refused. acquired, released: chunks of the "
    "default size on a provider that maps memory.",
    "replace: calls that leave the hot path, in percent, where blocks of 64 bytes are replaced at random (Cortex-M4, exact: "
    "calls that take half as much again as one that surely stays on it); ns: a call on this host, Quarry's and the C library's.",
]


def run(*command, env=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        sys.exit(f"{command[0]}: ended with status {done.returncode}\n{done.stdout}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def main():
    output, folder, traces_32, traces_64, sessions, phploop, replaced = sys.argv[1:]
    rows = []
    for bits, traces in (("32", traces_32), ("64", traces_64)):
        for name, _, peak, first, sure, holes, step in run(f"{folder}/{bits}/loads", "smallest", *traces.split()):
            for figure, value in (("peak", peak), ("region", first), ("from", sure), ("holes", holes), ("step", step)):
                rows.append([name, bits, figure, value])
    name, _, _, asked, refused = run(f"{folder}/64/loads", "refused", *sessions.split())[0]
    rows += [[name, "64", "buffers", asked], [name, "64", "refused", refused]]
    name, _, acquired, released = run(f"{folder}/64/loads", "source", phploop)[0]
    rows += [[name, "64", "acquired", acquired], [name, "64", "released", released]]
    for trace in replaced.split():
        name, ours, libc = run(f"{folder}/64/loads", "time", trace)[0]
        rows += [[name, "64", "ns", ours], [name, "64", "ns of the C library", libc]]
    for _, _, live, rounds, mallocs, frees, *_ in (row for row in run(
            "tests/qemu/run", "mps2-an386", "300", f"{folder}/replace.elf", env={"QEMU_ARGS": "-icount shift=10"})
            if row[0] == "row"):
        for call, count in (("malloc", mallocs), ("free", frees)):
            rows.append([f"replace{live}", "32", f"{call} outside, %", f"{100 * int(count) / int(rounds):.1f}"])
    tables.write(output, tables.Table("loads", "Loads that are no recorded programs", "make bench-loads", NOTES,
                                      ["load", "bits", "figure", "value"], rows))


if __name__ == "__main__":
    main()
