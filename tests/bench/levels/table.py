#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# table.py instructions JOBS OUT.tsv LEVEL:MACHINE:TRACE:IMAGE...   boots images of replay.c, one for each level
# table.py bytes JOBS OUT.tsv LEVEL:BITS:FOLDER:TRACES...           runs FOLDER/bytes and FOLDER/region
# table.py code WORK OUT.tsv ISA=COMPILER...                        compiles, as tests/bench/size/code.py does
# table.py check JOBS BUDGET.tsv LEVEL:MACHINE:TRACE:IMAGE...       fails where a level costs more than it may
# table.py report DOCUMENT.md FILE.tsv...                           prints the tables, and writes them into a document
#
# A level's cost over a trace is that of all its calls. The budget has how many times those of one level may be those of
# another, in each trace and in all together, on any machine or on one; check ends with "N passed, N failed".

import concurrent.futures
import importlib.util
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import report  # noqa: E402
import tables  # noqa: E402

LEVELS = ["0", "1", "2", "3", "4"]
CALLS = ["malloc", "free", "realloc"]
NOTES = {
    "instructions": [
        "Exact, by the instruments of table 1 of docs/benchmarks.md: QEMU with -icount, gcc 12 -O2, figures on. All: the sum "
        "over all calls of a trace, realloc included.",
        "Regions of 2.5 MB (php64: 8 MB). Level 4 looks at the whole region after each call: two small traces only, in "
        "64 KB.",
    ],
    "bytes": [
        "Block: what each block loses beside the usable bytes. Smallest heap: the shortest region that quarry_create accepts. "
        "Control: a region less what a fresh heap in it has free. The others: the smallest region in which a whole "
        "trace runs, found as in table 2 of docs/benchmarks.md. Level 4 has the bytes of level 3.",
    ],
    "code": [
        "malloc, free, calloc, realloc, aligned_alloc and create with everything that they need, .text and .rodata, gcc -Os, "
        "figures on.",
    ],
}
TITLES = {"instructions": "Instructions of each check level", "bytes": "Bytes of each check level",
          "code": "Code of each check level, bytes"}


def load(path):
    """Another table's program, as a module."""
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", path), os.path.join(HERE, "..", path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path, name, columns, rows):
    tables.write(path, tables.Table("levels-" + name, TITLES[name], f"make {path}", NOTES[name], columns, rows))


# --- Measuring --------------------------------------------------------------------------------------------------------


def count(at_a_time, jobs):
    """[(level, machine, CPU, trace, {call: (calls, instructions, p99, most)})] of images."""
    calls = load("instructions/table.py")
    jobs = [job.split(":") for job in jobs]
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        found = list(pool.map(lambda job: calls.boot(job[1], job[3]), jobs))
    if None in found:
        sys.exit(1)
    return [(level, machine, calls.split_name(rows[0][0])[1], trace,
             {row[2]: tuple(map(int, row[3:7])) for row in rows})
            for (level, machine, trace, _), rows in zip(jobs, found)]


def total(counted):
    return sum(instructions for _, instructions, _, _ in counted.values())


def instructions(at_a_time, out, jobs):
    rows = []
    for level, machine, cpu, trace, counted in count(int(at_a_time), jobs):
        for call in [call for call in CALLS if call in counted]:
            calls, in_all, p99, most = counted[call]
            rows.append([level, machine, cpu, trace, call, calls, in_all, f"{in_all / calls:.1f}", p99, most])
        calls = sum(figures[0] for figures in counted.values())
        rows.append([level, machine, cpu, trace, "all", calls, total(counted), f"{total(counted) / calls:.1f}", "-", "-"])
    columns = "level machine cpu trace call calls instructions mean p99 max".split()
    write(out, "instructions", columns, rows)


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def bytes_of(job):
    level, bits, folder, traces = job.split(":")
    rows = [[level, bits, what, figure] for what, figure in run([folder + "/bytes"])]
    return rows + [[level, bits, trace, region] for trace, _, _, region in run([folder + "/region", *traces.split(",")])]


def bytes_table(at_a_time, out, jobs):
    with concurrent.futures.ThreadPoolExecutor(int(at_a_time)) as pool:
        rows = [row for found in pool.map(bytes_of, jobs) for row in found]
    write(out, "bytes", ["level", "bits", "what", "bytes"], rows)


def code(work, out, pairs):
    size = load("size/code.py")
    rows = []
    for level in LEVELS:
        for pair in pairs:
            isa, _, compiler = pair.partition("=")
            words = [*compiler.split(), "-DQUARRY_CHECK_LEVEL=" + level]
            rows.append([level, isa, size.measure(isa, words, "-Os", os.path.join(work, level))])
    write(out, "code", ["level", "isa", "bytes"], rows)


# --- What a level may cost --------------------------------------------------------------------------------------------


def ratios(totals):
    """{(machine, trace): {level: its instructions over those of the level below}}."""
    found = {}
    for (level, machine, trace), figure in totals.items():
        below = totals.get((str(int(level) - 1), machine, trace))
        if below:
            found.setdefault((machine, trace), {})[level] = figure / below
    return found


def check(at_a_time, budget_path, jobs):
    budget = {(row["machine"], row["of"], row["level"]): float(row["at_most"]) for row in tables.read(budget_path).dicts()}
    totals = {}
    for level, machine, _, trace, counted in count(int(at_a_time), jobs):
        totals[level, machine, trace] = total(counted)
        totals[level, machine, "all"] = totals.get((level, machine, "all"), 0) + total(counted)
    passed = failed = 0
    for (machine, trace), found in ratios(totals).items():
        for level, ratio in found.items():
            of = "all" if trace == "all" else "each"
            at_most = budget.get((machine, of, level), budget["any", of, level])
            good = ratio <= at_most
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok' if good else 'FAIL'} {machine} {trace}: level {level} takes {ratio:.3f} times the instructions of "
                  f"level {int(level) - 1}, at most {at_most:.2f}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


# --- The document -----------------------------------------------------------------------------------------------------


def number(figure):
    return f"{int(figure):,}"


def by_level(rows, levels):
    """A row's cells for each level; "-" where there is none."""
    return [rows.get(level, tables.MISSING) for level in levels]


def view_instructions(table):
    cells, totals, cpus = {}, {}, {}
    for row in table.dicts():
        cpus[row["machine"]] = row["cpu"]
        if row["call"] == "all":
            totals[row["level"], row["machine"], row["trace"]] = int(row["instructions"])
        elif row["call"] != "realloc":
            cells.setdefault((row["machine"], row["trace"], row["call"]), {})[row["level"]] = "; ".join(
                map(report.shown, (row["mean"], row["max"])))
    yield ("A call, mean; most", ["CPU", "trace", "call", *("level " + level for level in LEVELS)],
           [[cpus[machine], trace, call, *by_level(found, LEVELS)] for (machine, trace, call), found in cells.items()])
    sums = {}
    for (level, machine, trace), figure in totals.items():
        sums.setdefault((machine, trace), {})[level] = number(figure)
    found = ratios(totals)
    # Level 4 is not measured in the same region.
    yield ("All calls of a trace, and how many times the level below",
           ["CPU", "trace", *("level " + level for level in LEVELS[:4]), "1 over 0", "2 over 1", "3 over 2"],
           [[cpus[machine], trace, *by_level(row, LEVELS[:4]),
             *(f"{found[machine, trace].get(level, 0):.2f}" for level in LEVELS[1:4])]
            for (machine, trace), row in sums.items()])


def view_bytes(table):
    found = {}
    for row in table.dicts():
        found.setdefault((row["bits"], row["what"]), {})[row["level"]] = number(row["bytes"])
    yield ("", ["bits", "what", *("level " + level for level in LEVELS[:4])],
           [[bits, what, *by_level(cells, LEVELS[:4])] for (bits, what), cells in found.items()])


def view_code(table):
    found = {}
    for row in table.dicts():
        found.setdefault(row["isa"], {})[row["level"]] = number(row["bytes"])
    yield ("", ["ISA", *("level " + level for level in LEVELS)],
           [[isa, *by_level(cells, LEVELS)] for isa, cells in found.items()])


VIEWS = {"levels-instructions": view_instructions, "levels-bytes": view_bytes, "levels-code": view_code}


def put(document, name, text):
    """Between the marks that the document has for a table."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if document.count(begin) != 1 or document.count(end) != 1:
        sys.exit(f"the document has no place for {name}")
    before, after = document[:document.index(begin) + len(begin)], document[document.index(end):]
    return before + "\n" + text + "\n" + after


def show(path, files):
    with open(path, encoding="utf-8") as file:
        document = file.read()
    for table in map(tables.read, files):
        print(f"\n{table.title}\n")
        text = []
        for heading, columns, rows in VIEWS[table.name](table):
            print("\n".join(["  " + line for line in [heading, *report.aligned(columns, rows)]] + [""]))
            text += ([heading + ":", ""] if heading else []) + [*report.markdown_table(columns, rows), ""]
        text += [f"- {note}" for note in table.notes] + [f"- Measured by `{table.command}`.", ""]
        document = put(document, table.name, "\n".join(text))
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)
    print(f"written: {path}")


def main():
    what, first, second, *rest = sys.argv[1:] if len(sys.argv) > 3 else ["?", "", ""]
    functions = {"instructions": instructions, "bytes": bytes_table, "code": code, "check": check}
    if what == "report":
        return show(first, [second, *rest])
    if what not in functions:
        sys.exit("usage: table.py instructions|bytes|code|check|report ...")
    return functions[what](first, second, rest)


if __name__ == "__main__":
    sys.exit(main())
