#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# readme.py LIBRARY: the examples of README.md compile, run and succeed; it and the pages for users (PAGES) name only
# what there is: functions and options of the library, and files. README.md names every port.
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
PAGES = ["README.md", "docs/recipes.md", "docs/coming-from.md", "docs/ports.md", "docs/porting.md", "packaging/README.md"]
# Where names of the library, and of its build, are defined.
SOURCES = ["include", "CMakeLists.txt", "Makefile", "tools", "arch/compilers.mk", "ports", "packaging"]
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


def words(path):
    """All names in a file, or in the files of a folder."""
    path = os.path.join(ROOT, path)
    files = [path] if os.path.isfile(path) else [os.path.join(folder, name) for folder, _, names in os.walk(path)
                                                 for name in names if not name.endswith((".md", ".pyc"))]
    found = set()
    for name in files:
        with open(name, encoding="utf-8", errors="replace") as text:
            found.update(re.findall(r"\w+", text.read()))
    return found


def wrong_names(page, known):
    """Functions, options and files that a page names and that are not there."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as text:
        text = text.read()
    names = set(re.findall(r"\b(?:quarry|QUARRY)_\w*[A-Za-z]\b(?![-.\w]*\.tar)", text)) - known
    folder = os.path.join(ROOT, os.path.dirname(page))
    paths = set(re.findall(r"\]\(([^)#]+)\)", text)) | set(re.findall(
        r"`((?:src|include|arch|docs|examples|linker|packaging|ports|tests|tools)/[\w./-]*)`", text))
    return sorted(names) + [path for path in sorted(paths)
                            if not any(os.path.exists(os.path.join(base, path)) for base in (folder, ROOT))]


def main():
    passed = failed = 0
    known = set().union(*map(words, SOURCES))
    for page in PAGES:
        wrong = wrong_names(page, known)
        if wrong:
            print(f"FAIL {page}: there is no {', '.join(wrong)}", flush=True)
        passed, failed = passed + (not wrong), failed + bool(wrong)
    path = os.path.join(ROOT, "README.md")
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    ports = [name for name in sorted(os.listdir(ROOT + "/ports")) if f"ports/{name}" not in text]
    if ports:
        print(f"FAIL README.md does not name ports/{', ports/'.join(ports)}", flush=True)
    passed, failed = passed + (not ports), failed + bool(ports)
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
