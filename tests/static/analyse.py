#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# analyse.py [--full] [--write] JOBS ISA=COMPILER...: static analysis of src/, include/ and the ports' arch_port.h.
#
# Four tools, each told its checks elsewhere: gcc's analyzer and both compilers' warnings (WARNINGS below), clang-tidy
# (.clang-tidy), cppcheck and its MISRA C:2012 addon (the table in docs/misra.md); what the second and third find and is
# none stands in clang-tidy.txt and cppcheck.txt beside this file. Each reads the library once for a 64-bit process and
# once for a 32-bit CPU with everything switched on, and a file that needs nothing but the port for every other ISA.
# --full: all five check levels for both, and clang's analyzer, which takes as long as the MISRA addon, everywhere. A finding is a failure. For MISRA a violation
# is one if docs/misra.md does not list its rule and file, and so is a row, or a file in a row, that no violation needs
# any more. --write brings the column "where" up to date and adds rows for new rules, whose category and reason are then
# to be written by hand.
# ISA=COMPILER: gcc and clang with the CPU's flags, e.g. armv6m="arm-none-eabi-gcc -mthumb -mcpu=cortex-m0".

import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

LEDGER = "docs/misra.md"
BUILD = "build/static"
MANY = 8  # a rule that is broken in more files is broken "throughout"

WARNINGS = ("-Wall -Wextra -Wconversion -Wsign-conversion -Wundef -Wshadow -Wcast-qual -Wcast-align -Wvla "
            "-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls -Wnested-externs "
            "-Wpointer-arith -Wwrite-strings -Wnull-dereference -Wswitch-default -Wdouble-promotion -Werror").split()
GCC_WARNINGS = "-Wduplicated-cond -Wlogical-op -Wcast-align=strict -Warith-conversion -Walloca -fanalyzer".split()
CLANG_WARNINGS = ("-Wcomma -Wextra-semi -Wextra-semi-stmt -Wmissing-variable-declarations -Wassign-enum -Wover-aligned "
                  "-Wconditional-uninitialized -Wshift-sign-overflow -Wloop-analysis").split()
CONTRACT = "-std=c11 -O2 -ffreestanding".split()

# What a compiler would tell cppcheck, which has no macros of its own: one of each kind of CPU is enough for a 64-bit
# and a 32-bit one, and the ports differ only in what they define themselves.
# It takes a declaration that names its symbol for the linker for none.
MACROS = "__GNUC__=12 __BYTE_ORDER__=1234 __ORDER_LITTLE_ENDIAN__=1234 QUARRY_LINK_NAME(name)=".split()
MACROS_64 = "UINTPTR_MAX=0xFFFFFFFFFFFFFFFFu SIZE_MAX=0xFFFFFFFFFFFFFFFFu __BIGGEST_ALIGNMENT__=16".split()
MACROS_32 = "UINTPTR_MAX=0xFFFFFFFFu SIZE_MAX=0xFFFFFFFFu __BIGGEST_ALIGNMENT__=8".split()
MACROS_OF = {
    "hosted": ["__unix__=1"], "x86_64": ["__x86_64__=1"], "i386": ["__i386__=1"], "aarch64": ["__aarch64__=1"],
    "riscv32": "__riscv=1 __riscv_mul=1 __riscv_xlen=32".split(), "riscv64": "__riscv=1 __riscv_mul=1 __riscv_xlen=64".split(),
    "armv5te": "__arm__=1 __ARM_ARCH=5 __ARM_FEATURE_CLZ=1".split(), "armv6": "__arm__=1 __ARM_ARCH=6 __ARM_FEATURE_CLZ=1".split(),
    "armv6m": "__arm__=1 __ARM_ARCH=6 __ARM_ARCH_PROFILE=77".split(),
}
MACROS_OF_ARM_M = "__arm__=1 __ARM_ARCH=7 __ARM_ARCH_PROFILE=77".split()
MACROS_OF_ARM = "__arm__=1 __ARM_ARCH=7".split()
WIDE_ISAS = ("hosted", "x86_64", "aarch64", "riscv64")


def macros_of(isa):
    """The macros by which a port knows its CPU."""
    return MACROS_OF.get(isa, MACROS_OF_ARM_M if re.match(r"armv\d+e?m$", isa) else MACROS_OF_ARM)


def everything(isa):
    """Options that bring most of the rest; a process has no interrupts to mask."""
    return ["-DQUARRY_LOCK=QUARRY_LOCK_" + ("SMP" if isa == "hosted" else "IRQ"), "-DQUARRY_TRACK=1"]


PORT_FILE = "src/bits.c"
# A table that nested macros compute: 80 MB as the MISRA addon reads it, and minutes for clang-tidy. gcc alone reads it.
TABLES = ("src/bin_shapes.c",)

ROW = re.compile(r"^\| (\d+\.\d+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$")


class Build:
    """One way to build the library."""

    def __init__(self, name, isa, options, files, compilers, clang_analyzer):
        self.name, self.isa, self.options, self.files = name, isa, options, files
        self.gcc, self.clang = compilers[isa]
        self.clang_analyzer = clang_analyzer
        self.includes = ["-Iinclude", "-Iarch/" + isa]

    def commands(self):
        common = CONTRACT + self.includes + self.options + WARNINGS
        for file in self.files:
            if self.gcc:
                yield f"gcc {self.name} {file}", self.gcc + common + GCC_WARNINGS + ["-c", file, "-o", "/dev/null"]
            if file in TABLES:
                continue
            tidy = ["clang-tidy", "--quiet"] + ([] if self.clang_analyzer else ["--checks=-clang-analyzer-*"])
            yield f"clang-tidy {self.name} {file}", tidy + [file, "--"] + self.clang[1:] + common + CLANG_WARNINGS

    def cppcheck(self):
        folder = f"{BUILD}/{self.name}"
        os.makedirs(folder, exist_ok=True)
        wide = self.isa in WIDE_ISAS
        macros = MACROS + (MACROS_64 if wide else MACROS_32) + macros_of(self.isa)
        return ["cppcheck", "-q", "--std=c11", "--enable=warning,style,performance,portability", "--inline-suppr",
                "--platform=" + ("unix64" if wide else "arm32-wchar_t4"), "--addon=misra",
                "--suppressions-list=tests/static/cppcheck.txt", "--cppcheck-build-dir=" + folder,
                "--template={file}:{line}:{column}: {id}: {message}"] + self.includes + self.options + \
            ["-D" + macro for macro in macros] + [file for file in self.files if file not in TABLES]


def run(name, command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    # clang-tidy says how much there was that it does not show.
    lines = [line for line in done.stdout.splitlines() if line and not re.match(r"^\d+ warnings? generated\.$", line)]
    return name, lines, done.returncode


def without_false(lines, false):
    """clang-tidy's lines without the findings, notes included, that tests/static/clang-tidy.txt lists."""
    kept, is_false = [], False
    for line in lines:
        match = re.match(r"^([^:]+):\d+:\d+: (?:error|warning): .*\[([^,\]]+)", line)
        if match:
            is_false = f"{match[2]}:{os.path.relpath(match[1])}" in false
        if not is_false:
            kept.append(line)
    return kept


def builds(compilers, full):
    """The builds of the two halves of the test, those for the ports, and which of them the MISRA addon reads."""
    source = sorted(glob.glob("src/*.c") + glob.glob("src/*/*.c"))
    wide = Build("hosted-1", "hosted", [], source, compilers, full)
    narrow = Build("armv6m-4", "armv6m", ["-DQUARRY_CHECK_LEVEL=4"] + everything("armv6m"), source, compilers, full)
    ports = [Build("port-" + isa, isa, [], [PORT_FILE], compilers, False)
             for isa in sorted(compilers) if isa not in ("hosted", "armv6m")]
    more = [Build(f"{isa}-{level}{'-all' if extra else ''}", isa, [f"-DQUARRY_CHECK_LEVEL={level}"] + extra, source,
                  compilers, True)
            for isa in ("hosted", "armv6m") for level in range(5) for extra in ([], everything(isa))] if full else []
    return [wide, narrow] + ports, more


def file_name(path):
    """A file as the table names it: files of src/ without their folder."""
    path = os.path.relpath(path)
    return path[4:] if path.startswith("src/") else path


def analyse(jobs, first, more):
    """Runs everything; the findings, and for each MISRA rule its files."""
    commands = [("cppcheck " + build.name, build.cppcheck()) for build in first + more]
    commands += [command for build in first + more for command in build.commands()]
    findings, misra, counts = [], {}, {}
    with open("tests/static/clang-tidy.txt", encoding="utf-8") as listed:
        false = {line.strip() for line in listed if line[0] not in "#\n"}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, lines, status in pool.map(lambda command: run(*command), commands):
            tool = name.split()[0]
            counts[tool] = counts.get(tool, 0) + 1
            rest = []
            if tool == "clang-tidy":
                kept = without_false(lines, false)
                lines, status = kept, 0 if lines and not kept else status
            for line in lines:
                match = re.match(r"^([^:]+):(\d+):\d+: misra-c2012-([0-9.]+): ", line)
                if match:
                    misra.setdefault(match[3], {}).setdefault(file_name(match[1]), set()).add(match[2])
                else:
                    rest.append(line)
            if rest or (status != 0 and tool != "cppcheck") or (status != 0 and not lines):
                findings.append("\n".join([f"{name}:"] + rest + ([] if rest else [f"exit status {status}"])))
    return findings, misra, counts


# --- the table of deviations ---

def where_of(files):
    return "throughout" if len(files) > MANY else ", ".join(sorted(files))


def rule_key(rule):
    return [int(part) for part in rule.split(".")]


def check_ledger(misra):
    """What is wrong with the table, in words."""
    with open(LEDGER, encoding="utf-8") as lines:
        rows = {match[1]: match.groups()[1:] for match in map(ROW.match, lines) if match}
    wrong = []
    for rule in sorted(set(misra) - set(rows), key=rule_key):
        wrong.append(f"MISRA {rule}: no deviation, but broken in " +
                     ", ".join(f"{file}:{min(misra[rule][file], key=int)}" for file in sorted(misra[rule])))
    for rule, (category, where, reason) in rows.items():
        files = set(misra.get(rule, ()))
        if "?" in (category.strip(), reason.strip()):
            wrong.append(f"MISRA {rule}: {LEDGER} gives no category or no reason")
        if not files:
            wrong.append(f"MISRA {rule}: the deviation is no longer needed; take its row out of {LEDGER}")
        elif where.strip() == "throughout":
            if len(files) <= MANY:
                wrong.append(f"MISRA {rule}: no longer broken throughout, only in {where_of(files)}")
        else:
            listed = set(where.strip().split(", "))
            for file in sorted(files - listed):
                wrong.append(f"MISRA {rule}: broken in {file}:{min(misra[rule][file], key=int)} too")
            for file in sorted(listed - files):
                wrong.append(f"MISRA {rule}: no longer broken in {file}")
    return wrong


def write_ledger(misra):
    with open(LEDGER, encoding="utf-8") as old:
        lines = old.read().splitlines()
    places = [index for index, line in enumerate(lines) if ROW.match(line)]
    rows = {ROW.match(lines[index])[1]: ROW.match(lines[index]).groups() for index in places}
    table = []
    for rule in sorted(misra, key=rule_key):
        _, category, _, reason = rows.get(rule, (rule, "?", "", "?"))
        table.append(f"| {rule} | {category.strip()} | {where_of(misra[rule])} | {reason.strip()} |")
    if not places:
        sys.exit(f"{LEDGER} has no table")
    lines[places[0]:places[-1] + 1] = table
    with open(LEDGER, "w", encoding="utf-8") as new:
        new.write("\n".join(lines) + "\n")


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    full, write = "--full" in sys.argv, "--write" in sys.argv
    compilers = {}
    for argument in arguments[1:]:
        isa, command = argument.split("=", 1)
        pair = compilers.setdefault(isa, [None, None])
        pair["clang" in command.split()[0]] = command.split()
    start = time.monotonic()
    first, more = builds(compilers, full)
    findings, misra, counts = analyse(int(arguments[0]), first, more)
    if write:
        write_ledger(misra)
    findings += check_ledger(misra)
    if findings:
        print("\n".join(findings))
        sys.exit(1)
    deviations = sum(len(lines) for files in misra.values() for lines in files.values())
    print("static analysis: " + ", ".join(f"{counts[tool]} runs of {tool}" for tool in sorted(counts)) +
          f"; {deviations} lines deviate from {len(misra)} MISRA rules, all listed; {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
