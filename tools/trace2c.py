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
# from 1) most bytes are live. A trace that frees or reallocates a block that is not live is refused.

import os
import sys

OPS = {"a": 0, "c": 1, "m": 2, "r": 3, "f": 4}


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


def parse(path):
    """Yields (op, id, align, bytes) for each line."""
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words:
                continue
            want = {"f": 2, "m": 4}.get(words[0], 3)
            if words[0] not in OPS or len(words) != want:
                sys.exit(f"{path}:{number}: not a call: {line.strip()}")
            numbers = [int(word) for word in words[1:]]
            align = numbers[1] if words[0] == "m" else 1
            size = 0 if words[0] == "f" else max(numbers[-1], 1)
            yield number, words[0], numbers[0], align, size


def encode(path):
    code, live = bytearray(), {}
    calls = blocks = now = peak = peak_call = 0
    for number, op, block, align, size in parse(path):
        if op in "rf" and block not in live:
            sys.exit(f"{path}:{number}: block {block} is not live")
        if op in "acm" and block in live:
            sys.exit(f"{path}:{number}: block {block} is live already")
        if align & (align - 1) or align == 0:
            sys.exit(f"{path}:{number}: alignment {align} is no power of two")
        calls += 1
        blocks = max(blocks, block + 1)
        now -= live.pop(block, 0)
        code += varint(block * 8 + OPS[op])
        if op == "m":
            code += varint(align.bit_length() - 1)
        if op != "f":
            code += varint(size)
            live[block] = size
            now += size
        if now > peak:
            peak, peak_call = now, calls
    return code, calls, blocks, peak, peak_call


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: trace2c.py TRACE.txt OUTPUT.c")
    source, target = sys.argv[1:]
    name = os.path.splitext(os.path.basename(source))[0]
    code, calls, blocks, peak, peak_call = encode(source)
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
