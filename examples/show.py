#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# show.py [--full] SECONDS MACHINE:NAME...: boots the examples, shows what they print, and sums up.
#
# Each runs in QEMU for SECONDS at most. Without --full a picture of a heap is cut to its first rows, and lines about
# how far a replay has come and what it leaves are left out, so that all of it is less than 120 lines long. Of an
# example that fails everything is shown. Status 1 if one failed.

import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = 2
ROW = re.compile(r"^    (0x[0-9a-f]+-|\.\.\. and )")
PROGRESS = re.compile(r"^  \w+ +\d+ % ")
LAST = re.compile(r"^  heap after the last call")


def shorten(lines):
    short, rows, left_out = [], 0, False
    for line in lines:
        if ROW.match(line):
            rows += 1
            if rows <= ROWS and not left_out:
                short.append(line)
            continue
        if rows > ROWS and not left_out:
            short.append(f"    ... and {rows - ROWS} more rows: make run FULL=1")
        rows, left_out = 0, bool(LAST.match(line))
        if not left_out and not PROGRESS.match(line):
            short.append(line)
    return short


def main():
    full = sys.argv[1] == "--full"
    seconds, *examples = sys.argv[2 if full else 1:]
    results = []
    for example in examples:
        machine, name = example.split(":")
        start = time.monotonic()
        done = subprocess.run([os.path.join(ROOT, "tests/qemu/run"), machine, seconds, f"build/examples/{name}.elf"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        lines = done.stdout.replace("\r", "").splitlines()
        print("\n".join(lines if full or done.returncode != 0 else shorten(lines)), flush=True)
        print()
        verdict = "ok" if done.returncode == 0 else f"FAILED, status {done.returncode}"
        results.append(f"  {name:32} {machine:14} {verdict} ({time.monotonic() - start:.1f} s)")
    good = sum(" ok (" in line for line in results)
    hint = "" if full else "; make run FULL=1 shows all lines"
    print(f"{good} of {len(results)} examples ran as they should{hint}")
    print("\n".join(results))
    sys.exit(0 if good == len(results) else 1)


if __name__ == "__main__":
    main()
