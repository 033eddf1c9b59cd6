#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# instructions.py PROGRAM: emalloc(24) must cost no more instructions than the original's, and the end of a request no
# more with many blocks than with few.
#
# Runs PROGRAM (constant.c) once under callgrind. A figure is what callgrind says of the calls from one function of the
# program to one callee: instructions in the callee and in all that it calls, over the number of calls; the program's own
# loop is not in it, and neither is the kernel.

import os
import re
import subprocess
import sys
import tempfile

BLOCKS = 100_000


def profile(program):
    """(caller, callee) -> (calls, instructions)."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no", "--compress-pos=no",
             program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(f"{program}: status {done.returncode}\n{done.stdout}")
        with open(out, encoding="utf-8") as lines:
            return read(lines)


def c_name(symbol):
    """The linker's name of a function may end with the options of the build (quarry/link_names.h)."""
    return symbol.strip().split("__QUARRY_")[0]


def read(lines):
    pairs, caller, callee, calls = {}, None, None, None
    for line in lines:
        if calls is not None:
            before = pairs.get((caller, callee), (0, 0))
            pairs[caller, callee] = (before[0] + calls, before[1] + int(line.split()[1]))
            calls = None
        elif line.startswith("fn="):
            caller = c_name(line[3:])
        elif line.startswith("cfn="):
            callee = c_name(line[4:])
        elif line.startswith("calls="):
            calls = int(re.match(r"calls=(\d+)", line).group(1))
    return pairs


class Figures:
    def __init__(self, pairs):
        self.pairs = pairs
        self.passed = self.failed = 0

    def total(self, caller, callee, calls):
        found, instructions = self.pairs.get((caller, callee), (0, 0))
        if found != calls:
            self.judge(False, f"{caller} called {callee} {found} times, not {calls}")
        return instructions

    def each(self, caller, callee):
        return self.total(caller, callee, BLOCKS) / BLOCKS

    def judge(self, good, text):
        self.passed += good
        self.failed += not good
        print(f"{'ok' if good else 'FAIL'} {text}")


def main():
    figures = Figures(profile(sys.argv[1]))
    # A run is made for the only block each time, as none is kept idle; a twelfth of 100,000 fresh blocks' cost is runs.
    for name, most, what in (("warm", 1, "of the block that was freed last"), ("alone", 15, "of the only block, freed each time"),
                             ("fresh", 1.1, f"of {BLOCKS} fresh blocks")):  # fmt: skip
        theirs = figures.each(f"original_{name}", "_emalloc_24")
        ours = figures.each(f"quarry_{name}", "_emalloc_bin_1")
        figures.judge(ours <= most * theirs, f"emalloc(24) {what}: {ours:.2f} instructions, the original's {theirs:.2f}")
    for name, theirs, what in (("warm", "warm", "warm"), ("alone", "alone", "the only block"),
                               ("free_all", "free", f"{BLOCKS} blocks")):  # fmt: skip
        print(f"efree_size(block, 24), {what}: {figures.each(f'quarry_{name}', '_efree_bin_1'):.2f} instructions, "
              f"the original's {figures.each(f'original_{theirs}', '_efree_24'):.2f}")

    few = figures.total("quarry_end_few", "shutdown_memory_manager", 1)
    many = figures.total("quarry_end_many", "shutdown_memory_manager", 1)
    figures.judge(few == many, f"a request's end: {few} instructions with 10 live blocks, {many} with 10000")
    print(f"a request's end of the original: {figures.total('original_end_few', 'shutdown_memory_manager', 1)} instructions, "
          f"{figures.total('original_end_many', 'shutdown_memory_manager', 1)}")
    print(f"{figures.passed} passed, {figures.failed} failed")
    sys.exit(1 if figures.failed else 0)


if __name__ == "__main__":
    main()
