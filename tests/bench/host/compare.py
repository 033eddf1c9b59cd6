#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# compare.py time|instructions|memory|touched [--rounds N] [--out FILE.tsv] --allocators 'A B ...' --replay PROGRAM TRACE...
#
# Runs the replay program on every trace with every allocator, one process each, and writes a table: to FILE.tsv, or
# to the terminal. A run that fails ends it.
#
# time alternates: a round is one run of each allocator on a trace; a run's figure is the median of its replays, and the
# ratio to Zend MM is that of two runs of the same round. instructions needs valgrind.

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

# A run replays its trace until it has made that many calls: some 20 ms, so that a round is short beside the times for
# which a shared machine is slower or faster.
RUN_CALLS = 3_000_000
COUNTED_REPLAYS = 3
BASE = "zend"

NAMES = {"zend": "Zend MM", "nothing": "nothing"}
TIME_NOTES = [
    "ns per call of a whole replay, all kinds of call together: median of {rounds} rounds, in each of which every allocator "
    "ran once in a process of its own, one after the other, every run being the median of its replays.",
    "The ratio to Zend MM is that of two runs of the same round: median, and quartiles as low and high. "
    "The least is that of all replays of all rounds, and its ratio to Zend MM's: what an undisturbed machine does.",
    "All are called through function pointers from one program, which writes the first byte of each block and frees at the "
    "end of a replay what the traced program left; this program itself takes at least {loop} of each figure.",
]
QUARRY_NOTE = (
    "Quarry: gcc -O2, no link-time optimisation, chunks of 2 MB from a provider over mmap and munmap; where it says that "
    "chunks are kept, the provider keeps what is released for the next acquire, as a kernel's frame allocator would."
)
PEER_NOTE = "Peers: Debian's libphp8.2-embed (Zend MM: _emalloc, _efree, _erealloc), libmimalloc2.0, libtcmalloc-minimal4, libjemalloc2, libc6."
NOTES = {
    "time": TIME_NOTES + [QUARRY_NOTE, PEER_NOTE],
    "instructions": [
        "Instructions inside the allocator's own calls, their callees and what these copy and clear included, the kernel "
        f"not: callgrind over {COUNTED_REPLAYS} replays after one that warms up; the replay program's are left out.",
        QUARRY_NOTE,
        PEER_NOTE,
    ],
    "memory": [
        "Peak of what the allocator had from the system by its own figures, over the peak of the bytes requested and live, "
        "in one replay in a fresh process. Quarry: acquired_peak_bytes, compared with what the provider counted. Zend MM: "
        "zend_memory_peak_usage(real). mimalloc: peak_commit of mi_process_info. jemalloc: stats.resident; tcmalloc: "
        "generic.heap_size; glibc: mallinfo2, what it has from brk and mmap; these three read after each call.",
        "Not all of it need be backed by memory in a process (mimalloc maps 32 MB at once and relies on that; jemalloc counts its "
        "control data generously): see the touched bytes. In a kernel without demand paging all of it is.",
    ],
    "touched": [
        "Peak of memory without a file (and of brk's heap) that was backed by pages, control data included, beyond what was "
        "when the library had been loaded and nothing had been called: /proc/self/smaps, read after every 32nd call and "
        "whenever the live peak had grown by 1 %. Every requested byte was written.",
    ],
}
TITLES = {
    "time": "Kernel profile: time per call on x86_64",
    "instructions": "Kernel profile: instructions per call on x86_64",
    "memory": "Kernel profile: peak acquired from the system over peak live",
    "touched": "Kernel profile: peak touched over peak live",
}


def label(allocator):
    name, _, chunk = allocator.partition(":")
    kind, _, word = name.partition("-")
    if kind not in ("quarry", "kept"):
        return NAMES.get(name, name)
    text = f"Quarry, level {word}" if word.isdigit() else f"Quarry, {word}"
    if chunk:
        kilobytes = int(chunk) // 1024
        text += f", chunks of {kilobytes // 1024} MB" if kilobytes % 1024 == 0 else f", chunks of {kilobytes} KB"
    return text + (", chunks kept" if kind == "kept" else "")


def trace_name(path):
    return os.path.splitext(os.path.basename(path))[0]


def run(command):
    # jemalloc wants more room for thread-local data than the dynamic linker leaves a library that is loaded late.
    environment = dict(os.environ, GLIBC_TUNABLES="glibc.rtld.optional_static_tls=16384")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def figures(text):
    words = text.split()
    return {name: int(value) for name, value in zip(words[::2], words[1::2])}


def count_calls(path):
    with open(path, encoding="ascii") as lines:
        return sum(1 for _ in lines)


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def time_runs(options):
    """ns[trace][allocator] = a list with one figure a round, least[trace][allocator] = the shortest replay of all."""
    allocators = options.allocators + (["nothing"] if options.out else [])
    ns = {trace: {allocator: [] for allocator in allocators} for trace in options.traces}
    least = {trace: dict.fromkeys(allocators, math.inf) for trace in options.traces}
    replays = {trace: max(3, RUN_CALLS // count_calls(trace)) for trace in options.traces}
    for _ in range(options.rounds):
        for trace in options.traces:
            for allocator in allocators:
                got = figures(run([options.replay, "time", allocator, trace, str(replays[trace])]))
                ns[trace][allocator].append(got["median_ns"] / got["calls"])
                least[trace][allocator] = min(least[trace][allocator], got["least_ns"] / got["calls"])
    return ns, least


def time_table(options):
    ns, least = time_runs(options)
    has_base = BASE in options.allocators
    rows = []
    ratios = {}
    for trace in options.traces:
        for allocator in options.allocators:
            own = ns[trace][allocator]
            row = [trace_name(trace), label(allocator), f"{statistics.median(own):.2f}", "-", "-", "-", f"{least[trace][allocator]:.2f}", "-"]
            if has_base:
                ratios[trace, allocator] = [mine / base for mine, base in zip(own, ns[trace][BASE])]
                row[3:6] = [f"{value:.2f}" for value in quartiles(ratios[trace, allocator])]
                row[7] = f"{least[trace][allocator] / least[trace][BASE]:.2f}"
            rows.append(row)
    for allocator in options.allocators if has_base else []:
        means = [geometric_mean(values) for values in zip(*(ratios[trace, allocator] for trace in options.traces))]
        leasts = geometric_mean([least[trace][allocator] / least[trace][BASE] for trace in options.traces])
        rows.append(["geometric mean", label(allocator), "-"] + [f"{value:.2f}" for value in quartiles(means)] + ["-", f"{leasts:.2f}"])
    loop = ", ".join(f"{least[trace].get('nothing', 0):.2f} ns ({trace_name(trace)})" for trace in options.traces)
    notes = [note.replace("{rounds}", str(options.rounds)).replace("{loop}", loop) for note in NOTES["time"]]
    return notes, ["trace", "allocator", "ns", "ratio_to_zend", "ratio_low", "ratio_high", "least_ns", "least_ratio"], rows


def kind_of(function):
    for word, kind in (("realloc", "realloc"), ("calloc", "calloc"), ("align", "aligned"), ("free", "free"), ("alloc", "malloc")):
        if word in function:
            return kind
    sys.exit(f"callgrind: {function} is called by the replay, and is no call of an allocator's")


def read_callgrind(path):
    """{kind of call: (calls, instructions)} of what replay_plain or replay_heap called directly."""
    kinds, inside, callee = {}, False, None
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("fn="):
                inside = re.match(r"fn=replay_(plain|heap)\b", line) is not None
            elif inside and line.startswith("cfn="):
                callee = line[4:].strip()
            elif inside and line.startswith("calls="):
                kind = kind_of(callee)
                calls, cost = int(line[6:].split()[0]), int(next(lines).split()[-1])
                old = kinds.get(kind, (0, 0))
                kinds[kind] = (old[0] + calls, old[1] + cost)
    return kinds


def count_instructions(options, trace, allocator):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "callgrind.out")
        text = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", "--compress-strings=no", "--compress-pos=no",
                    "--toggle-collect=replay_plain", "--toggle-collect=replay_heap",
                    options.replay, "count", allocator, trace, str(COUNTED_REPLAYS)])  # fmt: skip
        kinds = read_callgrind(path)
    calls = figures(text)["calls"] * COUNTED_REPLAYS
    if sum(count for count, _ in kinds.values()) != calls:
        sys.exit(f"callgrind saw {kinds} with {allocator} on {trace}, not {calls} calls")
    return kinds, calls


def instructions_table(options):
    rows, totals = [], {}
    for trace in options.traces:
        for allocator in options.allocators:
            kinds, calls = count_instructions(options, trace, allocator)
            total = sum(cost for _, cost in kinds.values()) / calls
            totals.setdefault(allocator, []).append(total)
            each = [f"{kinds[kind][1] / kinds[kind][0]:.1f}" if kind in kinds else "-" for kind in ("malloc", "free")]
            rows.append([trace_name(trace), label(allocator), f"{total:.1f}"] + each)
    for allocator in options.allocators:
        rows.append(["geometric mean", label(allocator), f"{geometric_mean(totals[allocator]):.1f}", "-", "-"])
    return NOTES["instructions"], ["trace", "allocator", "instructions", "malloc_instructions", "free_instructions"], rows


def memory_table(options, what):
    rows, ratios = [], {}
    for trace in options.traces:
        for allocator in options.allocators:
            got = figures(run([options.replay, "memory", allocator, trace]))
            ratios.setdefault(allocator, []).append(got[what] / got["live"])
            rows.append([trace_name(trace), label(allocator), got["live"], got[what], f"{got[what] / got['live']:.2f}"])
    for allocator in options.allocators:
        rows.append(["geometric mean", label(allocator), "-", "-", f"{geometric_mean(ratios[allocator]):.2f}"])
    notes = NOTES["memory" if what == "acquired" else what]
    return notes, ["trace", "allocator", "peak_live_bytes", f"peak_{what}_bytes", "ratio"], rows


def write_tsv(path, title, notes, header, rows):
    with open(path + ".part", "w", encoding="ascii") as out:
        print(f"# title: {title}", f"# command: make {path}", *(f"# note: {note}" for note in notes), sep="\n", file=out)
        for row in [header] + rows:
            print(*row, sep="\t", file=out)
    os.replace(path + ".part", path)


def print_table(header, rows):
    widths = [max(len(str(row[i])) for row in [header] + rows) for i in range(len(header))]
    for row in [header] + rows:
        texts = [str(entry).ljust(width) if i < 2 else str(entry).rjust(width) for i, (entry, width) in enumerate(zip(row, widths))]
        print("  ".join(texts))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=list(TITLES))
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--out")
    parser.add_argument("--replay", required=True)
    parser.add_argument("--allocators", type=str.split, required=True)
    parser.add_argument("traces", nargs="+")
    options = parser.parse_args()
    if options.what == "time":
        notes, header, rows = time_table(options)
    elif options.what == "instructions":
        notes, header, rows = instructions_table(options)
    else:
        notes, header, rows = memory_table(options, "acquired" if options.what == "memory" else "touched")
    if options.out is not None:
        write_tsv(options.out, TITLES[options.what], notes, header, rows)
    else:
        print_table(header, rows)


if __name__ == "__main__":
    main()
