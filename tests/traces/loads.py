#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# loads.py NAME OUTPUT.txt: writes the trace of a load that is made up, not recorded. The same name always gives the same
# trace. This says how each is made:
#
#   sessions     A server's: two buffers of 16,709 bytes for each of 30,000 sessions, among 160 blocks of 8 to 208 bytes
#                that change all the time. A session has both buffers, or one, or none for a while.
#   containers   C++ containers: vectors and strings that double, nodes of maps and lists, the blocks of a deque.
#   python       An interpreter's objects of 16 to 512 bytes, most of which die young, lists that grow by an eighth, and
#                dictionaries that grow by tables.
#   phploop      A script in a loop: each round makes arrays, strings and objects, and frees all of them but a few.
#   replaceN     Blocks of 64 bytes, N of which live: one of them, at random, is freed, and another allocated, 40 N times
#                and at least 20,000 times.

import random
import sys

BUFFER_BYTES = 16709


class Trace:
    def __init__(self, seed):
        self.dice, self.lines, self.free, self.count = random.Random(seed), [], [], 0

    def allocate(self, size_bytes):
        if self.free:
            block = self.free.pop()
        else:
            block, self.count = self.count, self.count + 1
        self.lines.append(f"a {block} {size_bytes}")
        return block

    def resize(self, block, size_bytes):
        self.lines.append(f"r {block} {size_bytes}")

    def release(self, block):
        self.lines.append(f"f {block}")
        self.free.append(block)


def sessions(trace):
    dice = trace.dice

    def small():
        return trace.allocate(dice.randint(8, 208))
    blocks = [small() for _ in range(160)]
    for _ in range(30000):
        buffers = []
        for _ in range(2):
            buffers.append(trace.allocate(BUFFER_BYTES))
            for _ in range(dice.randint(1, 20)):
                at = dice.randrange(len(blocks))
                trace.release(blocks[at])
                blocks[at] = small()
        dice.shuffle(buffers)
        for buffer in buffers:
            trace.release(buffer)
            for _ in range(dice.randint(0, 20)):
                at = dice.randrange(len(blocks))
                trace.release(blocks[at])
                blocks[at] = small()


def containers(trace):
    dice, live = trace.dice, []
    for _ in range(3000):
        kind, made = dice.random(), []
        if kind < 0.35:  # a vector that doubles
            size_bytes, block = 16, trace.allocate(16)
            for _ in range(dice.randint(0, 8)):
                longer = trace.allocate(2 * size_bytes)
                trace.release(block)
                block, size_bytes = longer, 2 * size_bytes
            made = [block]
        elif kind < 0.6:  # a map or a list: nodes with strings
            for _ in range(dice.randint(1, 40)):
                made.append(trace.allocate(dice.choice((24, 40, 48, 64, 72))))
                if dice.random() < 0.3:
                    made.append(trace.allocate(dice.randint(17, 60)))
        elif kind < 0.9:
            made = [trace.allocate(dice.randint(17, 200)) for _ in range(dice.randint(1, 20))]
        else:  # a deque: its table and its blocks
            made = [trace.allocate(64)] + [trace.allocate(512) for _ in range(dice.randint(1, 8))]
        live.append(made)
        if len(live) > 120:
            for block in live.pop(dice.randrange(len(live))):
                trace.release(block)


def python(trace):
    dice, live, lists = trace.dice, [], []
    for _ in range(60000):
        kind = dice.random()
        if kind < 0.9:
            block = trace.allocate(dice.choice((24, 28, 32, 32, 48, 49, 56, 56, 64, 72, 80, 104, 184, 232, 360, 512)))
            if dice.random() < 0.85 and live:  # most die young
                at = max(0, len(live) - 1 - int(dice.expovariate(0.2)))
                trace.release(live.pop(at))
            live.append(block)
        elif kind < 0.96 or not lists:
            lists.append([trace.allocate(56), 56])
            if len(lists) > 60:
                trace.release(lists.pop(dice.randrange(len(lists)))[0])
        else:
            grown = dice.choice(lists)
            grown[1] = min(40000, 2 * grown[1] if dice.random() < 0.2 else grown[1] + grown[1] // 8 + 48)
            trace.resize(*grown)


def phploop(trace):
    dice, stays = trace.dice, []
    for _ in range(60):
        made = []
        for _ in range(dice.randint(200, 600)):
            kind = dice.random()
            if kind < 0.5:
                made.append(trace.allocate(dice.choice((32, 40, 56, 56, 72, 96))))
            elif kind < 0.7:
                made.append(trace.allocate(24 + dice.randint(1, 300)))
            elif kind < 0.8:
                block, size_bytes = trace.allocate(320), 320
                for _ in range(dice.randint(0, 5)):
                    size_bytes *= 2
                    trace.resize(block, size_bytes)
                made.append(block)
            else:
                made.append(trace.allocate(dice.randint(8192, 300000)))
        stays.append(made.pop())
        if len(stays) > 40:
            trace.release(stays.pop(dice.randrange(len(stays))))
        dice.shuffle(made)
        for block in made:
            trace.release(block)


def replace(trace, live):
    blocks = [trace.allocate(64) for _ in range(live)]
    for _ in range(max(20000, 40 * live)):
        at = trace.dice.randrange(live)
        trace.release(blocks[at])
        blocks[at] = trace.allocate(64)


def main():
    name, output = sys.argv[1:]
    trace = Trace(name)
    if name.startswith("replace"):
        replace(trace, int(name[7:]))
    else:
        {"sessions": sessions, "containers": containers, "python": python, "phploop": phploop}[name](trace)
    with open(output, "w", encoding="ascii") as out:
        out.write("\n".join(trace.lines) + "\n")


if __name__ == "__main__":
    main()
