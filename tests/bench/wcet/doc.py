#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# doc.py WCET.tsv docs/wcet.md: puts the table of the longest paths into the documentation, between its two marks, and
# prints it.

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

FROM, TO = "<!-- longest paths -->\n", "<!-- end of longest paths -->"
CPUS = {"mps2-an386": "Cortex-M4", "microbit": "Cortex-M0"}
HEAPS = ["one region", "several", "a source"]


def shown(text):
    """A sum with separators, names in code font."""
    return re.sub(r"[a-z]\w+", lambda name: f"`{name[0]}`", re.sub(r"\d{4,}", lambda number: f"{int(number[0]):,}", text))


def lines_of(table):
    rows = table.dicts()
    for machine in dict.fromkeys(row["machine"] for row in rows):
        of = {(row["function"], row["heaps"]): row for row in rows if row["machine"] == machine}
        functions = list(dict.fromkeys(function for function, _ in of))
        yield from ["", f"### {CPUS[machine]}", "", "| function | one region: bound | found | several regions: bound | found |",
                    "|---|--:|--:|--:|--:|"]
        for function in functions:
            cells = [shown(of[function, heaps][column]) for heaps in HEAPS[:2] for column in ("bound", "found")]
            yield f"| {function} | " + " | ".join(cells) + " |"
        yield from ["", "On a source:", "", "| function | bound |", "|---|---|"]
        for function in functions:
            yield f"| {function} | {shown(of[function, HEAPS[2]]['bound'])} |"
    yield ""
    yield from (f"- {note}" for note in table.notes)
    yield ""


def main():
    table = tables.read(sys.argv[1])
    lines = list(lines_of(table))
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    if text.count(FROM) != 1 or text.count(TO) != 1:
        sys.exit(f"{sys.argv[2]}: has no place for the table")
    text = text[:text.index(FROM) + len(FROM)] + "\n".join(lines) + "\n" + text[text.index(TO):]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(text)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
