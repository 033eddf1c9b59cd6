#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# extract.py docs/recipes.md FOLDER: writes each recipe of the document, as it stands, into FOLDER/recipe_NAME.h.
#
# A recipe is a block fenced by ```c whose first line is the comment "/* recipe: NAME */"; blanks in NAME become "_".
# Fails if a recipe is longer than 30 lines, or if no program beside this file includes it.

import glob
import os
import re
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        blocks = re.findall(r"^```c\n(/\* recipe: ([a-z ]+) \*/\n.*?)^```", text.read(), re.MULTILINE | re.DOTALL)
    programs = ""
    for path in glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.c")):
        with open(path, encoding="utf-8") as text:
            programs += text.read()
    for code, name in blocks:
        if code.count("\n") > 31:
            sys.exit(f"recipe {name}: more than 30 lines")
        if f'#include "recipe_{name.replace(" ", "_")}.h"' not in programs:
            sys.exit(f"recipe {name}: no program includes it")
    os.makedirs(sys.argv[2], exist_ok=True)
    for code, name in blocks:
        with open(os.path.join(sys.argv[2], "recipe_" + name.replace(" ", "_") + ".h"), "w", encoding="utf-8") as out:
            out.write(code)


if __name__ == "__main__":
    main()
