#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# wcet.py: bounds of what the public functions can take, from linked images.
#
#   wcet.py table OUTPUT.tsv WORST.tsv|MARKDOWN TOOLS MACHINE=IMAGE.elf...   the table; found figures from the search's
#   wcet.py compare WCET.tsv WORST.tsv                 fails where the search found more than the bound
#   wcet.py show IMAGE.elf TOOLS HEAPS [FUNCTION]...   the same of one image, with what each function below costs
#
# TOOLS: what the names of nm, objdump and addr2line begin with. Ends with status 1, and says why, if something cannot be
# bounded: recursion, a loop without a bound, control flow that is not understood.

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402
import terms  # noqa: E402
from image import Image, Refused  # noqa: E402
from paths import Paths, Rules  # noqa: E402
from source_loops import Sources  # noqa: E402

HEADER = "include/quarry.h"
# What names of bounds stand for. Where a number stands beside one, it is put in: there cannot be more.
NAMES = {
    "chunks": "chunks of the heap, huge blocks' memory included",
    "pages": "pages of the longest chunk",
    "free_runs": "runs of free pages",
    "runs": "runs of slots with a free slot that are in a list",
    "rounds": "how often on_oom answers true",
    "pieces": "64 MB of the region, rounded up",
    "asked_pages": "the pages asked for",
    "copied_32s": "32 bytes that are copied",
    "cleared_64s": "64 bytes that are cleared, of a block or of a chunk's control data (a byte or two a page)",
    "depth": "steps to the chunk of an address: at most 26, since no chunk is shorter than 64 bytes",
    "idle_depth": "steps to an idle part of a source's memory: at most 32, one for each bit of its position",
}
MOST = {"depth": 26, "idle_depth": 32, "heads": 64}
SOURCED = ["acquire", "release", "extend", "truncate"]
HOOKS = ["on_oom", "on_misuse"]
# Which heaps there are: what is not there, and which names are known.
HEAPS = {
    "one region": ([*SOURCED, *HOOKS, "qi_heap_growth"], {**MOST, "depth": 0, "idle_depth": 0, "chunks": 1}),
    "several": ([*SOURCED, *HOOKS, "qi_heap_growth"], {**MOST, "idle_depth": 0}),
    "a source": ([], MOST),
}
# Functions that misuse only, or that are the user's own.
LEFT_OUT = ("quarry_panic", "quarry_min_region_bytes", "quarry_lock_hook", "quarry_unlock_hook",
            "quarry_source_from_heap")

NOTES = [
    "The longest path in instructions, from the linked image: no call takes more. One instruction counts as one, also "
    "where an IT block passes it over.",
    "one region, several: heaps without source and hooks. a source: one with all callbacks; a callback's name is what it "
    "takes. Paths that end in a trap, because a caller's bug was found and there is no hook, are left out.",
    "found: the most that the search found when docs/benchmarks.md was written (table 3), served or refused; - where it has "
    "no such call. make wcet-compare searches anew, and fails where more is found than the bound.",
]


def header():
    with open(HEADER, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)


def public_functions():
    found = dict.fromkeys(re.findall(r"^[a-z][\w \n]*[ *](quarry_\w+)\(", header(), re.MULTILINE))
    return [name for name in found if name not in LEFT_OUT]


def callbacks():
    """The functions that a user hands in."""
    return re.findall(r"\(\*(\w+)\)\(", header())


class Bounds:
    """The bounds of an image's public functions."""

    def __init__(self, path, tools):
        self.image = Image(path, tools)
        code = [address for address in self.image.order if address not in self.image.data]
        self.sources, self.used, self.missing = Sources(path, tools, code), set(), set()
        self.paths = {}  # by heaps, and what is left out

    def of(self, function, heaps):
        """The sum of a function on one of HEAPS, None if it does not return; and what the functions below cost."""
        absent, values = HEAPS[heaps]
        paths = Paths(self.image, self.sources, Rules(function, callbacks(), values, absent, heaps))
        paths = self.paths.setdefault((heaps, paths.left_out), paths)
        longest = paths.longest(self.image.functions[function])
        self.used |= paths.used
        self.missing |= paths.missing
        below = {self.image.names[at]: terms.in_all(cost) for at, cost in paths.known.items() if cost is not None}
        return (None if longest is None else terms.put_in(terms.in_all(longest), values)), below

    def functions(self):
        return [name for name in public_functions() if name in self.image.functions]

    def refuse_missing(self):
        if self.missing:
            raise Refused("\n".join(sorted(self.missing)))


def found_by_search(path):
    """{(machine, function, heaps): the most found}, from the search's table or from the Markdown that has it."""
    found = {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".tsv"):
        rows = [(row["machine"], row["function"], row["heaps"], row["most"]) for row in tables.read(path).dicts()]
    else:
        rows, machine = [], None
        for line in text[text.index("### The most expensive single call"):].splitlines():
            named, cells = re.match(r"machine ([\w-]+):", line), re.match(r"\| ([\w, ]+) \| (\w[\w ]*) \| ([\d,]+) \|", line)
            machine = named[1] if named else machine
            if cells:
                rows.append((machine, cells[1], cells[2], cells[3].replace(",", "")))
    for machine, function, heaps, most in rows:
        key = machine, "quarry_" + function.split(",")[0], heaps
        found[key] = max(found.get(key, 0), int(most))
    return found


def table(output, search, tools, images):
    found, rows = found_by_search(search), []
    for word in images:
        machine, path = word.split("=")
        bounds = Bounds(path, tools)
        for function in bounds.functions():
            for heaps in HEAPS:
                longest, _ = bounds.of(function, heaps)
                most = found.get((machine, function, heaps))
                rows.append([machine, function.removeprefix("quarry_"), heaps, terms.show(longest).replace(",", ""),
                             tables.MISSING if most is None else most])
        bounds.refuse_missing()
    names = {word for row in rows for word in re.findall(r"[a-z]\w+", row[3])}
    notes = NOTES + [f"{name}: {NAMES[name]}." for name in NAMES if name in names]
    tables.write(output, tables.Table("wcet", "The longest path of each call", "make wcet", notes,
                                      ["machine", "function", "heaps", "bound", "found"], rows))


def compare(bounds_path, search_path):
    """What the search found must not be more than the bound, where that is a number."""
    wrong, found = 0, found_by_search(search_path)
    for row in tables.read(bounds_path).dicts():
        most = found.get((row["machine"], "quarry_" + row["function"], row["heaps"]))
        if most is not None and row["bound"].isdigit():
            text = f"{row['machine']} {row['function']}, {row['heaps']}: found {most}, bound {row['bound']}, {int(row['bound']) / most:.2f} times"
            print(("ok " if most <= int(row["bound"]) else "FAIL ") + text)
            wrong += most > int(row["bound"])
    return 1 if wrong else 0


def show(path, tools, heaps, functions):
    bounds = Bounds(path, tools)
    for function in functions or bounds.functions():
        longest, below = bounds.of(function, heaps)
        print(f"{function}: {terms.show(longest)}")
        for name, cost in sorted(below.items(), key=lambda item: -item[1].get((), 0)) if functions else []:
            print(f"    {name}: {terms.show(cost)}")
    bounds.refuse_missing()


def main():
    try:
        if sys.argv[1] == "table":
            table(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
        elif sys.argv[1] == "show":
            show(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
        elif sys.argv[1] == "compare":
            sys.exit(compare(sys.argv[2], sys.argv[3]))
        else:
            sys.exit("wcet.py: table, show or compare")
    except Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
