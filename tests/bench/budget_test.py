#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# budget_test.py: budget.py fails for what is above its budget, has none or was not measured, and where clang takes much
# more than gcc. Ends with "N passed, N failed".

import os
import subprocess
import sys
import tempfile

BUDGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budget.py")
COLUMNS = "machine cpu allocator trace call calls mean p99 max region_bytes".split()
passed = failed = 0


def table(title, columns, rows):
    return "\n".join([f"# title: {title}", "# command: make", "\t".join(columns), *("\t".join(row) for row in rows)]) + "\n"


def calls(allocator, malloc, free, machine="m4"):
    return [[machine, "CPU", allocator, "lua", call, "10", mean, "90", "99", "100"]
            for call, mean in (("malloc", malloc), ("free", free))]


def budget_of(rows):
    """The budget that has what was measured."""
    found = []
    for machine, _, allocator, trace, call, _, mean, p99, most, _ in rows:
        words = f"instructions {machine} {'clang ' if allocator.endswith('clang') else ''}{trace} {call}"
        found += [[f"{words} mean", mean], [f"{words} p99", p99], [f"{words} max", most]]
    return found


def expect(name, rows, budget, wanted, said, *arguments, columns=COLUMNS, file_name="instructions.tsv"):
    global passed, failed
    with tempfile.TemporaryDirectory() as folder:
        measured, path = os.path.join(folder, file_name), os.path.join(folder, "budget.tsv")
        with open(measured, "w", encoding="utf-8") as file:
            file.write(table("Instructions", columns, rows))
        with open(path, "w", encoding="utf-8") as file:
            file.write(table("Budget", ["figure", "at_most"], budget))
        done = subprocess.run([sys.executable, BUDGET, "check", *arguments, path, measured], stdout=subprocess.PIPE, text=True,
                              check=False)
    good = done.returncode == wanted and said in done.stdout
    passed, failed = passed + good, failed + (not good)
    print(f"{'ok' if good else 'FAIL'} {name}" + ("" if good else "\n" + done.stdout))


GCC = calls("quarry", "40.0", "60.0")
CLANG = calls("quarry-clang", "60.0", "59.0")
PEER = calls("newlib", "400.0", "600.0")
SLOW = calls("quarry-clang", "60.0", "61.0")
OTHER = calls("quarry", "1.0", "2.0", "q35")

expect("measured as budgeted passes", GCC + CLANG + PEER, budget_of(GCC + CLANG), 0, "0 failed")
expect("above the budget fails", calls("quarry", "40.1", "60.0"), budget_of(GCC), 1, "FAIL instructions m4 lua malloc mean")
expect("below the budget passes", calls("quarry", "39.9", "60.0"), budget_of(GCC), 0, "0 failed")
expect("without a budget fails", GCC + CLANG, budget_of(GCC), 1, "instructions m4 clang lua free max: measured 99, has no")
expect("not measured fails", GCC, budget_of(GCC + OTHER), 1, "FAIL instructions q35 lua malloc mean: budget 1.0, was not")
expect("--without does not ask for it", GCC, budget_of(GCC + OTHER), 0, "6 passed", "--without", "instructions/q35")
expect("--without asks for the others", OTHER, budget_of(GCC + OTHER), 1, "FAIL instructions m4", "--without", "instructions/q35")
expect("clang within 1.2 of gcc passes", GCC + CLANG, budget_of(GCC + CLANG), 0, "ok instructions m4 clang lua, a malloc and a free: 1.19")
expect("clang above 1.2 of gcc fails", GCC + SLOW, budget_of(GCC + SLOW), 1, "FAIL instructions m4 clang lua, a malloc and a free: 1.21")
WCET = dict(columns="machine function heaps bound found".split(), file_name="wcet.tsv")
BOUND = [["m4", "malloc", "several", "120 + 7 * chunks + acquire + 3 * chunks * pages", "-"]]
BOUNDS = [["wcet m4 malloc, several", "120"], ["wcet m4 malloc, several per chunks", "7"],
          ["wcet m4 malloc, several per acquire", "1"], ["wcet m4 malloc, several per chunks pages", "3"]]
expect("a bound as budgeted passes", BOUND, BOUNDS, 0, "4 passed, 0 failed", **WCET)
expect("a bound that grows with more fails", BOUND, BOUNDS[:3] + [["wcet m4 malloc, several per chunks pages", "2"]], 1,
       "FAIL wcet m4 malloc, several per chunks pages: budget 2, measured 3", **WCET)
expect("a bound that grows with another name fails", BOUND, BOUNDS[:3], 1, "chunks pages: measured 3, has no budget", **WCET)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
