#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# docs.py check|write: docs/misuse.md shows the misuse table as tests/table/rows.h has it.
#
# Reads the rows and the names that they use as C has them: an expression of names, calls and "|" is the same in Python.
# The table stands between two marks of the document. write puts it there; check fails if it is not there word for
# word. Ends with "N passed, N failed".

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = "docs/misuse.md"
BEGIN, END = "<!-- the misuse table: make misuse-table -->", "<!-- end -->"
LEVELS = 5
OBSERVERS = [("CALL", "at once"), ("NEXT", "next call"), ("FREE", "free"), ("CHECK_", "check"), ("WALK", "walk"),
             ("REUSE", "reuse")]
KINDS = ["DOUBLE_FREE", "INVALID_POINTER", "WRONG_SIZE", "OVERRUN", "WRITE_AFTER_FREE", "CORRUPT", "REENTRY"]
WORDS = {"NOT_RUN": "undefined", "NOT_SEEN": "not seen", "OTHER_FREED": "frees the new block", "REFUSED": "refused",
         "FILL_READ": "reads the fill", "SURVIVES": "reported, or no effect", "NO_PROMISE": "nothing promised"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Cell:
    """Who reports which kinds, or one of WORDS."""

    def __init__(self, found=None, word=None):
        self.found, self.word = found or {}, word

    def __or__(self, other):
        return Cell({**self.found, **other.found})

    def text(self):
        if self.word:
            return self.word
        if "next call" in self.found:  # which is what any other call is, too
            return "next call: " + self.found["next call"]
        by_kinds = {}
        for observer, kinds in self.found.items():
            by_kinds.setdefault(kinds, []).append(observer)
        return "; ".join(f"{', '.join(observers)}: {kinds}" for kinds, observers in by_kinds.items())


class Kinds(frozenset):
    def __or__(self, other):
        return Kinds(frozenset.__or__(self, other))

    def text(self):
        return " or ".join(name.lower().replace("_", " ") for name in KINDS if name in self)


def names_of(text):
    names = {kind: Kinds([kind]) for kind in KINDS}
    names.update({name: Cell(word=word) for name, word in WORDS.items()})
    for name, words in OBSERVERS:
        names[name] = lambda kinds, words=words: Cell({words: kinds.text()})
    for name, parameter, value in re.findall(r"^#define (\w+)(?:\((\w+)\))?\s+(\(.*\)|\w+\(.*\))$", text, re.MULTILINE):
        names[name] = eval(f"lambda {parameter}: {value}" if parameter else value, names)  # pylint: disable=eval-used
    return names


def split_arguments(text):
    """The arguments of a macro's call whose first "(" has been read; commas in brackets and strings are none."""
    arguments, depth, quoted, now = [], 0, False, ""
    for letter in text:
        quoted ^= letter == '"'
        if not quoted and letter == ")" and depth == 0:
            return [*arguments, now.strip()]
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and depth == 0 and not quoted:
            arguments.append(now.strip())
            now = ""
        else:
            now += letter
    sys.exit("rows.h: a row does not end")


def rows_of(text):
    text = text.replace("\\\n", " ")
    for match in re.finditer(r"\bROW\((?=\w+, (?:ON_|NOWHERE))", text):
        _, _, words, *cells = split_arguments(text[match.end():])
        if len(cells) != LEVELS:
            sys.exit(f"rows.h: {words}: {len(cells)} cells")
        yield words.strip('"'), cells


def table():
    text = read("tests/table/rows.h")
    names = names_of(text)
    lines = ["| misuse | " + " | ".join(f"level {level}" for level in range(LEVELS)) + " |", "|---" * (LEVELS + 1) + "|"]
    for words, cells in rows_of(text):
        lines.append(f"| {words} | " + " | ".join(eval(cell, names).text() for cell in cells) + " |")  # pylint: disable=eval-used
    return lines


def main():
    if sys.argv[1:] not in (["check"], ["write"]):
        sys.exit("usage: docs.py check|write")
    document = read(DOCUMENT)
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        sys.exit(f"{DOCUMENT}: has no place for the table")
    before, rest = document.split(BEGIN)
    shown, after = rest.split(END)
    wanted = table()
    if sys.argv[1] == "write":
        with open(os.path.join(ROOT, DOCUMENT), "w", encoding="utf-8") as file:
            file.write(before + BEGIN + "\n\n" + "\n".join(wanted) + "\n\n" + END + after)
        return 0
    shown = shown.strip().split("\n")
    wrong = [line for line in wanted if line not in shown] + [line for line in shown if line not in wanted]
    if not wrong and shown != wanted:
        wrong = ["the order of the rows"]
    for line in wrong:
        print(f"FAIL {DOCUMENT} and tests/table/rows.h differ (make misuse-table): {line}")
    print(f"{len(wanted) - 2} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
