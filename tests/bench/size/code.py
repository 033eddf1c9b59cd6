#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# code.py PEERS.tsv OUTPUT.tsv WORK ISA=COMPILER...: table 7, code and constants of six functions on every ISA.
#
# The library is compiled below WORK with a section for each function and linked to a program that does nothing
# (size.c), once as it is and once with the six functions kept. The difference of .text and .rodata is what the six
# need, the compiler's own functions included. State outside heaps (.data, .bss) is refused.

import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import tables  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SIX = ["quarry_" + name for name in ("create", "malloc", "calloc", "aligned_alloc", "realloc", "free")]
COMPILE = ["-std=c11", "-ffreestanding", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-ffunction-sections",
           "-fdata-sections"]
LINK = ["-nostdlib", "-static", "-Wl,--gc-sections", "-Wl,-e,start", "-Wl,--build-id=none"]
NOTES = [
    "quarry: malloc, free, calloc, realloc, aligned_alloc and create with everything that they need, .text and .rodata, "
    "default configuration (check level 1, figures on), gcc. What a program does not call is not linked.",
    "Beside them: reference figures of peers at -Os, the whole allocator; measured outside this repository, not "
    "remeasured.",
]


def run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"status {done.returncode}: {' '.join(words)}")
    return done.stdout


def sections(path):
    """Bytes of each section of an ELF file that is loaded, by name."""
    found = {}
    for line in run(["readelf", "-S", "-W", path]).splitlines():
        fields = line.partition("]")[2].split()
        if len(fields) >= 7 and fields[0].startswith(".") and "A" in fields[6]:
            found[fields[0]] = int(fields[4], 16)
    return found


def code_bytes(path):
    found = sections(path)
    for name in (".data", ".bss"):
        if found.get(name):
            sys.exit(f"{path}: {found[name]} bytes of {name}: the library has state outside its heaps")
    return sum(size for name, size in found.items() if name.startswith((".text", ".rodata")))


def measure(isa, compiler, level, work, libraries=("-lgcc",)):
    where = os.path.join(work, isa + level)
    os.makedirs(where, exist_ok=True)
    objects = []
    sources = sorted(glob.glob(os.path.join(ROOT, "src", "*.c")))
    for source in [os.path.join(ROOT, "tests", "bench", "size", "size.c"), *sources]:
        objects.append(os.path.join(where, os.path.basename(source)[:-1] + "o"))
        run([*compiler, *COMPILE, level, f"-I{ROOT}/include", f"-I{ROOT}/arch/{isa}", "-c", source, "-o", objects[-1]])
    sizes = []
    for name, keep in (("none.elf", []), ("six.elf", SIX)):
        out = os.path.join(where, name)
        run([*compiler, *LINK, *(f"-Wl,-u,{symbol}" for symbol in keep), *objects, *libraries, "-o", out])
        sizes.append(code_bytes(out))
    return sizes[1] - sizes[0]


def main():
    peers_path, output, work, pairs = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    rows = []
    for pair in pairs:
        isa, _, compiler = pair.partition("=")
        for level in ("-Os", "-O2"):
            rows.append(["quarry", isa, level, measure(isa, compiler.split(), level, work)])
    isas = [row[1] for row in rows]
    rows += [[peer["allocator"], peer["figure"], "-Os", peer["bytes"]]
             for peer in tables.read(peers_path).dicts() if peer["figure"] in isas]
    tables.write(output, tables.Table(
        "size-code", "Code and constants of six functions, bytes", "make build/bench/size-code.tsv", NOTES,
        ["allocator", "isa", "optimise", "bytes"], rows))


if __name__ == "__main__":
    main()
