#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# targets.py FOLDER: what the library is to reach, each figure beside its target, from the tables in FOLDER (build/bench)
# and from docs/benchmarks.md and docs/levels.md for what takes long. "-": there is no table that has it. A figure that
# misses its target has "above" behind it, and by how much. Prints; fails for nothing, as make check-budget does that.

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tables  # noqa: E402

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "build/bench"
TRACES_32 = ("luafw", "cjsonmini", "tls", "cjson", "sqlite")


class Missing(Exception):
    """No table has a figure."""


def rows(name, **wanted):
    for path in (os.path.join(FOLDER, name + ".tsv"), os.path.join(FOLDER, "budget", name + ".tsv")):
        if os.path.exists(path):
            found = [row for row in tables.read(path).dicts() if all(row[key] == value for key, value in wanted.items())]
            if found:
                return found
    raise Missing(name)


def value(name, column, **wanted):
    return float(rows(name, **wanted)[0][column])


def load(name, figure, bits):
    return value("loads", "value", load=name, figure=figure, bits=bits)


def over_peak(bits):
    """Percent that each scanned trace's region is over its peak."""
    regions = {row["load"]: float(row["value"]) for row in rows("loads", figure="from", bits=bits)}
    return {name: 100 * region / load(name, "peak", bits) - 100 for name, region in regions.items()}


def mean_over_peak(traces=None):
    found = [percent for trace, percent in over_peak("32").items() if traces is None or trace in traces]
    return sum(found) / len(found)


def over_tlsf():
    """The worst recorded trace against TLSF's region."""
    return max(value("region", "region", allocator="quarry", trace=trace, bits="32") /
               value("region", "region", allocator="TLSF", trace=trace, bits="32") for trace in TRACES_32)


def from_docs(call, heaps):
    """The most that the search found, on a Cortex-M4."""
    with open("docs/benchmarks.md", encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("### The most expensive single call"):]
    return float(re.search(rf"^\| {call} \| {heaps} \| ([\d,]+) \|", text, re.MULTILINE)[1].replace(",", ""))


def worst(call, heaps):
    try:
        return value("worst", "most", machine="mps2-an386", function=call, heaps=heaps)
    except Missing:
        return from_docs(call, heaps)


def bound(call, heaps):
    return value("wcet", "bound", machine="mps2-an386", function=call, heaps=heaps)


def mean(machine, trace, call):
    return value("instructions", "mean", allocator="quarry", machine=machine, trace=trace, call=call)


def pair(machine, trace):
    return mean(machine, trace, "malloc") + mean(machine, trace, "free")


def fixed_control():
    """What a heap in 4 KB has besides 2 bytes a page."""
    return value("size-control", "control", allocator="quarry", bits="32", region="4096") - 2 * 4096 / 66


def growth(call):
    found = {int(row["n"]): float(row["mean"]) for row in rows("growth-chunks", call=call)}
    return found[max(found)] / found[min(found)]


def replaced(call):
    return max(load(f"replace{live}", f"{call} outside, %", "32") for live in (100, 1000, 10000))


def replaced_time():
    return max(load(f"replace{live}", "ns", "64") / load(f"replace{live}", "ns of the C library", "64")
               for live in (100, 1000, 10000))


def beside_zend(allocator, traces=("sqlite64", "php64")):
    """Times Zend MM's time."""
    return max(value("host-time", "ratio_to_zend", trace=trace, allocator=allocator) for trace in traces)


def create(cpu):
    found = rows("instructions-create", cpu=cpu)
    return float(max(found, key=lambda row: int(row["region_bytes"]))["instructions"])


# What it is, its target, then; the figure.
TARGETS = [
    ("smallest region, mean over peak of recorded 32-bit traces but cjsonmini, %", 9.8, 8,
     lambda: mean_over_peak(("luafw", "tls", "cjson", "sqlite"))),
    ("the same with cjsonmini and the loads that are no programs, %", 9.8, 8, mean_over_peak),
    ("worst trace against TLSF", 1.02, 1.00, over_tlsf),
    ("cjsonmini, smallest region", 2816, 2500, lambda: load("cjsonmini", "from", "32")),
    ("fixed control data of a 4 KB heap", 200, 132, fixed_control),
    ("FreeRTOS load of 24 slots, smallest region", 12800, 12496, lambda: load("freertos24", "from", "32")),
    ("sqlite64 over peak, %", 12, 10, lambda: over_peak("64")["sqlite64"]),
    ("php64 over peak, %", 12, 10, lambda: over_peak("64")["php64"]),
    ("sessions: buffers refused of 60,000", 0, 0, lambda: load("sessions", "refused", "64")),
    ("most expensive malloc served, one region, found", 190, 130, lambda: worst("malloc", "one region")),
    ("most expensive malloc refused, one region, found", 200, 70, lambda: worst("malloc, NULL", "one region")),
    ("malloc, one region, bound", 400, 400, lambda: bound("malloc", "one region")),
    ("most expensive free, one region, found", 180, 130, lambda: worst("free", "one region")),
    ("free, one region, bound", 360, 360, lambda: bound("free", "one region")),
    ("several regions: malloc served, above one region's", 60, 60,
     lambda: worst("malloc", "several") - worst("malloc", "one region")),
    ("several regions: malloc refused, above one region's", 60, 60,
     lambda: worst("malloc, NULL", "several") - worst("malloc, NULL", "one region")),
    ("several regions: free, above one region's, its lookup included", 60, 60,
     lambda: worst("free", "several") - worst("free", "one region")),
    *[(f"Cortex-M4, malloc + free mean, {trace}", most, 75, lambda trace=trace: pair("mps2-an386", trace))
      for trace, most in (("luafw", 96.0), ("tls", 81.4), ("cjson", 92.8), ("sqlite", 87.3), ("cjsonmini", 100.3))],
    ("Cortex-M0, malloc + free mean, cjsonmini", 145, 100, lambda: pair("microbit", "cjsonmini")),
    ("code of six functions, -Os, Cortex-M4", 4600, 3500,
     lambda: value("size-code", "bytes", allocator="quarry", isa="armv7em", optimise="-Os")),
    ("code of six functions, -Os, Cortex-M0", 5200, 3500,
     lambda: value("size-code", "bytes", allocator="quarry", isa="armv6m", optimise="-Os")),
    ("x86_64, time beside Zend MM, most of sqlite64 and php64", 1.3, 1.0, lambda: beside_zend("Quarry, level 1")),
    ("x86_64, level 0, time beside Zend MM, geometric mean", 1.0, 1.0,
     lambda: beside_zend("Quarry, level 0", ("geometric mean",))),
    ("stack, deepest public function", 160, 160, lambda: max(float(row["bytes"]) for row in rows("size-stack"))),
    ("create, the largest region, Cortex-A15", 3000, 3000, lambda: create("Cortex-A15")),
    ("create, the largest region, AArch64", 3000, 3000, lambda: create("Cortex-A53")),
    ("1 to most chunks: malloc grows", 1.3, 1.0, lambda: growth("malloc")),
    ("1 to most chunks: free grows, its lookup included", 1.3, 1.0, lambda: growth("free")),
    ("random replacement: mallocs that leave the hot path, %", 15, 15, lambda: replaced("malloc")),
    ("random replacement: frees that leave the hot path, %", 15, 15, lambda: replaced("free")),
    ("random replacement: time against the C library's", 1.2, 1.0, replaced_time),
    ("a script's loop on a provider: chunks released", 0, 0, lambda: load("phploop", "released", "64")),
]


def shown(number):
    return f"{number:,.0f}" if abs(number) >= 1000 or number == int(number) else f"{number:.2f}"


def line(what, target, then, figure):
    try:
        found = figure()
    except (Missing, KeyError, TypeError, ValueError):
        return False, [what, tables.MISSING, shown(target), shown(then), ""]
    verdict = "reached" if found <= target else f"above by {shown(found - target)}"
    return found <= target, [what, shown(found), shown(target), shown(then), verdict]


def main():
    found = [line(*target) for target in TARGETS]
    table = [["figure", "is", "target", "then", ""], *(cells for _, cells in found)]
    widths = [max(map(len, column)) for column in zip(*table)]
    print("\n=== Targets " + "=" * 90 + "\n")
    for cells in table:
        print("    " + cells[0].ljust(widths[0]) + "".join(f"  {cell.rjust(width)}" for cell, width in zip(cells[1:4], widths[1:4]))
              + "  " + cells[4])
    print(f"\n    {sum(reached for reached, _ in found)} of {len(found)} reached")


if __name__ == "__main__":
    main()
