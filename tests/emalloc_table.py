#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# emalloc_table.py [HEADER...]: docs/emalloc.md lists every call that include/quarry/emalloc.h declares, and every
# public name of the HEADERs (the original's, where they are installed), once each, and says something of each.
#
# Works from names alone: what is defined as a macro, named by a typedef, struct or enum, or declared as a function.
# Ends with "N passed, N failed".

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERDICTS = ("same", "same name, differs: ", "no meaning on bare metal")
# Words of the language and of the original's other headers, and parameters, that stand before "(" in declarations.
OTHERS = re.compile(r"^(if|while|bool|defined|sizeof|void|_malloc|_free|_realloc|(BEGIN|END)_EXTERN_C|ZEND_ATTRIBUTE_.*)$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def names_of(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", "", text).replace("\\\n", " ")
    found = set(re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE))
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    for body in re.findall(r"\benum\s+\w*\s*\{(.*?)\}", text, re.DOTALL):
        found |= set(re.findall(r"(?:^|,)\s*(\w+)", body))
    found |= set(re.findall(r"\b(?:struct|enum)\s+(\w+)", text))
    found |= set(re.findall(r"\}\s*(\w+)\s*;", text))
    found |= set(re.findall(r"\btypedef\s[^;{]*?\b(\w+)\s*;", text))
    text = re.sub(r"\(\s*\*+\s*_\w+\s*\)\s*\([^()]*\)", "", text)  # parameters that are functions
    found |= set(re.findall(r"\(\s*\*\s*(\w+)\s*\)\s*\(", text))
    found |= set(re.findall(r"\b(\w+)\s*\(", text))
    return {name for name in found if not OTHERS.match(name)}


def main():
    text = read(os.path.join(ROOT, "docs/emalloc.md"))
    rows = [line.strip("|").split("|", 1) for line in text.splitlines() if line.startswith("| `")]
    listed, wrong = [], []
    for cell, verdict in rows:
        listed += re.findall(r"`(\w+)`", cell)
        if not verdict.strip().startswith(VERDICTS) or len(verdict.strip()) < 4:
            wrong.append("no verdict: " + cell.strip())
    wrong += ["twice: " + name for name in sorted(set(listed)) if listed.count(name) > 1]
    own = set(re.findall(r"`(?:struct )?(\w+)`", text[text.rindex("\n## "):]))
    for header in sys.argv[1:]:
        wrong += ["missing: " + name for name in sorted(names_of(read(header)) - set(listed))]
    declared = {name for name in names_of(read(os.path.join(ROOT, "include/quarry/emalloc.h")))
                if re.match(r"_*(zend_mm_|e|fe|pe|fpe|safe_|__zend|is_zend|start_|shutdown_|quarry_[a-z]+_)", name)
                and not re.match(r"_?(emalloc|efree)_bin_|__zend_(orig_)?(filename|lineno)", name)}
    wrong += ["not described: " + name for name in sorted(declared - set(listed) - own)
              if name not in ("ended", "quarry_heap", "quarry_source", "quarry_options", "zend_mm_storage")]
    for line in wrong:
        print("FAIL " + line)
    print(f"{len(set(listed))} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
