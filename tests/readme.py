#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# readme.py LIBRARY: the examples of README.md compile, run and succeed.
#
# An example is a block fenced by ```c whose text holds one of the comments in WANTED, and is a whole program with a
# main() that returns 0. It is compiled with warnings as errors, as it stands, and linked with LIBRARY.
# Ends with "N passed, N failed".

import os
import re
import subprocess
import sys
import tempfile

WANTED = ["/* example: region */", "/* example: provider */", "/* example: requests */",
          "/* example: memories */"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find(text, mark):
    blocks = [block for block in re.findall(r"^```c\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if mark in block]
    return blocks[0] if len(blocks) == 1 else None


def compile_and_run(source, library, folder):
    code, program = os.path.join(folder, "example.c"), os.path.join(folder, "example")
    with open(code, "w", encoding="utf-8") as out:
        out.write(source)
    steps = [["gcc", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wundef", "-Werror", "-I" + ROOT + "/include",
              code, library, "-o", program], [program]]
    return all(subprocess.run(step, timeout=600).returncode == 0 for step in steps)


def main():
    passed = failed = 0
    path = os.path.join(ROOT, "README.md")
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    for mark in WANTED:
        source = find(text, mark)
        with tempfile.TemporaryDirectory() as folder:
            if source is not None and compile_and_run(source, sys.argv[1], folder):
                passed += 1
                continue
        print(f"FAIL {mark}: " + ("README.md has no such block, or several" if source is None else "see above"), flush=True)
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
