#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# freertos.py FOLDER: writes the traces freertos24.txt and freertos600.txt, a load as two tasks of a FreeRTOS firmware make
# it. They are made up, not recorded: this says how.
#
# Each task owns half of the slots. Whenever it runs, it does a burst of 1 to 12 calls and is then pre-empted. A call
# takes one of its slots at random: an empty one gets a block, a full one loses it. Of ten blocks six have 8 to 64 bytes
# (list items, timers, small messages), three 65 to 256 (queues, buffers of drivers), one 257 to 1,536 (packets). In the
# end both tasks free what they have. A run begins with what a kernel allocates for the two tasks and for its own: a
# control block and a stack for each, and a queue.

import random
import sys

TASKS = 2
FIRST = [92, 1024, 92, 1024, 92, 512, 240]


def size(dice):
    kind = dice.random()
    if kind < 0.6:
        return dice.randint(8, 64)
    return dice.randint(65, 256) if kind < 0.9 else dice.randint(257, 1536)


def write(path, slots, calls):
    dice = random.Random(slots)
    base = len(FIRST)
    lines = [f"a {block} {size_bytes}" for block, size_bytes in enumerate(FIRST)]
    live = [[] for _ in range(TASKS)]
    free = [list(range(base + task, base + slots, TASKS)) for task in range(TASKS)]
    task = 0
    while calls > 0:
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(slots // TASKS)
            if at < len(live[task]):
                block = live[task].pop(at)
                free[task].append(block)
                lines.append(f"f {block}")
            else:
                block = free[task].pop()
                live[task].append(block)
                lines.append(f"a {block} {size(dice)}")
            calls -= 1
        task = (task + 1) % TASKS
    lines += [f"f {block}" for blocks in live for block in blocks]
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


write(sys.argv[1] + "/freertos24.txt", 24, 4000)
write(sys.argv[1] + "/freertos600.txt", 600, 8000)
