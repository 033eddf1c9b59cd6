#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# stack.py OUTPUT.tsv OBJDUMP FILE.o...: table 7, the deepest stack of every public function on a Cortex-M4.
#
# Beside each FILE.o lies FILE.ci, the compiler's call graph with the stack of each function (-fcallgraph-info=su). A
# path costs the sum of its functions' stacks, except that a function that ends in a jump to another one (a tail call)
# has given its own back: which calls are jumps, the object's relocations say. The compiler's stack of a function
# includes the registers that it saves.
#
# A call through a pointer is a callback of the user's: the table tells how deep the stack is when one is called, and
# counts nothing for what it does itself. Recursion, a stack of variable size and a function without figures are
# errors.

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"')
STACK = re.compile(r"\\n(\d+) bytes \(([^)]*)\)")
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
INDIRECT = "__indirect_call"
# The linker's name of a function may end with the options of the build (quarry/link_names.h); "*" is gcc's sign for it.
OPTIONS = re.compile(r"\*?(\w+)__QUARRY_CHECK_LEVEL_\w+")

NOTES = [
    "Cortex-M4, gcc -O2, default configuration; the deepest path of calls, from the compiler's call graph "
    "(-fcallgraph-info=su). A tail call's stack replaces its caller's. There is no recursion: the tool refuses it.",
    "bytes: the library alone, from the call's first instruction. at_callback: of these, in use when it calls one of "
    "the user's (source, hook, visit), whose own stack comes on top; - if it calls none.",
]


class Function:
    def __init__(self, title, stack_bytes):
        self.name = plain(title)
        self.title, self.stack_bytes = title, stack_bytes
        self.callees = {}  # title: True if some call of it is no jump


def plain(title):
    """The symbol of a title: static functions' have their file in front."""
    return title.rpartition(":")[2]


def read_graph(path):
    """The functions of one object, by title."""
    functions, edges = {}, []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = OPTIONS.sub(r"\1", line)
            node, edge = NODE.match(line), EDGE.match(line)
            if node and "shape : ellipse" not in line:
                stack = STACK.search(node[2])
                if not stack:
                    sys.exit(f"{path}: no stack figure for {node[1]}")
                if stack[2] not in ("static", "dynamic,bounded"):
                    sys.exit(f"{path}: the stack of {node[1]} is {stack[2]}")
                functions[node[1]] = Function(node[1], int(stack[1]))
            elif edge:
                edges.append((edge[1], edge[2]))
    for caller, callee in edges:
        functions[caller].callees[callee] = True
    return functions


def branches(objdump, path):
    """For each symbol of an object: the symbols that it calls, and those that it jumps to. INDIRECT is one too."""
    done = subprocess.run([objdump, "-d", "-r", "--no-show-raw-insn", path], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{objdump} {path}: ended with status {done.returncode}")
    found, now = {}, None
    for line in OPTIONS.sub(r"\1", done.stdout).splitlines():
        symbol = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        relocation = re.search(r"R_ARM_THM_(CALL|JUMP\d+)\s+(\S+)", line)
        register = re.search(r"\t(blx|bx)\t(r\d+|ip)\b", line)
        if symbol:
            now = found.setdefault(symbol[1], (set(), set()))
        elif relocation:
            now[relocation[1] != "CALL"].add(relocation[2])
        elif register:
            now[register[1] == "bx"].add(INDIRECT)
    return found


def add_object(functions, objdump, path):
    graph = read_graph(os.path.splitext(path)[0] + ".ci")
    symbols = branches(objdump, path)
    for function in graph.values():
        if function.name not in symbols:
            sys.exit(f"{path}: {function.name} is in the call graph only")
        calls, jumps = symbols[function.name]
        for callee in function.callees:
            target = plain(callee)
            function.callees[callee] = target in calls or target not in jumps
        # What the compiler added after it wrote the call graph.
        known = {plain(callee) for callee in function.callees}
        for target in (calls | jumps) - known:
            function.callees[target] = target in calls
        if function.title in functions:
            sys.exit(f"{path}: a second {function.title}")
        functions[function.title] = function


class Stacks:
    """Deepest stack of each function: (bytes, titles of the path), and bytes at a callback or None."""

    def __init__(self, functions):
        self.functions = functions
        # A weak function's title has its file in front, but others call it by its bare name.
        self.bare = {function.name: function for function in functions.values()}
        self.done, self.open = {}, []

    def of(self, title):
        function = self.functions.get(title) or self.bare.get(title)
        if function is None:
            sys.exit(f"{self.open[-1]} calls {title}, whose stack is not known")
        if function.title in self.done:
            return self.done[function.title]
        if function.title in self.open:
            sys.exit("recursion: " + " > ".join(map(plain, [*self.open, function.title])))
        self.open.append(function.title)
        best, path, at_callback = function.stack_bytes, [function.name], None
        for callee, is_call in function.callees.items():
            kept = function.stack_bytes if is_call else 0
            deep, below, callback = (0, [], 0) if callee == INDIRECT else self.of(callee)
            if callee != INDIRECT and kept + deep > best:
                best, path = kept + deep, [function.name, *below]
            if callback is not None:
                at_callback = max(at_callback or 0, kept + callback)
        self.open.pop()
        self.done[function.title] = best, path, at_callback
        return self.done[function.title]


def main():
    output, objdump, objects = sys.argv[1], sys.argv[2], sys.argv[3:]
    functions = {}
    for path in objects:
        add_object(functions, objdump, path)
    stacks = Stacks(functions)
    rows = []
    for title, function in sorted(functions.items()):
        deep, path, at_callback = stacks.of(title)
        if function.name.startswith("quarry_"):
            rows.append([function.name, deep, tables.MISSING if at_callback is None else at_callback, " > ".join(path)])
    rows.sort(key=lambda row: row[0])
    tables.write(output, tables.Table(
        "size-stack", "Deepest stack of every public function on a Cortex-M4, bytes", "make build/bench/size-stack.tsv",
        NOTES, ["function", "bytes", "at_callback", "path"], rows))


if __name__ == "__main__":
    main()
