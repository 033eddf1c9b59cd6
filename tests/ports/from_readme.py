#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# from_readme.py [--short LINES] [NAME=FOLDER]... README...: builds each port in an empty folder, from what its README
# says and nothing else.
#
# A block fenced by ```c that begins with a comment "/* NAME */" becomes the file NAME; a block fenced by ```sh is run
# by sh, in order, where $QUARRY is a copy of the library's folders (include, src, arch, ports, tools). There must be one
# at least. --short: a ```sh block has so many lines at most. An argument NAME=FOLDER says where the reader has NAME, e.g.
# his RTOS's headers. Ends with "N passed, N failed".

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"/\* ([\w.]+) \*/\n")


def build(readme, names, longest):
    """What is wrong with it; None: nothing."""
    with open(os.path.join(ROOT, readme), encoding="utf-8") as text:
        blocks = BLOCK.findall(text.read())
    files = [(NAME.match(body).group(1), body) for kind, body in blocks if kind == "c" and NAME.match(body)]
    scripts = [body for kind, body in blocks if kind == "sh"]
    if not scripts:
        return "it has no lines that build it"
    if longest is not None and any(script.count("\n") > longest for script in scripts):
        return f"it takes more than {longest} lines to build it"
    with tempfile.TemporaryDirectory() as folder:
        for name, body in files:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(body)
        for script in scripts:
            done = subprocess.run(["sh", "-e", "-c", script], cwd=folder, env={**os.environ, **names},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=600, check=False)
            if done.returncode != 0:
                return "its lines fail:\n" + done.stdout
    return None


def main():
    arguments, longest = sys.argv[1:], None
    if arguments[:1] == ["--short"]:
        longest, arguments = int(arguments[1]), arguments[2:]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as quarry:
        for part in ("include", "src", "arch", "ports", "tools"):
            shutil.copytree(os.path.join(ROOT, part), os.path.join(quarry, part))
        names = {name: os.path.join(ROOT, folder) for name, folder in (a.split("=") for a in arguments if "=" in a)}
        for readme in (argument for argument in arguments if "=" not in argument):
            fault = build(readme, {**names, "QUARRY": quarry}, longest)
            passed, failed = passed + (fault is None), failed + (fault is not None)
            if fault is not None:
                print(f"FAIL {readme}: {fault}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
