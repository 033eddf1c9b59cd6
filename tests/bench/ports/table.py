#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py write DOC.md CALLS.tsv WORK MACHINE=ISA=LIBRARIES=COMPILER...: the figures of docs/ports.md, measured.
# table.py check DOC.md --isas ISA... --rows MACHINE=ISA=IMAGES...: every CPU that the Makefile knows is on the page.
#
# The page's table of machines is written by hand but for its last three columns: mean instructions of malloc and of free
# (CALLS.tsv, a table of tests/bench/instructions) and bytes of code at -Os (tests/bench/size). The check sees to it that
# each machine has one row, which names its port and the images that it runs, that no row is left of a machine that is
# gone, that each port has a row in the table of locks, and that no figure is empty. Ends with "N passed, N failed".

import concurrent.futures
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "size")]
import code as code_of  # noqa: E402 (tests/bench/size/code.py)
import tables  # noqa: E402

MACHINES = ("<!-- make bench-ports writes figures from here -->", "<!-- to here -->")
LOCKS = ("<!-- locks from here -->", "<!-- to here -->")
FIGURES = 3
HEAD_LINES = 2


def between(text, marks):
    """What stands before the lines between two marks, those lines, and what stands behind them."""
    before, rest = text.split(marks[0] + "\n")
    lines, after = rest.split(marks[1], 1)
    return before + marks[0] + "\n", lines.splitlines(), marks[1] + after


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def named(cell):
    """What a cell names, between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def rows_of(lines):
    return [cells(line) for line in lines[HEAD_LINES:]]


# --- write ---

def means(path):
    found = {}
    for row in tables.read(path).dicts():
        if row["allocator"] == "quarry" and row["call"] in ("malloc", "free"):
            found[row["machine"], row["call"]] = row["mean"]
    return found


def size_of(machine, work):
    """A machine's name, and the bytes of code with its compiler and flags."""
    name, isa, libraries, compiler = machine.split("=", 3)
    return name, code_of.measure(isa, compiler.split(), "-Os", os.path.join(work, name), libraries.split())


def write(path, calls, work, machines):
    with open(path, encoding="utf-8") as page:
        before, lines, after = between(page.read(), MACHINES)
    counted = means(calls)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        sizes = dict(pool.map(lambda machine: size_of(machine, work), machines))
    for at, row in enumerate(rows_of(lines), HEAD_LINES):
        name = named(row[2])[0]
        size = f"{sizes[name]:,}" if name in sizes else tables.MISSING
        figures = [counted.get((name, call), tables.MISSING) for call in ("malloc", "free")] + [size]
        lines[at] = "| " + " | ".join(row[:-FIGURES] + figures) + " |"
    with open(path, "w", encoding="utf-8") as page:
        page.write(before + "\n".join(lines) + "\n" + after)


# --- check ---

def complaints(path, isas, machines):
    with open(path, encoding="utf-8") as page:
        text = page.read()
    wanted = {name: (isa, images.split()) for name, isa, images in (machine.split("=") for machine in machines)}
    rows = rows_of(between(text, MACHINES)[1])
    seen = [named(row[2])[0] for row in rows]
    for name in wanted:
        yield f"{name} has {seen.count(name)} rows, not one", seen.count(name) == 1
    for name, row in zip(seen, rows):
        yield f"{name} is no machine of the Makefile's", name in wanted
        isa, images = wanted.get(name, ("", []))
        yield f"{name}: the port is {isa}", named(row[1]) == [isa]
        yield f"{name}: it runs {' '.join(images)}", row[3].split() == images
        yield f"{name}: a figure is empty; make bench-ports", all(row[-FIGURES:])
    ports = [port for row in rows_of(between(text, LOCKS)[1]) for port in named(row[0])]
    for isa in isas:
        yield f"the port {isa} has {ports.count(isa)} rows about its lock, not one", ports.count(isa) == 1
    for port in ports:
        yield f"there is no port {port}", port in isas


def check(path, isas, machines):
    failed = passed = 0
    for complaint, is_right in complaints(path, isas, machines):
        passed += is_right
        failed += not is_right
        if not is_right:
            print(f"FAIL {path}: {complaint}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    what, path, *rest = sys.argv[1:]
    if what == "write":
        write(path, rest[0], rest[1], rest[2:])
        return 0
    split = rest.index("--rows")
    return check(path, rest[1:split], rest[split + 1:])


if __name__ == "__main__":
    sys.exit(main())
