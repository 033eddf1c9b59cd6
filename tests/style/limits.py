#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# limits.py [--lower | --all] [ROOT]: how readable the sources in src/ are, in figures with limits.
#
# Counted are lines of files, of functions (ctags says where these end; a macro of several lines is one, too) and of
# folders, comment lines beside code lines, tricks, and conditions on constants: conditions whose outcome the compiler
# knows, in `if`, `?:`, `&&`, `||`, `while`, `for` and `switch`, and every #if, #ifdef and #elif but a header's guard.
# What a condition compares is looked up: an operand counts if nothing in it can change at run time, whatever the names
# are. `bytes <= BIN_MAX_BYTES` does not count, `BITS_WORD == 64` does, and so does a variable that was made from it.
#
#   not counted: what _Static_assert says, `while (1)`, `do ... while (0)`, and a function with parameters that answers
#   a constant: so a header of accessors can stand for another
#
# TARGETS is what is wanted. What is not there yet has a row in limits.tsv: the value that was reached, which may not
# rise. The check fails for a figure beyond its target and its row, and says which rows can be lowered. --lower does
# that: no row rises and none is added. --all shows every figure and what was counted.
#
# Of the nine tricks, three keep two figures of a heap out of a vector, and six keep the compiler from making a call of
# memcpy, memset or a division of a loop.

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conditions import WORD, Constants, Source, bodies, conditions  # noqa: E402

TABLE = "tests/style/limits.tsv"
COLUMNS = "figure\twhere\treached\ttarget"
HOT = ["src/hot.h"]
# Folders of src/ whose lines are counted together. The other libraries on the core are measured file by file.
TOGETHER = ("src", "src/control", "src/debug", "src/emalloc")

# Figure: the target, and whether more is worse.
TARGETS = {
    "lines of a file": (400, True),
    "lines of a function": (50, True),
    "lines of a function, median": (8, True),
    "lines of a function, 90 of 100": (20, True),
    "comment lines to code lines, least": (0.25, False),
    "comment lines to code lines, most": (0.40, True),
    "conditions on constants": (4, True),
    "conditions on constants, hot path": (0, True),
    "tricks": (9, True),
    "lines of the core": (4200, True),
    "lines of src/control": (500, True),
    "lines of core, control, debug and emalloc": (8500, True),
}


def tricks(sources):
    """Places of assembly outside bits.h, and uses of its functions that hide a value from the compiler."""
    hiding, found = set(), []
    for source in sources:
        if os.path.basename(source.path) == "bits.h":
            for piece in bodies(source.tokens):
                if "__asm__" in piece or "asm" in piece:
                    names = [piece[at] for at in range(len(piece) - 1) if piece[at + 1] == "(" and WORD.match(piece[at])]
                    hiding.update(name for name in names[:1])
            hiding.update(name for name, _, body, _ in source.macros if "__asm__" in body or "asm" in body)
    for source in sources:
        if os.path.basename(source.path) == "bits.h":
            continue
        for token in source.tokens + [token for macro in source.macros for token in macro[2]]:
            if token in ("__asm__", "asm", "__asm", "register") or token in hiding:
                found.append(f"{source.path}:{token.line}: {token}")
    return found


def ctags():
    for command in ("ctags-universal", "ctags"):
        if shutil.which(command):
            return command
    sys.exit("limits.py: no ctags")


def functions(root, sources):
    """[(lines, file:name)]"""
    command = [ctags(), "--output-format=json", "--fields=+ne", "--kinds-C=f", "--languages=C", "--langmap=C:.c.h",
               "-f", "-", *(source.path for source in sources)]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit("limits.py: ctags failed; it must be Universal Ctags with JSON")
    found, ends = [], set()
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if "end" not in tag:
            sys.exit(f"{tag['path']}:{tag['line']}: ctags does not know where {tag['name']} ends")
        found.append((tag["end"] - tag["line"] + 1, f"{tag['path']}:{tag['name']}"))
        ends.add((tag["path"], tag["end"]))
    for source in sources:
        found += [(lines, f"{source.path}:{name}") for name, parameters, _, lines in source.macros
                  if parameters is not None and lines > 1]
        # A body begins and ends in the first column. ctags has found them all, or a figure would be too low.
        open_at = 0
        for number, line in enumerate(source.rest.split("\n"), 1):
            if line.startswith("{"):
                open_at = number
            elif line.rstrip() == "}" and open_at:
                if (source.path, number) not in ends:
                    sys.exit(f"{source.path}:{open_at}: ctags does not know the function that begins here")
                open_at = 0
    return sorted(found)


def measure(root):
    """{(figure, where): (value, detail)}"""
    def paths(*patterns):
        return sorted(os.path.relpath(path, root) for pattern in patterns
                      for path in glob.glob(os.path.join(root, pattern), recursive=True))
    sources = [Source(root, path) for path in paths("src/**/*.[ch]")]
    if not sources:
        sys.exit("src/: no files")
    around = [Source(root, path) for path in paths("include/**/*.h", "arch/*.h", "arch/*/arch_port.h")]
    constants = Constants(sources + around)
    core = [source for source in sources if os.path.dirname(source.path) == "src"]
    control = [source for source in sources if source.path.startswith("src/control/")]
    found = {("lines of the core", "src/*.[ch]"): (sum(source.lines for source in core), []),
             ("lines of core, control, debug and emalloc", "src"):
                 (sum(source.lines for source in sources if os.path.dirname(source.path) in TOGETHER), [])}
    if control:
        found["lines of src/control", "src/control"] = (sum(source.lines for source in control), [])
    code = sum(source.code_lines for source in core)
    ratio = round(sum(source.comment_lines for source in core) / max(code, 1), 3)
    found["comment lines to code lines, least", "src/*.[ch]"] = (ratio, [])
    found["comment lines to code lines, most", "src/*.[ch]"] = (ratio, [])
    hidden = tricks(sources)
    found["tricks", "src"] = (len(hidden), hidden)
    for source in sources:
        found["lines of a file", source.path] = (source.lines, [])
        texts = conditions(source, constants)
        figure = "conditions on constants" + (", hot path" if source.path in HOT else "")
        found[figure, source.path] = (len(texts), texts)
    long = functions(root, sources)
    for lines, name in long:
        key = ("lines of a function", name)
        found[key] = (max(lines, found.get(key, (0,))[0]), [])
    for where, some in (("src/*.[ch]", [lines for lines, name in long if os.path.dirname(name) == "src"]),
                        ("src", [lines for lines, _ in long])):
        if some:
            found["lines of a function, median", where] = (some[(len(some) - 1) // 2], [])
            found["lines of a function, 90 of 100", where] = (some[(len(some) * 9 - 1) // 10], [])
    return found


def is_beyond(figure, value, limit):
    return value > limit if TARGETS[figure][1] else value < limit


def read_rows(path):
    rows = {}
    if not os.path.exists(path):
        return rows
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    if lines[:1] != [COLUMNS]:
        sys.exit(f"{path}: does not begin with its columns")
    for line in lines[1:]:
        cells = line.split("\t")
        if len(cells) != 4 or cells[0] not in TARGETS or (cells[0], cells[1]) in rows:
            sys.exit(f"{path}: no row, or one that is there twice: {line}")
        if float(cells[3]) != TARGETS[cells[0]][0]:
            sys.exit(f"{path}: the target of {cells[0]} is {TARGETS[cells[0]][0]}")
        rows[cells[0], cells[1]] = float(cells[2])
    return rows


def write_rows(path, rows):
    with open(path, encoding="utf-8") as file:
        head = [line for line in file if line.startswith("#")]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(head + [COLUMNS + "\n"])
        for (figure, where), value in sorted(rows.items()):
            file.write(f"{figure}\t{where}\t{value:g}\t{TARGETS[figure][0]:g}\n")


def check(found, rows, lower):
    """How many figures are beyond their limits. Says so, and what can be lowered; with lower, changes rows."""
    failed = 0
    for key, (value, detail) in sorted(found.items()):
        figure, where = key
        target = TARGETS[figure][0]
        limit = target if key not in rows or not is_beyond(figure, rows[key], target) else rows[key]
        if is_beyond(figure, value, limit):
            failed += 1
            print(f"FAIL {where}: {figure}: {value:g}, the limit is {limit:g}" +
                  (f", the target {target:g}" if limit != target else ""))
            for text in detail:
                print(f"       {text}")
        elif key in rows and not is_beyond(figure, value, target):
            print(f"     {where}: {figure}: {value:g} is within {target:g}: its row can go")
            if lower:
                del rows[key]
        elif key in rows and value != rows[key]:
            print(f"     {where}: {figure}: {value:g}: its row, {rows[key]:g}, can be lowered")
            if lower:
                rows[key] = value
    for key in sorted(set(rows) - set(found)):
        print(f"     {key[1]}: {key[0]}: is no more: its row can go")
        if lower:
            del rows[key]
    return failed


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lower", action="store_true")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("root", nargs="?", default=".")
    given = arguments.parse_args()
    path = os.path.join(given.root, TABLE)
    rows, found = read_rows(path), measure(given.root)
    if given.all:
        for (figure, where), (value, detail) in sorted(found.items()):
            print("\n       ".join([f"{where}: {figure}: {value:g}", *detail]))
        return 0
    failed = check(found, rows, given.lower)
    if given.lower:
        write_rows(path, rows)
    print(f"limits: {len(found) - failed} figures within, {failed} beyond; {len(rows)} not at their target yet")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
