#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# generate.py [check]: writes the manifests of all package managers, from one template and one file of facts.
#
# package.ini has the facts, and template the text of every manifest: a line "==== PATH" begins the file PATH of this
# folder, and @NAME@ stands for the fact of that name. The version also goes into the three macros of include/quarry.h,
# from which make and CMake take it. With check nothing is written: status 1 if a file is not what it would be, or if what
# is written by hand (BY_HAND) says something else. Ends with "N passed, N failed" then.

import configparser
import os
import re
import sys

# Facts in files outside this folder: the fact, the file, and how it says it.
BY_HAND = [
    ("VERSION", "CHANGELOG.md", r"\A[^#]*# Changes\n[^#]*^## (\d+\.\d+\.\d+)"),
    ("MAJOR_MINOR", "packaging/README.md", r"find_package\(quarry (\S+) REQUIRED\)"),
    ("LICENCE", "LICENSE", r"^(\w+) License"),
    ("LICENCE", "README.md", r"Licence: (\w+)\."),
    ("DESCRIPTION", "README.md", r"^Quarry is (a memory allocator for bare metal):"),
]
HEADER = "../include/quarry.h"
HERE = os.path.dirname(os.path.abspath(__file__))


def read(*path):
    with open(os.path.join(HERE, *path), encoding="utf-8") as text:
        return text.read()


def facts():
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(read("package.ini"))
    found = {name.upper(): value for name, value in ini["package"].items()}
    words = [word.strip() for word in found["KEYWORDS"].split(",")]
    found["MAJOR_MINOR"] = found["VERSION"].rpartition(".")[0]
    found["TITLE"] = found["NAME"].capitalize()
    found["SENTENCE"] = found["DESCRIPTION"][0].upper() + found["DESCRIPTION"][1:] + "."
    found["KEYWORDS_QUOTED"] = ", ".join(f'"{word}"' for word in words)
    found["KEYWORDS_YAML"] = "\n".join(f"  - {word}" for word in words)
    return found


def header():
    """The public header, with the version."""
    text = read(HEADER)
    for name, number in zip(("MAJOR", "MINOR", "PATCH"), facts()["VERSION"].split("."), strict=True):
        text = re.sub(rf"^(#define QUARRY_VERSION_{name}) .*$", rf"\1 {number}", text, flags=re.MULTILINE)
    return text


def manifests():
    """Path and text of each."""
    yield HEADER, header()
    known, parts = facts(), re.split(r"^==== (\S+)\n", read("template"), flags=re.MULTILINE)
    for path, text in zip(parts[1::2], parts[2::2]):
        yield path, re.sub(r"@([A-Z_]+)@", lambda match: known[match[1]], text)


def check():
    passed, wrong, known = 0, [], facts()
    for name, path, pattern in BY_HAND:
        found = re.search(pattern, read("..", path), re.MULTILINE)
        if found and ".".join(found.groups()) == known[name]:
            passed += 1
        else:
            wrong.append(f"{path}: says {'.'.join(found.groups()) if found else 'nothing'} for {known[name]}")
    for path, text in manifests():
        if os.path.exists(os.path.join(HERE, path)) and read(path) == text:
            passed += 1
        else:
            wrong.append(f"packaging/{path}: not what packaging/generate.py makes of packaging/template")
    for line in wrong:
        print("FAIL " + line)
    print(f"{passed} passed, {len(wrong)} failed")
    sys.exit(1 if wrong else 0)


def main():
    if sys.argv[1:] == ["check"]:
        check()
    for path, text in manifests():
        os.makedirs(os.path.join(HERE, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(HERE, path), "w", encoding="utf-8") as out:
            out.write(text)


if __name__ == "__main__":
    main()
