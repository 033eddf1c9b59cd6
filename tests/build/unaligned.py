#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# unaligned.py LIBRARY: counts the unaligned accesses of a library for ARM or RISC-V; prints each.
#
# What is read is the disassembly: an access whose constant offset is no multiple of its length. The library's structs
# are aligned, so where compilers may not merge or split accesses, there is none. Of what ARM's objects say about
# themselves, Tag_CPU_unaligned_access is read too. Status 1 if there is any.

import re
import subprocess
import sys

# Mnemonic and first register; then [base, #offset], of RISC-V offset(base).
ARM = re.compile(r"\t(ldr|str|ldur|stur|ldp|stp|ldrd|strd)(s?[bhw]?)(?:\.w)?\s+([a-z]+)\d*,.*\[\w+, #(-?(?:0x)?[0-9a-f]+)\]")
RISCV = re.compile(r"\t(?:c\.)?[ls]([bhwd])u?\s+\w+, (-?(?:0x)?[0-9a-f]+)\(\w+\)")
SUFFIX_BYTES = {"b": 1, "sb": 1, "h": 2, "sh": 2, "sw": 4, "w": 4, "d": 8}
REGISTER_BYTES = {"w": 4, "x": 8, "r": 4, "q": 16, "d": 8, "s": 4}


def access(line):
    """Length and offset of an access, or None."""
    match = ARM.search(line)
    if match:
        suffix, register = match[2], match[3]
        return SUFFIX_BYTES[suffix] if suffix else REGISTER_BYTES.get(register, 4), int(match[4], 0)
    match = RISCV.search(line)
    return (SUFFIX_BYTES[match[1]], int(match[2], 0)) if match else None


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()


def main():
    found = accesses = 0
    function = ""
    for line in output("llvm-objdump", "-d", "--no-show-raw-insn", sys.argv[1]):
        if line.endswith(">:"):
            function = line.split("<")[1][:-2]
        what = access(line)
        accesses += what is not None
        if what is not None and what[1] % what[0] != 0:
            print(f"{function}: {line.strip()}")
            found += 1
    attributes = "".join(output("llvm-readelf", "--arch-specific", sys.argv[1]))
    if re.search(r"TagName: CPU_unaligned_access\s*Description: v6", attributes):
        print("CPU_unaligned_access: v6")
        found += 1
    print(f"{found} unaligned of {accesses} accesses")
    sys.exit(1 if found or accesses == 0 else 0)


if __name__ == "__main__":
    main()
