# SPDX-License-Identifier: MIT
#
# tables.py: reads and writes the bench's tables, build/bench/*.tsv.
#
# A file begins with lines "# title: ...", "# command: ..." and any number of "# note: ...", then come the names of
# the columns and the rows, separated by tabs. Numbers are plain; "-" is a value that there is not.

import os
import sys

MISSING = "-"


class Table:
    def __init__(self, name, title, command, notes, columns, rows):
        self.name, self.title, self.command, self.notes = name, title, command, notes
        self.columns, self.rows = columns, rows

    def dicts(self):
        return [dict(zip(self.columns, row)) for row in self.rows]


def read(path):
    """The table in a file; a file that does not have the format ends the program."""
    heads = {"title": [], "command": [], "note": []}
    columns, rows = None, []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if line.startswith("#"):
                key, colon, text = line[1:].partition(":")
                if not colon or key.strip() not in heads:
                    sys.exit(f"{path}:{number}: neither title, command nor note: {line}")
                heads[key.strip()].append(text.strip())
            elif not line:
                continue
            elif columns is None:
                columns = line.split("\t")
            else:
                rows.append(line.split("\t"))
                if len(rows[-1]) != len(columns):
                    sys.exit(f"{path}:{number}: {len(rows[-1])} values for {len(columns)} columns")
    if columns is None or not rows:
        sys.exit(f"{path}: no rows")
    if len(heads["title"]) != 1 or len(heads["command"]) != 1:
        sys.exit(f"{path}: needs one title and one command")
    name = os.path.splitext(os.path.basename(path))[0]
    return Table(name, heads["title"][0], heads["command"][0], heads["note"], columns, rows)


def write(path, table):
    """Writes a table, whole or not at all."""
    lines = [f"# title: {table.title}", f"# command: {table.command}"]
    lines += [f"# note: {note}" for note in table.notes]
    lines += ["\t".join(map(str, row)) for row in [table.columns, *table.rows]]
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    os.replace(path + ".new", path)


def number(text):
    """The value of a cell, or None if it is no number."""
    try:
        return float(text)
    except ValueError:
        return None
