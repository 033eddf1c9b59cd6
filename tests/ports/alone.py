#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# alone.py README PROGRAM [MAIN.c]: does a port build from its README's lines alone? In an empty folder, with QUARRY set to
# this repository, the README's shell lines (```sh) are run; a file main.c is there first, as a user has one. PROGRAM must
# be there afterwards and hold the library.
# alone.py --example FOLDER TEXT: does an example build and run, copied to an empty folder? Its `make run` must print TEXT.

import os
import re
import shutil
import subprocess
import sys
import tempfile

MAIN = """#include <stdlib.h>
int main(void)
{
    void *volatile block = malloc(100);
    free(block);
    return block == 0;
}
"""
LINES = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def run(command, folder, quarry):
    done = subprocess.run(command, cwd=folder, env={**os.environ, "QUARRY": quarry, "MAKEFLAGS": ""}, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{command} ended with {done.returncode}")
    return done.stdout


def build_from_readme(readme, program, main, folder, quarry):
    with open(readme, encoding="utf-8") as file:
        lines = "".join(LINES.findall(file.read()))
    if not lines:
        sys.exit(f"{readme}: no lines of a shell")
    with open(os.path.join(folder, "main.c"), "w", encoding="utf-8") as file:
        file.write(main)
    run(["sh", "-e", "-c", lines], folder, quarry)
    with open(os.path.join(folder, program), "rb") as file:
        if b"quarry_malloc" not in file.read():
            sys.exit(f"{program}: the library is not in it")


def run_example(example, text, folder, quarry):
    copy = os.path.join(folder, "copy")
    shutil.copytree(example, copy)
    run(["make", f"QUARRY={quarry}"], copy, quarry)
    said = run(["make", f"QUARRY={quarry}", "run"], copy, quarry)
    if text not in said:
        sys.exit(f"{example} printed:\n{said}")


def main():
    quarry = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1] == "--example":
            run_example(sys.argv[2], sys.argv[3], folder, quarry)
        else:
            text = MAIN
            if len(sys.argv) > 3:
                with open(sys.argv[3], encoding="utf-8") as file:
                    text = file.read()
            build_from_readme(sys.argv[1], sys.argv[2], text, folder, quarry)


main()
