#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# budget.py check|lower|set [--without WORDS]... BUDGET.tsv FILE.tsv...: figures that must not rise.
#
# Takes from the bench's tables (by their names) every figure of the library's own that is exact: instructions of malloc
# and free (mean, p99, max) and of create, smallest regions, bytes of code, control data and stack, instructions of the
# longest sections with interrupts masked, and the bounds of what each call can take.
#
#   check  fails for each figure that is above its budget, has none, or is in the budget and was not measured;
#          --without: figures that begin with these words, e.g. code/armv7m, are not measured here, so their budget is
#          not looked at. Fails too where a malloc and a free with clang take more than CLANG_MOST of gcc's, on a trace
#          and a machine.
#   lower  writes the budget anew, but no figure higher than it was; says what it could not lower
#   set    writes the budget as measured
#
# Prints a line for each figure; check ends with "N passed, N failed", as tests/run.py wants it.

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tables  # noqa: E402

OURS = "quarry"
CLANG = "quarry-clang"
CLANG_MOST = 1.2
ADVICE = """
A figure is above its budget. Make it lower again; if that cannot be, raise it with `make budget FORCE=1`
and give the reason in the commit. A figure that is new, or gone, wants `make budget` only.
The figures hold for the compilers of Debian 12: others give others."""


def instructions(row):
    if row["allocator"] in (OURS, CLANG) and row["call"] in ("malloc", "free"):
        compiler = "clang " if row["allocator"] == CLANG else ""
        for figure in ("mean", "p99", "max"):
            yield f"instructions {row['machine']} {compiler}{row['trace']} {row['call']} {figure}", row[figure]


def create(row):
    yield f"instructions {row['machine']} create {row['region_bytes']}", row["instructions"]


def region(row):
    if row["allocator"] == OURS and row["trace"] != "mean":
        yield f"region {row['bits']}-bit {row['trace']}", row["region"]


def code(row):
    if row["allocator"] == OURS:
        yield f"code {row['isa']} {row['optimise']}", row["bytes"]


def control(row):
    if row["allocator"] == OURS:
        yield f"control {row['bits']}-bit {row['region']}", row["control"]


def stack(row):
    yield f"stack {row['function']}", row["bytes"]
    yield f"stack {row['function']} at callback", row["at_callback"]


def masked(row):
    yield f"masked {row['machine']} {row['function']}, {row['heaps']}", row["most"]


def wcet(row):
    """A row for each product of names that a bound is a sum of; on a source for the number in it only."""
    for part in row["bound"].split(" + ") if row["bound"] != tables.MISSING else []:
        times, *names = part.split(" * ") if part[0].isdigit() else ("1", *part.split(" * "))
        if names and row["heaps"] == "a source":
            continue
        name = f"wcet {row['machine']} {row['function']}, {row['heaps']}"
        yield " ".join([name, *(["per", " ".join(names)] if names else [])]), times


FIGURES = {"instructions": instructions, "instructions-create": create, "region": region, "size-code": code,
           "size-control": control, "size-stack": stack, "masked": masked,
           "wcet": wcet}


def measured(paths):
    found = {}
    for path in paths:
        table = tables.read(path)
        if table.name not in FIGURES:
            sys.exit(f"{path}: has no figures that are budgeted")
        for row in table.dicts():
            for figure, value in FIGURES[table.name](row):
                if value == tables.MISSING:
                    continue
                if tables.number(value) is None or figure in found:
                    sys.exit(f"{path}: {figure}: {'twice' if figure in found else f'no number: {value}'}")
                found[figure] = value
    return found


def read_budget(path):
    if not os.path.exists(path):
        return {}
    return {row["figure"]: row["at_most"] for row in tables.read(path).dicts()}


def write_budget(path, budget):
    tables.write(path, tables.Table(
        "budget", "Figures that must not rise", "make budget",
        ["Checked by make check-budget, a part of make test. make budget lowers; FORCE=1 sets what is measured."],
        ["figure", "at_most"], sorted(budget.items())))


def verdict(figure, budget, now):
    """What is wrong with a figure, or None."""
    if figure not in budget:
        return f"{figure}: measured {now[figure]}, has no budget"
    if figure not in now:
        return f"{figure}: budget {budget[figure]}, was not measured"
    if float(now[figure]) > float(budget[figure]):
        return f"{figure}: budget {budget[figure]}, measured {now[figure]}"
    return None


def compare_clang(now):
    """Is clang's mean of a malloc and a free within CLANG_MOST of gcc's? An answer for each trace of each machine."""
    answers = []
    for malloc in sorted(figure for figure in now if " clang " in figure and figure.endswith(" malloc mean")):
        calls = [malloc, malloc.replace(" malloc ", " free ")]
        of_clang = [float(now[call]) for call in calls]
        of_gcc = [float(now[call.replace(" clang ", " ")]) for call in calls]
        ratio = sum(of_clang) / sum(of_gcc)
        answers.append(ratio <= CLANG_MOST)
        print(f"{'ok' if answers[-1] else 'FAIL'} {malloc.removesuffix(' malloc mean')}, a malloc and a free: {ratio:.2f} of gcc's, "
              f"at most {CLANG_MOST} (malloc {of_clang[0] / of_gcc[0]:.2f}, free {of_clang[1] / of_gcc[1]:.2f})")
    return answers


def check(budget, now):
    wrong = 0
    for figure in sorted({*budget, *now}):
        text = verdict(figure, budget, now)
        if text:
            wrong += 1
            print(f"FAIL {text}")
        else:
            print(f"ok {figure}: {now[figure]} of {budget[figure]}")
    compared = compare_clang(now)
    wrong += sum(not good for good in compared)
    if wrong:
        print(ADVICE)
    print(f"{len({*budget, *now}) + len(compared) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


def lower(path, budget, now):
    kept = 0
    for figure, value in now.items():
        old = budget.get(figure)
        if old is not None and float(old) < float(value):
            print(f"above its budget, which stays: {figure}: budget {old}, measured {value}")
            now[figure] = old
            kept += 1
        elif old != value:
            print(f"{figure}: {old or 'new'} -> {value}")
    for figure in budget.keys() - now.keys():
        print(f"{figure}: gone")
    write_budget(path, now)
    return 1 if kept else 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("mode", choices=("check", "lower", "set"))
    arguments.add_argument("--without", action="append", default=[])
    arguments.add_argument("budget")
    arguments.add_argument("tables", nargs="+")
    given = arguments.parse_args()
    mode, path, now = given.mode, given.budget, measured(given.tables)
    if mode == "check":
        return check({figure: most for figure, most in read_budget(path).items()
                      if not any(figure.startswith(words.replace("/", " ") + " ") for words in given.without)}, now)
    if mode == "lower":
        return lower(path, read_budget(path), now)
    write_budget(path, now)
    print(f"{path}: {len(now)} figures as measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
