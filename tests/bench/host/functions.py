#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# functions.py --replay PROGRAM --allocators 'A B ...' TRACE...: where an allocator's instructions go, for whoever works
# on it.
#
# Replays under callgrind, after one that warms up: for each function how often it is called for 1,000 calls of the
# trace, and for each call of the trace its own instructions, branches that a simple predictor gets wrong, and misses of
# a 32 KB first-level and a 1 MB last-level data cache. Inlined code counts for the function that it is inlined into.

import argparse
import collections
import os
import tempfile

from compare import figures, label, print_table, run, trace_name

REPLAYS = (1, 3)  # callgrind counts calls, though not their cost, also in the replay that warms up: so, the difference
SHOWN = 0.05  # instructions for each call of the trace, below which a function is left out
COLUMNS = {"Ir": "instructions", "Bcm": "mispredicted", "D1": "D1 misses", "DL": "LL misses"}


def read_functions(path):
    """{function: Counter of events, and of "calls"}; the replay itself is one of them."""
    functions = collections.defaultdict(collections.Counter)
    name, events, called = None, [], False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, _, value = line.rstrip().partition("=")
            if key == "fn":
                name = value
            elif key == "cfn":
                callee = value
            elif key == "calls":
                functions[callee]["calls"] += int(value.split()[0])
                called = True
            elif line.startswith("events:"):
                events = line.split()[1:]
            elif line[:1].isdigit():
                if not called:  # the line after calls= is the callee's cost
                    functions[name].update(dict(zip(events, map(int, line.split()[1:]))))
                called = False
    return functions


def profile(options, trace, allocator, replays):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "callgrind.out")
        text = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", "--compress-strings=no", "--compress-pos=no",
                    "--cache-sim=yes", "--branch-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,16,64",
                    "--toggle-collect=replay_plain", "--toggle-collect=replay_heap",
                    options.replay, "count", allocator, trace, str(replays)])  # fmt: skip
        return read_functions(path), figures(text)["calls"] * replays


def difference(options, trace, allocator):
    (less, less_calls), (more, more_calls) = (profile(options, trace, allocator, replays) for replays in REPLAYS)
    for name, counts in less.items():
        more[name].subtract(counts)
    return more, more_calls - less_calls


def table(functions, calls):
    rows = []
    total = collections.Counter()
    for name, counts in functions.items():
        counts["D1"] = counts["D1mr"] + counts["D1mw"]
        counts["DL"] = counts["DLmr"] + counts["DLmw"]
        if not name.startswith(("replay_heap", "replay_plain")):
            total.update({event: counts[event] for event in COLUMNS})
    for name, counts in sorted(functions.items(), key=lambda pair: -pair[1]["Ir"]):
        if counts["Ir"] / calls >= SHOWN:
            each = [f"{counts[event] / calls:.3f}" for event in COLUMNS]
            rows.append([name.partition("'")[0], f"{1000 * counts['calls'] / calls:.1f}"] + each)
    rows.append(["all but the replay", "-"] + [f"{total[event] / calls:.3f}" for event in COLUMNS])
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--replay", required=True)
    parser.add_argument("--allocators", type=str.split, required=True)
    parser.add_argument("traces", nargs="+")
    options = parser.parse_args()
    for trace in options.traces:
        for allocator in options.allocators:
            functions, calls = difference(options, trace, allocator)
            print(f"{trace_name(trace)}, {label(allocator)}: {calls} calls")
            print_table(["function", "calls / 1,000"] + list(COLUMNS.values()), table(functions, calls))
            print()


if __name__ == "__main__":
    main()
