# SPDX-License-Identifier: MIT
#
# conditions.py: the C sources as limits.py looks at them: lines, directives, macros, and conditions on constants.
#
# No compiler reads them, so that every variant of a file counts, not the one that a compiler was asked for.

import os
import re

TOKEN = re.compile(r"""\s+|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|
                       ->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\#\#|.""", re.VERBOSE | re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*$")
CAPITALS = re.compile(r"[A-Z_][A-Z0-9_]+$")
TYPE = re.compile(r"(?:void|char|short|int|long|signed|unsigned|bool|_Bool|const|volatile|\w+_t)$")
TAGGED = ("struct", "union", "enum")
# The value of these does not depend on the value of what follows them.
SIZES = ("sizeof", "_Alignof", "alignof", "offsetof", "__builtin_offsetof", "__builtin_constant_p")
LIKELY = ("bits_likely", "bits_unlikely", "__builtin_expect")
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
BOUNDS = ASSIGN | {",", ";", "{", "}", "?", ":", "return", "case", "else", "do", "goto"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


def without_comments(text):
    """The same lines without comments."""
    def blank(match):
        return match[0] if match[0][0] in "\"'" else " " + "\n" * match[0].count("\n")
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.DOTALL)


class Token(str):
    """A word or sign of C, and the line that it stands in."""
    line = 0


def tokens_of(text, line=1):
    found = []
    for part in TOKEN.findall(text):
        if not part.isspace():
            found.append(Token(part))
            found[-1].line = line
        line += part.count("\n")
    return found


def closing(tokens, at):
    """The place of the bracket that closes the one at a place; the last place if there is none."""
    depth = 0
    for place in range(at, len(tokens)):
        if tokens[place] in PAIRS:
            depth += 1
        elif tokens[place] in PAIRS.values():
            depth -= 1
            if depth == 0:
                return place
    return len(tokens) - 1


class Source:
    """A file: directives, and what is left without them; a macro's body is a piece of code of its own."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.lines = self.text.count("\n")
        bare = without_comments(self.text)
        self.code_lines = sum(1 for line in bare.split("\n") if line.strip())
        self.comment_lines = sum(1 for line, code in zip(self.text.split("\n"), bare.split("\n"))
                                 if line.strip() and not code.strip())
        self.directives = []  # (line number, name, rest)
        self.macros = []      # (name, parameters or None, body as tokens, lines)
        rest, lines, number = [], bare.split("\n"), 0
        while number < len(lines):
            first, line = number, lines[number]
            if line.lstrip().startswith("#"):
                while line.endswith("\\") and number + 1 < len(lines):
                    number += 1
                    line = line[:-1] + " " + lines[number]
                self.directive(first + 1, number - first + 1, line.lstrip()[1:].strip())
                rest += [""] * (number - first + 1)
            else:
                rest.append(line)
            number += 1
        self.rest = "\n".join(rest)
        self.tokens = tokens_of(self.rest)

    def directive(self, line, lines, text):
        name, _, rest = text.partition(" ")
        self.directives.append((line, name, rest.strip()))
        match = re.match(r"(\w+)(\(([^)]*)\))?\s*(.*)", rest.strip(), re.DOTALL) if name == "define" else None
        if match:
            parameters = None if match[2] is None else {word.strip() for word in match[3].split(",")}
            self.macros.append((match[1], parameters, tokens_of(match[4], line), lines))

    def guard(self):
        """The line of the #ifndef that keeps a header from being read twice, or 0."""
        first = [entry for entry in self.directives if entry[1] != "include"][:2]
        if len(first) == 2 and first[0][1] == "ifndef" and first[1][1] == "define" and \
                first[1][2].split() == [first[0][2]] and self.directives[-1][1] == "endif":
            return first[0][0]
        return 0


class Constants:
    """What the compiler knows: macros, enumerators, and functions without parameters that answer one."""

    def __init__(self, sources):
        self.macros, self.known, self.asked = {}, set(), {}
        for source in sources:
            for name, parameters, body, _ in source.macros:
                self.macros.setdefault(name, []).append((parameters, body))
            self.find_enumerators(source.tokens)
        for source in sources:
            self.find_functions(source.tokens)

    def find_enumerators(self, tokens):
        for at, token in enumerate(tokens):
            if token != "enum":
                continue
            open_at = at + 1 if tokens[at + 1:at + 2] == ["{"] else at + 2
            if tokens[open_at:open_at + 1] == ["{"]:
                depth, name_next = 0, True
                for inner in tokens[open_at + 1:closing(tokens, open_at)]:
                    if name_next:
                        self.known.add(inner)
                    depth += (inner in PAIRS) - (inner in PAIRS.values())
                    name_next = inner == "," and depth == 0

    def find_functions(self, tokens):
        for at in range(len(tokens) - 6):
            if tokens[at + 1:at + 6] == ["(", "void", ")", "{", "return"] and WORD.match(tokens[at]):
                end = closing(tokens, at + 4)
                if tokens[end - 1] == ";" and ";" not in tokens[at + 6:end - 1] and \
                        self.is_constant(tokens[at + 6:end - 1], frozenset(), frozenset()):
                    self.known.add(tokens[at])

    def macro_is_constant(self, name):
        """Is its body constant, apart from its parameters, by one of its definitions at least?"""
        if name not in self.asked:
            self.asked[name] = False  # one that is defined by itself is not
            self.asked[name] = any(body and self.is_constant(body, parameters or frozenset(), frozenset())
                                   for parameters, body in self.macros[name])
        return self.asked[name]

    def is_constant(self, tokens, parameters, local):
        """Is there a value, and can none change at run time? parameters: of a macro; local: constant variables."""
        at, found = 0, False
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if token in SIZES:
                found = True
                while tokens[at:at + 1] and tokens[at] in ("*", "&"):
                    at += 1
                at = closing(tokens, at) + 1 if tokens[at:at + 1] == ["("] else at + 1
            elif token in TAGGED:
                at += 1
            elif token in ("=", ";", "{", "}", "++", "--") or token in ASSIGN:
                return False
            elif not WORD.match(token):
                found = found or token[0].isdigit() or token[0] == "'"
            elif token in ("true", "false", "NULL") or token in self.known or token in local or token in parameters:
                found = True
            elif token in self.macros:
                if not self.macro_is_constant(token):
                    return False
                found = True
            elif not (TYPE.match(token) or token.startswith("__builtin_") or token in LIKELY):
                if not CAPITALS.match(token):
                    return False
                found = True
        return found


def bare_operand(tokens):
    """Without what only negates it, encloses it, or says how likely it is."""
    while tokens:
        if tokens[0] == "!":
            tokens = tokens[1:]
        elif tokens[0] in LIKELY and closing(tokens, 1) == len(tokens) - 1:
            tokens = tokens[1:]
        elif tokens[0] == "(" and closing(tokens, 0) == len(tokens) - 1:
            tokens = tokens[1:-1]
        else:
            break
    return tokens


class Conditions:
    """The conditions on constants in a piece of code."""

    def __init__(self, constants, tokens, parameters, local):
        self.constants, self.tokens, self.parameters, self.local = constants, tokens, parameters, local

    def left(self, at):
        """Where the expression begins that ends before a place."""
        depth = 0
        while at > 0:
            token = self.tokens[at - 1]
            depth += (token in PAIRS.values()) - (token in PAIRS)
            if depth < 0 or (depth == 0 and token in BOUNDS):
                break
            at -= 1
        return at

    def right(self, at):
        """Where the expression ends that begins at a place."""
        while at < len(self.tokens) and self.tokens[at] not in BOUNDS and self.tokens[at] not in PAIRS.values():
            at = closing(self.tokens, at) + 1 if self.tokens[at] in PAIRS else at + 1
        return at

    def ranges(self):
        """Whole conditions: of `if` and its like, of `?:`, and what `&&` and `||` join; and whether `0` is one, too."""
        found = {}
        for at, token in enumerate(self.tokens):
            if token in ("if", "switch") and self.tokens[at + 1:at + 2] == ["("]:
                found[(at + 2, closing(self.tokens, at + 1))] = True
            elif token == "while" and self.tokens[at + 1:at + 2] == ["("]:
                found.setdefault((at + 2, closing(self.tokens, at + 1)), False)
            elif token == "for" and self.tokens[at + 1:at + 2] == ["("]:
                start = at + 2
                while start < len(self.tokens) and self.tokens[start] != ";":
                    start += 1
                end = self.right(start + 1)
                if end > start + 1:
                    found.setdefault((start + 1, end), False)
            elif token == "?":
                found[(self.left(at), at)] = True
            elif token in ("&&", "||"):
                found.setdefault((self.left(at), self.right(at + 1)), False)
        return sorted(found.items(), key=lambda item: (item[0][0], -item[0][1]))

    def asserted(self):
        """The places inside static asserts."""
        inside = set()
        for at, token in enumerate(self.tokens):
            if token in ("_Static_assert", "static_assert", "QUARRY_STATIC_ASSERT"):
                inside.update(range(at, closing(self.tokens, at + 1)))
        return inside

    def operands(self, start, end):
        """What && and || join between two places."""
        at = start
        while at < end:
            if self.tokens[at] in ("&&", "||"):
                yield start, at
                start = at + 1
            at = closing(self.tokens, at) + 1 if self.tokens[at] in PAIRS else at + 1
        yield start, end

    def names(self, tokens):
        return any(WORD.match(token) and token not in ("true", "false") for token in tokens)

    def find(self):
        """Them, as lines and texts. Neighbours in a chain are one."""
        skip, found = self.asserted(), []
        for (start, end), literals in self.ranges():
            if start in skip:
                continue
            before = False
            for first, last in self.operands(start, end):
                part = bare_operand(self.tokens[first:last])
                constant = self.constants.is_constant(part, frozenset(), self.local) and \
                    not self.parameters.intersection(part) and (literals or self.names(part))
                if constant:
                    skip.update(range(first, last))
                    if not before:
                        found.append((part[0].line, " ".join(part)))
                before = constant
        return found


def constant_variables(constants, tokens):
    """Variables that are made from constants and never change."""
    local, changed = set(), set()
    for at in range(1, len(tokens)):
        name, before, after = tokens[at], tokens[at - 1], tokens[at + 1:at + 2]
        if not WORD.match(name):
            continue
        if after and after[0] in ASSIGN | {"++", "--"} or before in ("++", "--", "&"):
            declared = after == ["="] and (before == "," or WORD.match(before) and before != "return")
            end = at + 2
            while end < len(tokens) and tokens[end] not in (",", ";"):
                end = closing(tokens, end) + 1 if tokens[end] in PAIRS else end + 1
            if declared and name not in local and constants.is_constant(tokens[at + 2:end], frozenset(), local):
                local.add(name)
            else:
                changed.add(name)
    return local - changed


def bodies(tokens):
    """A file's code in pieces: every function's body with what stands before it, and the rest."""
    start, at = 0, 0
    while at < len(tokens):
        if tokens[at] == "{" and at > 0 and tokens[at - 1] == ")":
            end = closing(tokens, at) + 1
            yield tokens[start:end]
            start = at = end
        else:
            at += 1
    yield tokens[start:]


def conditions(source, constants):
    found = [(line, f"#{name} {rest}") for line, name, rest in source.directives
             if name in ("if", "ifdef", "ifndef", "elif", "elifdef", "elifndef") and line != source.guard()]
    for _, parameters, body, _ in source.macros:
        found += Conditions(constants, body, parameters or set(), frozenset()).find()
    for piece in bodies(source.tokens):
        found += Conditions(constants, piece, set(), constant_variables(constants, piece)).find()
    return [f"{source.path}:{line}: {text}" for line, text in sorted(found)]
