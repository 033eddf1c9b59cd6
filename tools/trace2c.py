#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# trace2c.py TRACE.txt OUTPUT.c: an allocation trace as a C array, for images without files.
#
# The text format is in tests/traces/README.md. In the array, every number is a varint: seven bits a byte, lowest
# first, the top bit set in all but the last byte. One call is
#     ID * 8 + OP     OP: 0 malloc, 1 calloc, 2 aligned_alloc, 3 realloc, 4 free
#     log2 of ALIGN   aligned_alloc only
#     BYTES           all but free
# The file also says how many calls there are, how many block numbers a replay needs, and after which call (counted
# from 1) most bytes are live. What is no trace is refused (traces/trace_text.py).

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "traces"))
import trace_text  # noqa: E402

OPS = {"a": 0, "c": 1, "m": 2, "r": 3, "f": 4}


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


def encode(path):
    trace = trace_text.read(path)
    code = bytearray()
    for op, block, align, size in zip(trace.letters, trace.names, trace.aligns, trace.bytes):
        code += varint(block * 8 + OPS[op])
        if op == "m":
            code += varint(align.bit_length() - 1)
        if op != "f":
            code += varint(size)
    return code, len(trace), max(trace.names) + 1, trace.peak_bytes, trace.peak_call + 1


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: trace2c.py TRACE.txt OUTPUT.c")
    source, target = sys.argv[1:]
    name = os.path.splitext(os.path.basename(source))[0]
    try:
        code, calls, blocks, peak, peak_call = encode(source)
    except trace_text.TraceError as error:
        sys.exit(f"trace2c.py: {error}")
    rows = [",".join(map(str, code[i : i + 32])) for i in range(0, len(code), 32)]
    text = f"""/* SPDX-License-Identifier: MIT
 *
 * Made by tools/trace2c.py from {os.path.basename(source)}; not to be edited.
 * {calls} calls, at most {peak} bytes live in at most {blocks} blocks.
 */
extern const unsigned char trace_{name}[];
extern const unsigned long trace_{name}_bytes, trace_{name}_calls, trace_{name}_blocks, trace_{name}_peak_call;

const unsigned long trace_{name}_bytes = {len(code)};
const unsigned long trace_{name}_calls = {calls};
const unsigned long trace_{name}_blocks = {blocks};
const unsigned long trace_{name}_peak_call = {peak_call};
const unsigned char trace_{name}[] = {{
{",".join(chr(10) + row for row in rows).lstrip()}
}};
"""
    with open(target, "w", encoding="ascii") as out:
        out.write(text)


if __name__ == "__main__":
    main()
