#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# mutants.py [WORD]: breaks the arithmetic in many ways, in a copy below build/, and shows that the tests or the proofs
# notice. Each row: a file of src/, what is replaced (its first place), by what, and who must notice: a group's program
# (its quick part, 32 bits unless a variant is named) or "prove FILE NAME". Status 1 if some mutant is not found.

import os
import shutil
import subprocess
import sys

MUTANTS = [
    ("bits.h", "63u - (unsigned)", "62u - (unsigned)", "prove words bits_highest"),
    ("bits.h", "word << (BITS_WORD - count)", "word << (BITS_WORD - 1 - count)", "prove words rotate_right"),
    ("bits.h", "return (value + unit - 1)", "return (value + unit)", "prove words round_up"),
    ("bits.h", "value != 0 && (value", "(value", "prove words power_of_two"),
    ("bits.h", ">= BITS_WORD)\n", "> BITS_WORD)\n", "prove words multiply"),
    ("bits.h", "(a & 1) != 0 ? b >> 1 : 0", "0", "prove words multiply"),
    ("bits.h", "if (halved >> (BITS_WORD - 1) != 0)", "if (0)", "bits"),
    ("bits.h", "0x077CB531u", "0x077CB533u", "bits_no_scan"),
    ("bits.h", "word |= word >> 16;", "", "bits_no_scan"),
    ("bits.h", "0x03F79D71B4CB0A89u", "0x03F79D71B4CB0A8Bu", "bits_no_scan 64-p512-a16-l1"),
    ("bits.h", "word |= word >> (BITS_WORD / 2);", "", "bits_no_scan 64-p512-a16-l1"),
    ("units.h", "(bytes + QUARRY_PAGE_BYTES - 1)", "(bytes + QUARRY_PAGE_BYTES)", "chunks"),
    ("bin_shapes.h", "+ (unsigned)(last >> (power - 2) & 3)", "+ (unsigned)(last >> (power - 1) & 3)", "bins 64-p512-a16-l1"),
    ("bin_shapes.h", "BIN_BETTER(odd, BIN_BETTER(odd, BIN_BETTER(odd, BIN_BETTER(odd, odd))))",
     "BIN_BETTER(odd, BIN_BETTER(odd, odd))", "bins"),
    ("bin_shapes.h", "last | (QUARRY_ALIGN_BYTES - 1)", "last", "bins 32-p64-a16-l1"),
    ("chunk.c", "if (room >= pages)", "if (room + 1 >= pages)", "chunks"),
    ("chunk.c", "missing - (missing >> FIT_SHIFT)", "missing + (missing >> FIT_SHIFT)", "chunks"),
    ("chunk.c", "one - other < other_bytes", "one - other <= other_bytes", "prove pages overlaps"),
    ("control/plain.h", "bits_likely(pages < CONTROL_LENGTH_LONG)", "bits_likely(pages <= CONTROL_LENGTH_LONG)", "chunks"),
    ("chunk.h", "sizeof(uintptr_t) - 1)", "1)", "chunks"),
    ("run.h", "(unsigned)(pages >> (power - 1) & 1)", "0", "prove pages run_class"),
    ("", "EIGHT_OF(10),", "EIGHT_OF(11),", "runs"),
    ("huge.h", "bits_round_up(RESERVE_HEADER_BYTES + bytes, UNITS_SOURCE_BYTES)", "bits_round_up(bytes, UNITS_SOURCE_BYTES)",
     "sizes"),
    ("huge.c", "(pad_bytes + bytes + sizeof(struct added_chunk),", "(bytes + sizeof(struct added_chunk),", "sizes"),
    ("quarry.c", "UNITS_REQUEST_MAX_BYTES / 4", "SIZE_MAX", "sizes"),
    ("quarry.c", "bytes != 0 && bytes - 1 <= UINTPTR_MAX - (uintptr_t)region ? bytes : 0", "true ? bytes : 0", "prove requests region"),
    ("quarry.c", "(MIN_PAGES + 1) * QUARRY_PAGE_BYTES", "(MIN_PAGES + 2) * QUARRY_PAGE_BYTES", "sizes"),
    ("emalloc/emalloc.c", "bytes > SIZE_MAX - offset", "bytes >= SIZE_MAX - 1", "emalloc"),
    ("bytes.c", "WORDS_AT_ONCE * sizeof(word_t); bytes -=", "sizeof(word_t); bytes -=", "bytes"),
]

TOP = os.getcwd()
COPY = os.path.join(TOP, "build/mutants", str(os.getpid()))


def run(command):
    return subprocess.run(command, shell=True, cwd=COPY, capture_output=True, text=True, timeout=900)


def is_found(who):
    """Has a test failed, or does it not even compile?"""
    if who.startswith("prove "):
        _, file, name = who.split()
        done = run(f"tests/arithmetic/smt/prove.py -t 600 -k {name} tests/arithmetic/smt/{file}.c clang -m64 -std=c11 "
                   "-ffreestanding -Iinclude -Iarch/hosted")
        return ": the answer is false" in done.stdout or "not reached" in done.stdout, done.stdout
    group, variant = (who.split() + ["32-p64-a8-l1"])[:2]
    program = f"build/arithmetic/{variant}/{group}"
    made = run(f"make -s {program} ARITHMETIC_VARIANTS={variant}")
    if made.returncode != 0:
        return "Static" in made.stderr or "static" in made.stderr, made.stderr
    done = run(f"timeout 120 {program}")
    return done.returncode != 0, done.stdout


def main():
    word, missed = sys.argv[1] if len(sys.argv) > 1 else "", 0
    shutil.rmtree(COPY, ignore_errors=True)
    os.makedirs(COPY)
    for name in ("Makefile", "src", "include", "arch", "tests", "tools", "linker", "examples", "ports"):
        (shutil.copytree if os.path.isdir(name) else shutil.copy)(name, os.path.join(COPY, name))
    for file, old, new, who in MUTANTS:
        if word not in file + " " + who:
            continue
        path = os.path.join(COPY, "src", file)
        with open(path, encoding="utf-8") as source:
            text = source.read()
        if old not in text:
            print(f"STALE {file}: no longer has {old!r}")
            missed += 1
            continue
        with open(path, "w", encoding="utf-8") as source:
            source.write(text.replace(old, new, 1))
        found, output = is_found(who)
        missed += not found
        print(f"{'found' if found else 'MISSED'} {file}: {old!r} -> {new!r} by {who}", flush=True)
        if not found:
            print(output[-1000:])
        with open(path, "w", encoding="utf-8") as source:
            source.write(text)
    sys.exit(missed != 0)


if __name__ == "__main__":
    main()
