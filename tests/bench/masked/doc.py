#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# doc.py MASKED.tsv DOC.md: writes the table of masked sections anew, between the two lines of DOC.md that say so.

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

BEGIN, END = "<!-- make bench-masked writes from here -->", "<!-- to here -->"
NAMES = {"mps2-an385": "Cortex-M3", "mps2-an386": "Cortex-M4"}
HEAPS = ("one region", "several")


def table(rows):
    most = {(row["function"], row["machine"], row["heaps"]): row["most"] for row in rows}
    lines = ["| function | " + " | ".join(f"{NAMES[machine]}, {heaps}" for machine in NAMES for heaps in HEAPS) + " |",
             "|---" + "|--:" * len(NAMES) * len(HEAPS) + "|"]
    for function in dict.fromkeys(row["function"] for row in rows):
        figures = [most.get((function, machine, heaps), tables.MISSING) for machine in NAMES for heaps in HEAPS]
        lines.append(f"| {function} | " + " | ".join(f if f == tables.MISSING else f"{int(f):,}" for f in figures) + " |")
    return "\n".join(lines)


def main():
    source, path = sys.argv[1:]
    with open(path, encoding="utf-8") as doc:
        text = doc.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as doc:
        doc.write(f"{before}{BEGIN}\n{table(tables.read(source).dicts())}\n{END}{after}")


if __name__ == "__main__":
    main()
