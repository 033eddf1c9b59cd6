#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# run.py check|write FOLDER_32 FOLDER_64: tools/memory-bound knows the library's constants, and no program is refused in the regions
# that it says. Runs the programs constants and bound of each folder. check: the bounds in docs/memory-bound.md are the
# tool's; write: puts its table there anew. Ends with "N passed, N failed".

import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys

DOC = "docs/memory-bound.md"
TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "memory-bound")
# Live bytes, smallest and largest block.
PROGRAMS = {
    32: [(4096, 8, 8), (4096, 8, 128), (20000, 24, 100), (30000, 129, 129), (30000, 100, 2000), (60000, 8, 600),
         (60000, 1000, 1500), (100000, 200, 8000)],
    64: [(20000, 16, 16), (100000, 16, 2048), (100000, 2049, 2049), (300000, 64, 9000), (300000, 3000, 60000)],
}
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("memory_bound", TOOL)
memory_bound = importlib.util.module_from_spec(importlib.util.spec_from_loader("memory_bound", loader))
loader.exec_module(memory_bound)
passed = failed = 0
rows = []


def expect(name, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"ok {name}" if good else f"FAIL {name}: {why}")


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout


def compare(bits, folder):
    design = memory_bound.Design(bits)
    ours = [f"page {design.page}", f"granule {design.granule}"]
    for index, granules in enumerate(design.slot_granules):
        ours += [f"shape {index} {length} {granules} {slots} {pages}"
                 for length, (slots, pages) in enumerate(design.shapes(index))]
    ours += [f"class {pages} {design.class_start(pages)}" for pages in range(1, 3000)]
    theirs = output(os.path.join(folder, "constants")).splitlines()
    wrong = [f"{a}, the library has {b}" for a, b in zip(ours, theirs) if a != b]
    expect(f"{bits}-bit constants", ours == theirs, wrong[:3] or f"{len(ours)} lines, the library has {len(theirs)}")


def compare_doc(verb):
    """The table of bounds in the documentation."""
    with open(DOC, encoding="utf-8") as file:
        text = file.read()
    head = "| M, m, n | bits | bound | the programs needed |\n|---|---|--:|--:|\n"
    start = text.index(head) + len(head)
    end = start + len(re.match(r"(?:\|.*\n)*", text[start:])[0])
    if verb == "write":
        with open(DOC, "w", encoding="utf-8") as file:
            file.write(text[:start] + "".join(f"| {' | '.join(row)} |\n" for row in rows) + text[end:])
        return
    said = [tuple(line.strip("| ").split(" | ")[:3]) for line in text[start:end].splitlines()]
    expect("bounds in the documentation", said == [row[:3] for row in rows], "make test-bound writes them")


for given_bits, given_folder in zip((32, 64), sys.argv[2:]):
    compare(given_bits, given_folder)
    for live, smallest, largest in PROGRAMS[given_bits]:
        region = memory_bound.region_bytes(memory_bound.Design(given_bits), live, smallest, largest)
        said = output(os.path.join(given_folder, "bound"), *map(str, (region, live, smallest, largest)))
        needed = re.search(r"need (\d+)", said)
        rows.append((", ".join(f"{number:,}" for number in (live, smallest, largest)), str(given_bits), f"{region:,}",
                     f"{int(needed[1]):,}" if needed else "-"))
        expect(f"{given_bits}-bit, {said.splitlines()[0].partition(' ')[2]}" if said else "bound", said.startswith("ok"), said)
compare_doc(sys.argv[1])
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
