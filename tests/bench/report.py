#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# report.py [--out docs/benchmarks.md] FILE.tsv...: the bench's tables on the terminal, as Markdown and as pictures.
#
# What is not among the files stays in the Markdown as it was. Pictures are drawn by gnuplot into the folder that has
# the Markdown's name. Neither holds a date, a path or a version: the same figures give the same files.
#
# VIEWS says how a long table is laid out, PICTURES what is drawn; a table without a view is shown as it is.

import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tables  # noqa: E402

HEAD = """# Benchmarks

Ten tables, with peers beside ours where there are figures of theirs. `make bench` measures the first seven, prints
them, rewrites this file and draws the pictures; `make bench-quick` does so for tables 1, 2 and 7. Each of these names
the command that measures it alone. What is missing is installed with apt-get (Debian 12). Table 8 was measured by hand.
`make bench-cores` and `make bench-threads` measure tables 9 and 10.

Instructions under QEMU, regions, code, control data and stack are exact: with the same compilers they are the same on
every machine. Tables 5, 6 and 10, and Zend MM's curves of table 4, were measured in processes of the machine that ran them:
read the ratios. **quarry** is this library in its default configuration unless a row says otherwise. `-`: there is no
such figure.

`make check-budget`, a part of `make test`, fails if a figure of tables 1, 2 or 7 rises above `tests/bench/budget.tsv`.
"""

# Number, heading, and what the names of its files begin with (the longest that fits decides).
SECTIONS = [
    (1, "Instructions of each call", ["instructions"]),
    (2, "Smallest region", ["region"]),
    (3, "The most expensive single call", ["worst"]),
    (4, "Growth", ["growth"]),
    (5, "Time beside process allocators", ["host-time", "host-instructions"]),
    (6, "Memory beside process allocators", ["host-memory", "host-touched"]),
    (7, "Code, control data and stack", ["size"]),
    (9, "Several cores", ["cores"]),
    (10, "Several threads", ["threads"]),
]


class View:
    """A table for every value of the columns split; a row for every value of rows; a column for every value of
    across, with values in a cell: joined by " / ", or as form says. No across: the other columns as they are."""

    def __init__(self, split, rows=(), across="", values=(), form=""):
        self.split, self.rows, self.across, self.values, self.form = split, rows, across, values, form


VIEWS = {
    "threads": View(["load"], ["threads"], "allocator", ["millions", "ratio"], "{} ({})"),
    "instructions": View(["machine", "cpu"], ["trace", "allocator"], "call", ["mean", "p99", "max"]),
    "region": View(["bits"], ["trace", "peak_live"], "allocator", ["region", "overhead_percent"], "{} ({} %)"),
    "instructions-create": View([], ["machine", "cpu"], "region_bytes", ["instructions"]),
    "worst": View(["machine"]),
    "growth-chunks": View([], ["n"], "call", ["mean", "max"]),
    "growth-blocks": View([], ["n"], "call", ["mean", "max"]),
    "growth-huge": View([], ["n"], "call", ["mean", "max"]),
    "growth-fragmentation": View([], ["n"], "call", ["mean", "max"]),
    "growth-zend": View([], ["n"], "curve", ["ns"]),
    "size-code": View([], ["isa", "optimise"], "allocator", ["bytes"]),
}


class Picture:
    """Bars or lines: the column value by the column x for each value of the column series, called after label. Rows
    that keep refuses are left out; rows with the same x and series are added up."""

    def __init__(self, name, title, unit, kind, x, series, value, keep=lambda row: True, log="", label="{}",
                 x_title="", table=""):
        self.name, self.table, self.title, self.unit, self.kind = name, table or name, title, unit, kind
        self.x, self.series, self.value, self.keep, self.log = x, series, value, keep, log
        self.label, self.x_title = label, x_title


def growth(curve, what):
    return Picture("growth-" + curve, f"What a call costs by number of {what}, mean", "instructions", "lines", "n",
                   "call", "mean", log="x", label="quarry {}", x_title=what)


PICTURES = [
    Picture("instructions", "A malloc and a free on a Cortex-M4, sum of the means", "instructions", "bars", "trace",
            "allocator", "mean", lambda row: row["machine"] == "mps2-an386" and row["call"] in ("malloc", "free")),
    Picture("region", "Smallest region, more than the peak of live bytes", "per cent", "bars", "trace", "allocator",
            "overhead_percent", lambda row: row["bits"] == "32"),
    growth("chunks", "chunks"),
    growth("blocks", "live blocks"),
    growth("huge", "huge blocks"),
    growth("fragmentation", "chunks of scattered free pages"),
    Picture("growth-zend", "Zend MM: a free and a malloc the more there is", "nanoseconds", "lines", "n", "curve", "ns",
            log="xy", x_title="number, as in the four curves of Quarry's"),
    Picture("host-time", "Time of a call on x86_64", "times Zend MM's", "bars", "trace", "allocator", "ratio_to_zend"),
    Picture("host-instructions", "Instructions of a call on x86_64, mean", "instructions", "bars", "trace", "allocator",
            "instructions"),
    Picture("host-memory", "Peak acquired from the system", "times the peak of live bytes", "bars", "trace",
            "allocator", "ratio", log="y"),
    Picture("host-touched", "Peak of memory touched", "times the peak of live bytes", "bars", "trace", "allocator",
            "ratio"),
    Picture("size-code", "Code and constants at -Os", "bytes", "bars", "isa", "allocator", "bytes",
            lambda row: row["optimise"] == "-Os" and row["isa"] != "hosted"),
    Picture("size-control", "Control data in a fresh region", "per cent of the region", "bars", "region", "bits",
            "percent", lambda row: row["region"] != tables.MISSING, label="quarry, {}-bit", x_title="bytes of the region"),
    Picture("size-stack", "Deepest stack on a Cortex-M4, callbacks apart", "bytes", "bars", "function", "", "bytes"),
]

# Ours first; then colours that stay apart for colour-blind readers (Okabe and Ito), and greys.
OURS = ["#D55E00", "#A03000", "#F0A060", "#702000"]
PEERS = ["#0072B2", "#56B4E9", "#009E73", "#CC79A7", "#999999", "#E6C229", "#444444", "#B8D8B8"]

GNUPLOT = """set terminal svg size {width},{height} dynamic background "#ffffff" font "sans-serif,13" noenhanced
set title "{title} ({unit})" noenhanced
set ylabel "{unit}" noenhanced
set xlabel "{x_title}" noenhanced
set grid ytics lc "#dddddd" lt 1
set border 3 lc "#666666"
set tics nomirror
set key {key} reverse Left noenhanced samplen 1.5
set datafile missing "-"
set datafile separator "\\t"
set format y "%g"
"""


# --- Layout ---------------------------------------------------------------------------------------------------------


def is_ours(name):
    return name.lower().startswith("quarry")


def shown(text):
    """A number with a comma every three digits; other text as it is."""
    if re.fullmatch(r"\d{4,}(\.\d+)?", text):
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return text


def words(column):
    return column.replace("_", " ")


def plain_layout(table):
    return [("", [words(column) for column in table.columns], [list(map(shown, row)) for row in table.rows])]


def need(table, columns):
    missing = [column for column in columns if column not in table.columns]
    if missing:
        sys.exit(f"{table.name}.tsv has no column {', '.join(missing)}")


def split_only(table, view):
    rest = [column for column in table.columns if column not in view.split]
    parts = {}
    for row in table.dicts():
        heading = ", ".join(f"{words(column)} {row[column]}" for column in view.split)
        parts.setdefault(heading, []).append([shown(row[column]) for column in rest])
    return [(heading, list(map(words, rest)), rows) for heading, rows in parts.items()]


def pivot(table, view):
    """[(heading, columns, rows)] of a table."""
    need(table, [*view.split, *view.rows, *filter(None, [view.across]), *view.values])
    if not view.across:
        return split_only(table, view)
    parts = {}
    across = {}
    for row in table.dicts():
        key = tuple(row[column] for column in view.split)
        parts.setdefault(key, {}).setdefault(tuple(row[column] for column in view.rows), {})[row[view.across]] = [
            shown(row[value]) for value in view.values]
        across.setdefault(key, {})[row[view.across]] = None
    laid = []
    for key, rows in parts.items():
        heading = ", ".join(f"{words(column)} {value}" for column, value in zip(view.split, key))
        names = list(across[key])
        suffix = "" if len(view.values) == 1 or view.form else " " + " / ".join(map(words, view.values))
        columns = [*map(words, view.rows), *(shown(name) + suffix for name in names)]
        # Rows with the same first values stand together, in the order in which they first came.
        first = list(dict.fromkeys(row[0] for row in rows))
        ordered = sorted(rows.items(), key=lambda item: first.index(item[0][0]))
        laid.append((heading, columns, [[*map(shown, row), *(cell(cells.get(name), view.form) for name in names)]
                                        for row, cells in ordered]))
    return laid


def cell(values, form):
    if values is None or all(value == tables.MISSING for value in values):
        return tables.MISSING
    return form.format(*values) if form else " / ".join(values)


def layout(table):
    view = VIEWS.get(table.name)
    return pivot(table, view) if view else plain_layout(table)


def is_numeric(column):
    return all(re.fullmatch(r"[-\d,./ %()]+", text) for text in column)


def aligned(columns, rows):
    """Lines of text, numbers on the right."""
    widths = [max(map(len, column)) for column in zip(columns, *rows)]
    right = [is_numeric(column) for column in zip(*rows)]
    return ["  ".join(text.rjust(width) if to_right else text.ljust(width)
                      for text, width, to_right in zip(row, widths, right)).rstrip() for row in [columns, *rows]]


def markdown_table(columns, rows):
    right = [is_numeric(column) for column in zip(*rows)]
    lines = ["| " + " | ".join(columns) + " |", "|" + "|".join("--:" if to_right else "---" for to_right in right) + "|"]
    for row in rows:
        lines.append("| " + " | ".join(f"**{text}**" if column == "allocator" and is_ours(text) else text
                                       for column, text in zip(columns, row)) + " |")
    return lines


def print_table(table):
    print(f"\n{table.title}\n")
    for heading, columns, rows in layout(table):
        if heading:
            print(f"  {heading}")
        for line in aligned(columns, rows):
            print(f"    {line}")
        print()
    for note in table.notes:
        print(f"  {note}")
    print(f"  {table.command}")


def markdown(number, heading, members, pictures, folder):
    lines = [f"## {number}. {heading}", ""]
    for picture in pictures:
        lines += [f"![{picture.title}, {picture.unit}]({folder}/{picture.name}.svg)", ""]
    for table in members:
        lines += [f"### {table.title}", ""]
        for part, columns, rows in layout(table):
            if part:
                lines += [f"{part}:", ""]
            lines += [*markdown_table(columns, rows), ""]
        lines += [f"- {note}" for note in table.notes]
        lines += [f"- Measured by `{table.command}`.", ""]
    return "\n".join(lines)


# --- Pictures -------------------------------------------------------------------------------------------------------


def points(picture, table):
    """{series: {x: value}}, and the x in order."""
    need(table, [column for column in (picture.x, picture.series, picture.value) if column])
    found, xs = {}, {}
    for row in filter(picture.keep, table.dicts()):
        value = tables.number(row[picture.value])
        series = found.setdefault(picture.label.format(row[picture.series]) if picture.series else "quarry", {})
        xs[row[picture.x]] = None
        if value is not None:
            series[row[picture.x]] = series.get(row[picture.x], 0) + value
    if not xs:
        sys.exit(f"{table.name}.tsv has nothing for the picture {picture.name}")
    return found, list(xs)


def colours(names):
    ours, peers = iter(OURS * len(names)), iter(PEERS * len(names))
    return {name: next(ours) if is_ours(name) else next(peers) for name in names}


def gnuplot_script(picture, table):
    found, xs = points(picture, table)
    # Ours in front; a series without any value is left out.
    names = sorted((name for name in found if found[name]), key=lambda name: not is_ours(name))
    colour = colours(names)
    crowded = len(xs) > 12
    script = GNUPLOT.format(
        width=900, height=560 if crowded else 420, title=picture.title, unit=picture.unit, x_title=picture.x_title,
        key="off" if len(names) == 1 else "outside right top")
    if picture.log:
        script += f"set logscale {picture.log}\n"
    script += "$data << END\n"
    for x in xs if picture.kind == "bars" else sorted(xs, key=tables.number):
        values = [found[name].get(x) for name in names]
        script += "\t".join([shown(x) if picture.kind == "bars" else x,
                             *(tables.MISSING if value is None else f"{value:g}" for value in values)]) + "\n"
    script += "END\n"
    if picture.kind == "bars":
        script += "set style data histogram\nset style histogram clustered gap 1\nset style fill solid 0.95 noborder\n"
        script += "set boxwidth 0.9 relative\n"
        script += f"set yrange [{1 if 'y' in picture.log else 0}:*]\nset xrange [-0.6:{len(xs) - 0.4:.1f}]\n"
        script += "set xtics scale 0" + (" rotate by -45\n" if crowded else "\n")
        plots = [f'$data using {i}:xtic(1) title "{name}" lc rgb "{colour[name]}"' for i, name in enumerate(names, 2)]
    else:
        script += "set autoscale xfix\n" + ("" if "y" in picture.log else "set yrange [0:*]\n")
        plots = [f'$data using 1:{i} with linespoints title "{name}" lc rgb "{colour[name]}" pt {5 + 2 * (i % 4)} ps 0.7 '
                 f'lw {2.5 if is_ours(name) else 1.5}' for i, name in enumerate(names, 2)]
    return script + "plot " + ", \\\n     ".join(plots) + "\n"


def draw(picture, table, folder):
    done = subprocess.run(["gnuplot", "-"], input=gnuplot_script(picture, table), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0 or "</svg>" not in done.stdout:
        sys.exit(f"gnuplot: {picture.name}: status {done.returncode}\n{done.stderr}")
    svg = re.sub(r"<title>Gnuplot</title>", f"<title>{picture.title}, {picture.unit}</title>", done.stdout, count=1)
    svg = re.sub(r"<desc>[^<]*</desc>\s*", "", svg, count=1)
    os.makedirs(folder, exist_ok=True)
    replace(os.path.join(folder, picture.name + ".svg"), "\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


# --- The file -------------------------------------------------------------------------------------------------------


def replace(path, text):
    """Writes a file unless it has that text already."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)


def section_of(name):
    fits = [(len(prefix), number) for number, _, prefixes in SECTIONS for prefix in prefixes
            if name == prefix or name.startswith(prefix + "-")]
    if not fits:
        sys.exit(f"{name}.tsv belongs to no table: add it to SECTIONS")
    return max(fits)[1]


def old_sections(path):
    """The sections of the file as it is: {number: text}."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as lines:
        text = lines.read()
    parts = re.split(r"^(?=## \d+\. )", text, flags=re.MULTILINE)[1:]
    return {int(re.match(r"## (\d+)\.", part)[1]): part.rstrip() + "\n" for part in parts}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", default="docs/benchmarks.md")
    arguments.add_argument("files", nargs="+")
    wanted = arguments.parse_args()
    measured = [tables.read(path) for path in wanted.files]
    folder = os.path.splitext(wanted.out)[0]
    texts = old_sections(wanted.out)
    for number, heading, _ in SECTIONS:
        members = [table for table in measured if section_of(table.name) == number]
        if not members:
            continue
        print(f"\n=== {number}. {heading} " + "=" * (100 - len(heading)))
        pictures = []
        for table in members:
            print_table(table)
            for picture in PICTURES:
                if picture.table == table.name:
                    draw(picture, table, folder)
                    pictures.append(picture)
        texts[number] = markdown(number, heading, members, pictures, os.path.basename(folder))
    replace(wanted.out, HEAD + "\n" + "\n".join(text for _, text in sorted(texts.items())))
    print(f"\nwritten: {wanted.out} and {folder}/")


if __name__ == "__main__":
    main()
