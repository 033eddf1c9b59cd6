#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# figures.py check|write README.md FILE.tsv...: the figures of README.md are those that are measured.
#
# Where a figure comes from: the bench's tables FILE.tsv (those of make check-budget, and the reference figures of
# peers in tests/bench/instructions/peers.tsv), the tables in docs/benchmarks.md
# and docs/levels.md for what takes long to measure, and the sources for what is a constant. PLACES has a row for each
# place in README.md: a pattern, whose groups are figures, and what each of them must be, as text and rounded as it
# stands there.
#
#   check   fails for each figure that is not what was measured, neither more nor less, for a pattern that README.md
#           does not have once, and for a number of README.md that no pattern covers; ends with "N passed, N failed"
#   write   puts what was measured into README.md; what is measured must be up to date: make readme
#
# The figures hold for the compilers of Debian 12: others give others.

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tables  # noqa: E402

NUMBER = re.compile(r"(?<![\w.])\d(?:[\d,]*\d)?(?:\.\d+)?(?!\w)")
# Numbers that are no figures: names, standards, versions of tools, the levels and other single digits.
NAMES = re.compile(
    r"`[^`]*`|\]\([^)]*\)|C11|C\+\+\d+|C:20\d\d|x86_64|Cortex-\w+|ARMv\S+|RISC-V \S+|Debian \d+|PHP \d\S*|"
    r"(?:gcc|clang) \d+|"
    r"\b(?:16|32|64)[- ]bits?\b|\b(?:8|16)-bit\b|32- or 64-bit|32-bit|64-bit|99 %")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


def plain(text):
    return float(text.replace(",", ""))


def commas(number):
    """Rounded to a whole number, a half upwards."""
    return f"{int(number + 0.5):,}"


class Measured:
    """All that is known, by name."""

    def __init__(self, paths):
        self.tables = {}
        for path in paths:
            table = tables.read(path)
            self.tables[table.name] = table.dicts()

    def row(self, table, **wanted):
        rows = [row for row in self.tables[table] if all(row[key] == value for key, value in wanted.items())]
        if len(rows) != 1:
            sys.exit(f"{table}: {len(rows)} rows with {wanted}")
        return rows[0]

    def control(self, region):
        return int(self.row("size-control", allocator="quarry", bits="32", region=str(region))["control"])

    def fixed_bytes(self):
        """What control data takes besides what grows with the region: two points of a line, to the nearest 10 bytes."""
        small, large = 65536, 1048576
        slope = (self.control(large) - self.control(small)) / (large - small)
        return commas(round((self.control(small) - slope * small) / 10) * 10)

    def region_percent(self):
        return f"{100 * self.control(1048576) / 1048576:.1f}"

    def smallest_region(self):
        return commas(min(int(row["region"]) for row in self.tables["size-control"]
                          if row["allocator"] == "quarry" and row["bits"] == "32"))

    def stack(self):
        return commas(max(int(row["bytes"]) for row in self.tables["size-stack"]))

    def calls(self, trace, call):
        row = self.row("instructions", allocator="quarry", machine="mps2-an386", trace=trace, call=call)
        return [commas(plain(row[key])) for key in ("mean", "p99", "max")]

    def program(self, trace, file):
        """A row of the table of programs."""
        region = self.row("region", allocator="quarry", trace=trace)
        count = sum(1 for line in read(f"tests/traces/{file}").splitlines() if line and not line.startswith("#"))
        return [commas(count), *self.calls(trace, "malloc"), *self.calls(trace, "free"),
                commas(int(region["peak_live"])), commas(int(region["region"]))]

    def region(self, trace):
        row = self.row("region", allocator="quarry", trace=trace)
        return [commas(int(row["peak_live"])), commas(int(row["region"]))]

    def overheads(self):
        """Least and most percent above what is live, of the 32-bit programs but the smallest, and of that one."""
        rows = {row["trace"]: float(row["overhead_percent"]) for row in self.tables["region"]
                if row["allocator"] == "quarry" and row["bits"] == "32" and row["trace"] != "mean"}
        smallest = rows.pop("cjsonmini")
        return [commas(min(rows.values())), commas(max(rows.values())), commas(smallest)]

    def of_traces(self, allocator, call, column):
        """A column of the instructions on a Cortex-M4, for each trace for which there are figures of all peers."""
        rows = [row for row in self.tables["instructions"] if row.get("machine") == "mps2-an386"] + self.tables["peers"]
        found = [plain(row[column]) for row in rows if row["allocator"] == allocator and row["call"] == call
                 and row["trace"] in ("luafw", "tls", "cjson", "sqlite")]
        if len(found) != 4:
            sys.exit(f"{allocator}, {call}: {len(found)} traces")
        return found

    def choice(self, allocator, region, code):
        """A row of the table that compares allocators: regions and code are '-' where there are no figures."""
        figures = []
        if region:
            more_than_live = [float(row["overhead_percent"]) for row in self.tables["region"]
                              if row["allocator"] == region and row["bits"] == "32" and row["trace"] != "mean"]
            figures += [commas(min(more_than_live)), commas(max(more_than_live))]
        for call in ("malloc", "free"):
            means = self.of_traces(allocator, call, "mean")
            figures += [commas(min(means)), commas(max(means))]
        figures += [commas(max(self.of_traces(allocator, call, "max"))) for call in ("malloc", "free")]
        if code:
            figures.append(commas(int(self.row("size-code", allocator=code, isa="armv7em", optimise="-Os")["bytes"])))
        return figures

    def bound(self, function):
        """The longest path of a function on one region, on a Cortex-M4."""
        return commas(int(self.row("wcet", machine="mps2-an386", function=function, heaps="one region")["bound"]))

    def code(self):
        return commas(int(self.row("size-code", allocator="quarry", isa="armv7em", optimise="-Os")["bytes"]))


def worst(call, heaps):
    """From docs/benchmarks.md: the most expensive call on the Cortex-M4 that a search found."""
    text = read("docs/benchmarks.md")
    text = text[text.index("### The most expensive single call"):]
    found = re.search(rf"^\| {re.escape(call)} \| {heaps} \| ([\d,]+) \|", text, re.MULTILINE)
    return found[1]


def level_percents(cpu, column):
    """From docs/levels.md: least and most percent that a level takes more than the one below."""
    pattern = rf"^\| {cpu} \| \w+ (?:\|[^|\n]*){{4}}\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$"
    return [float(row[column]) for row in re.findall(pattern, read("docs/levels.md"), re.MULTILINE)]


def more(values):
    return [commas(100 * (min(values) - 1)), commas(100 * (max(values) - 1))]


def constant(path, pattern):
    return re.search(pattern, read(path), re.MULTILINE)[1]


def places(m):
    """Pattern in README.md, and its figures."""
    arm = level_percents("Cortex-M4", 1) + level_percents("Cortex-A53", 1)
    third = level_percents("[^|]+", 2)
    packets = int(constant("examples/packet-server-cortex-m/main.c", r"define PACKETS +(\d+)u"))
    bad = int(constant("examples/packet-server-cortex-m/main.c", r"define PACKETS_BAD +(\d+)u"))
    region = int(constant("examples/examples.mk", r"packet-server-cortex-m,mps2.*HEAP_BYTES=(\d+)"))
    bench_region = int(constant("tests/bench/instructions/table.mk", r"^BENCH_CALLS_BYTES +:= ([0-9]+)"))
    rows = [
        ("Lua, event loop", "luafw", "luafw.txt"), ("mbedTLS, two handshakes", "tls", "tls.txt"),
        ("cJSON, a document", "cjson", "cjson.txt"), ("SQLite, in memory", "sqlite", "sqlite.txt"),
        ("cJSON, a sensor node", "cjsonmini", "cjsonmini.txt")]
    return [
        (r"(N) instructions for a malloc that is served, (N) for one that is refused and (N) for a free",
         [worst("malloc", "one region"), worst("malloc, NULL", "one region"), worst("free", "one region")]),
        (r"no malloc takes more than (N), no free more than (N)", [m.bound("malloc"), m.bound("free")]),
        (r"(N), (N) and (N) on several regions",
         [worst("malloc", "several"), worst("malloc, NULL", "several"), worst("free", "several")]),
        (r"some (N) bytes and (N) % of the region", [m.fixed_bytes(), m.region_percent()]),
        (r"the smallest region is (N) bytes", [m.smallest_region()]),
        (r"no call takes more than (N) bytes of stack", [m.stack()]),
        (r"answers (N) packets in (N) KB, loses a block in one of (N)", [commas(packets), commas(region / 1024),
                                                                         commas(packets / bad)]),
        (r"A request up to (N) bytes \(32-bit\) or (N) KB", ["128", "2"]),
        (r"live at the peak, and (N) to (N) % more, (N) % where", m.overheads()),
        (r"`QUARRY_PAGE_BYTES`\): (N) on 32-bit, (N) on 64-bit",
         [constant("include/quarry_config.h", r"#else\n#define QUARRY_PAGE_BYTES (\d+)"),
          constant("include/quarry_config.h", r"#define QUARRY_PAGE_BYTES (\d+)\n#else")]),
        (r"provider at once, (N) KB or (N) MB",
         [commas(int(constant("include/quarry_config.h", r"#else\n#define QUARRY_CHUNK_BYTES (\d+)")) / 1024),
          commas(int(constant("include/quarry_config.h", r"#define QUARRY_CHUNK_BYTES (\d+)\n#else")) / 1048576)]),
        (r"(N) to (N) % more instructions on ARM, (N) to (N) % on x86_64",
         more(arm) + more(level_percents("x86_64", 1))),
        (r"at (N) to (N) times the instructions", [commas(min(third)), commas(max(third))]),
        (r"(N) bytes on 32-bit ARM, (N) on x86",
         [constant("include/quarry_config.h", rf"#define QUARRY_ALIGN_BYTES ({value})$") for value in (8, 16)]),
        (r"region (N) MB", [f"{bench_region / 1048576:.1f}"]),
        *[(rf"\| {name} \| (N) \| (N) / (N) / (N) \| (N) / (N) / (N) \| (N) \| (N) \|", m.program(trace, file))
          for name, trace, file in rows],
        *[(rf"\| {name} \| {'(N) to (N)' if region else '-'} \| (N) to (N) / (N) to (N) \| (N) / (N) "
           rf"\| {'(N)' if code else '-'} \|", m.choice(allocator, region, code))
          for name, allocator, region, code in [
              ("Quarry", "quarry", "quarry", "quarry"), ("TLSF", "TLSF", "TLSF", "TLSF"),
              ("o1heap", "o1heap", "o1heap", "o1heap"), ("heap_4, heap_5", "heap_5", "heap_5", "heap_4"),
              ("newlib's", "newlib", None, None), ("newlib-nano's", "newlib-nano", None, None)]],
        (r"(N) lines of C, a linker script", [constant("tests/build/short.sh", r'^ +\*\) expect .* is_short "\$file" (\d+)')]),
        (r"\[(N) lines\s+each\]", [constant("tests/ports/recipes/extract.py", r"more than (\d+) lines\"")]),
        (r"SQLite (N) bytes live in a\s+region of (N)", m.region("sqlite64")),
        (r"PHP (N) in (N)", m.region("php64")),
        (r"together are\s+(N) bytes", [m.code()]),
    ]


def listed(text):
    """What is no figure: the ports that README.md names, against those that there are."""
    ports = {os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(ROOT, "arch/*/arch_port.h"))}
    named = re.search(r"where `<isa>` is one\s+of `([^`]*)`", text)
    return [] if named and set(named[1].split()) == ports else [f"the ports are {' '.join(sorted(ports))}"]


def uncovered(text, spans):
    """Numbers outside code that no pattern covers and that are no names: (line, number)."""
    hidden = [match.span() for match in re.finditer(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)]
    hidden += [match.span() for match in NAMES.finditer(text)] + spans
    for match in NUMBER.finditer(text):
        if len(match[0]) > 1 and not any(start <= match.start() < end for start, end in hidden):
            yield text.count("\n", 0, match.start()) + 1, match[0]


def main():
    verb, readme, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    text, passed, wrong, spans, changes = read(readme), 0, listed(read(readme)), [], []
    for pattern, figures in places(Measured(paths)):
        found = list(re.finditer(pattern.replace("(N)", r"(\d[\d,.]*\d|\d)").replace(" ", r"\s+"), text))
        if len(found) != 1:
            wrong.append(f"{pattern}: is there {len(found)} times")
            continue
        spans.append(found[0].span())
        for group, figure in enumerate(figures, 1):
            if found[0][group] == figure:
                passed += 1
            else:
                wrong.append(f"{pattern}: says {found[0][group]}, is {figure}")
                changes.append((found[0].span(group), figure))
    wrong += [f"line {line}: no test for {number}" for line, number in uncovered(text, spans)]
    if verb == "write":
        for (start, end), figure in sorted(changes, reverse=True):
            text = text[:start] + figure + text[end:]
        with open(os.path.join(ROOT, readme), "w", encoding="utf-8") as out:
            out.write(text)
        print(f"{len(changes)} figures of {readme} written anew")
        return
    for line in wrong:
        print(f"FAIL {readme}: {line}")
    if wrong:
        print("make readme puts what is measured into README.md")
    print(f"{passed} passed, {len(wrong)} failed")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
