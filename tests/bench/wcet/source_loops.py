# SPDX-License-Identifier: MIT
#
# source_loops.py: the loops of C sources (or assembly sources), and the bounds that stand beside them.
#
# A bound says how often a loop's body is executed at most, each time that the loop is reached. The bounds of the core's
# loops stand in bounds.tsv, by function and by the loop's first line. A comment on that line, or right above, goes before:
#
#   /* Loop bound: 4, because a class has at most four tries. */
#
# The bound is a number, a name for what a call's cost grows with, a product, or a sum of these. NAME_in_all: the rounds
# are together at most NAME, however often the loop is reached in the loop around it. In assembly, a loop is the label
# that such a comment stands in front of, up to the branch back to it.
#
# only_in.tsv has the functions to which only some public functions' calls come.

import bisect
import functools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402
import terms  # noqa: E402
from image import OPTIONS, Refused, output  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))
BOUND = re.compile(r"[Ll]oop bound: ([^,;]+), because ")
KEYWORD = re.compile(r"\b(for|while|do)\b")


class Loop:
    """function and head: what bounds.tsv calls it."""

    def __init__(self, path, first, last, bound, body=range(0), function="", head=""):
        self.path, self.first, self.last, self.bound = path, first, last, bound
        self.body, self.function, self.head = body, function, head  # body: lines that belong to it alone

    def __contains__(self, line):
        return self.first <= line <= self.last

    def place(self):
        """Where it is, and what a row of bounds.tsv begins with."""
        return f"{self.path}:{self.first}" + (f" (bounds.tsv: {self.function}\t{self.head})" if self.head else "")


def without_comments(text):
    """The text with blanks in place of comments and of what stands in quotes; lines stay lines."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.DOTALL)


def closing(text, at):
    """Where the parenthesis or brace that opens at a place is closed."""
    pairs, depth = {"(": ")", "{": "}"}, 0
    opened, closed = text[at], pairs[text[at]]
    for place in range(at, len(text)):
        depth += (text[place] == opened) - (text[place] == closed)
        if depth == 0:
            return place
    return len(text) - 1


def statement_end(text, at):
    """The end of the statement that begins at a place."""
    at = re.compile(r"\s*").match(text, at).end()
    if text[at] == "{":
        return closing(text, at)
    head = re.compile(r"(for|while|if|else if|switch)\s*\(").match(text, at)
    if head:
        end = statement_end(text, closing(text, head.end() - 1) + 1)
        following = re.compile(r"\s*else\b").match(text, end + 1)
        return statement_end(text, following.end()) if head[1] == "if" and following else end
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] in "({") - (text[place] in ")}")
        if text[place] == ";" and depth <= 0:
            return place
    return len(text) - 1


class Places(list):
    """Loops as places in the text: (keyword, condition's first and last parenthesis, end of the statement)."""

    def __init__(self, text):
        super().__init__()
        ends_of_do = set()
        for found in KEYWORD.finditer(text):
            if found.start() in ends_of_do or text.rfind("\n", 0, found.start()) != -1 and re.match(
                    r"\s*#", text[text.rfind("\n", 0, found.start()) + 1:found.start()] or " "):
                continue
            if found[0] == "do":
                end = statement_end(text, found.end())
                condition = re.compile(r"\s*while\s*\(").match(text, end + 1)
                if not condition:
                    continue
                ends_of_do.add(text.index("while", end + 1))
                opened = condition.end() - 1
                closed = closing(text, opened)
                self.append((found.start(), opened, closed, closed))
            else:
                opened = text.find("(", found.end())
                closed = closing(text, opened)
                self.append((found.start(), opened, closed, statement_end(text, closed + 1)))


@functools.lru_cache(maxsize=None)
def bounds():
    """{(function, loop): bound}"""
    found = {}
    for row in tables.read(os.path.join(FOLDER, "bounds.tsv")).dicts():
        found[row["function"], row["loop"]] = terms.parse(row["bound"])
        if found[row["function"], row["loop"]] is None:
            raise Refused(f"bounds.tsv: no bound: {row['bound']}")
    return found


@functools.lru_cache(maxsize=None)
def only_in():
    """The rows of only_in.tsv."""
    return tables.read(os.path.join(FOLDER, "only_in.tsv")).dicts()


def name_of(plain, start, opened, closed):
    """The function that a loop stands in, and the loop's head."""
    functions = re.findall(r"^(?![ #/*}])[^;\n=]*?\b(\w+)\(", plain[:start], re.MULTILINE)
    keyword = "do while" if plain.startswith("do", start) else plain[start:opened].strip()
    return functions[-1] if functions else "", keyword + " " + " ".join(plain[opened:closed + 1].split())


def bound_beside(lines, first):
    """The bound in a comment on a line, or in the comment right above it (lines count from 1)."""
    text = lines[first - 1]
    above = first - 2
    while above >= 0 and re.match(r"\s*(/\*|\*|//|@|[A-Za-z(].*\*/\s*$)", lines[above]):
        text = lines[above] + " " + text
        if re.match(r"\s*(/\*|//|@)", lines[above]):
            break
        above -= 1
    found = BOUND.search(text)
    if not found:
        return None
    bound = terms.parse(found[1])
    if bound is None:
        raise Refused(f"line {first}: no bound: {found[1]}")
    return bound


@functools.lru_cache(maxsize=None)
def loops_of(path):
    """The loops of a source, as the compiler's debug information names it."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines, found = text.split("\n"), []
    if path.endswith((".S", ".s")):
        for number, line in enumerate(lines, 1):
            label = re.match(r"(\.?\w+):", line)
            if label and bound_beside(lines, number):
                last = max(n for n, other in enumerate(lines, 1) if n == number or re.search(
                    rf"\b(b\w*|cbn?z)\b.*(?<![\w.]){re.escape(label[1])}\b", other))
                found.append(Loop(path, number, last, bound_beside(lines, number)))
        return found
    starts = [0] + [place.end() for place in re.finditer("\n", text)]
    plain = without_comments(text)
    for start, opened, closed, end in Places(plain):
        first, last = (bisect.bisect_right(starts, place) for place in (start, end))
        name = name_of(plain, start, opened, closed)
        condition = [bisect.bisect_right(starts, place) for place in (opened, closed)]
        body = range(first + 1, condition[0]) if name[1].startswith("do ") else range(condition[1] + 1, last + 1)
        found.append(Loop(path, first, last, bound_beside(lines, first) or bounds().get(name), body, *name))
    return found


class Sources:
    """Source lines of an image's instructions, with the lines of the calls that were inlined, innermost first."""

    def __init__(self, path, tools, addresses):
        self.frames, now, lines = {}, None, None
        text = output(tools + "addr2line", "-a", "-f", "-i", "-e", path, text="\n".join(map(hex, addresses)) + "\n")
        lines = iter(text.splitlines())
        for line in lines:
            if re.fullmatch(r"0x[0-9a-f]+", line):
                now = self.frames.setdefault(int(line, 16), [])
                continue
            place = re.match(r"(.*):(\d+|\?)", next(lines))
            number = int(place[2]) if place[2] != "?" else 0
            now.append((OPTIONS.sub("", line).split(".")[0], os.path.relpath(place[1]) if os.path.isabs(place[1]) else place[1], number))

    def place(self, address):
        function, path, line = self.frames.get(address, [("?", "?", 0)])[0]
        return f"{function} ({path}:{line})"

    @staticmethod
    def left_out(public, heaps):
        """The functions that no call of a public function comes to."""
        return frozenset(row["function"] for row in only_in()
                         if row["heaps"] in ("all", heaps) and public not in row["only_in"].split())

    def around(self, address):
        """The source loops that an instruction stands in, innermost first."""
        found = []
        for _, path, line in self.frames.get(address, []):
            found += sorted((loop for loop in loops_of(path) if line in loop), key=lambda loop: loop.first, reverse=True)
        return found

    def loops(self, addresses):
        """The source loops in which at least half of these instructions stand, innermost first."""
        votes, depths = {}, {}
        for address in addresses:
            for depth, loop in enumerate(dict.fromkeys(self.around(address))):
                votes[loop] = votes.get(loop, 0) + 1
                depths[loop] = max(depths.get(loop, 0), depth)
        found = [loop for loop, count in votes.items() if 2 * count >= len(addresses)]
        return sorted(found, key=lambda loop: (depths[loop], votes[loop]))

    def is_in_body(self, address, loop):
        """Does an instruction come from a loop's body, not from its condition or step?"""
        return any(path == loop.path and line in loop.body for _, path, line in self.frames.get(address, []))

    def callback(self, address):
        """What the source calls the pointer that an instruction calls."""
        for _, path, line in self.frames.get(address, []):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    text = file.read().split("\n")[line - 1]
                found = re.search(r"(?:->|\.)(\w+)\(", text) or re.search(r"\b(\w+)\(", text)
                if found:
                    return found[1]
        return "?"
