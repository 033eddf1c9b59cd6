#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# leaks.py [--by bytes|blocks|place] [LOG...]: the leak reports in a console's log, added up and sorted.
#
# A report is what shutdown_memory_manager() writes to quarry_print() in a build with QUARRY_TRACK: a line for each
# place, in no order. The target prints one report for each request that ends with leaks; this adds up the lines that
# name the same place, and shows the places with the most bytes first. Other lines of the log are passed over. Without
# LOG it reads the standard input. Ends with 1 if there are leaks, with 0 if there are none.

import argparse
import collections
import re
import sys

PLACE = re.compile(r"(?P<place>unknown place|.*\(\d+\)): (?P<blocks>\d+) blocks?, (?P<bytes>\d+) bytes? not freed$")
SUM = re.compile(r"\d+ blocks?, \d+ bytes? not freed in all$")
UNNOTED = re.compile(r"(?P<blocks>\d+) more blocks? had no room in the table$")


class Leaks:
    def __init__(self):
        self.places = collections.defaultdict(lambda: [0, 0])  # place: [bytes, blocks]
        self.reports = self.unnoted_blocks = 0

    def read(self, lines):
        for line in lines:
            line = line.strip()
            if match := PLACE.match(line):
                sums = self.places[match["place"]]
                sums[0] += int(match["bytes"])
                sums[1] += int(match["blocks"])
            elif match := UNNOTED.match(line):
                self.unnoted_blocks += int(match["blocks"])
            elif SUM.match(line):
                self.reports += 1

    def show(self, by):
        orders = {"bytes": lambda row: (-row[1][0], natural(row[0])), "blocks": lambda row: (-row[1][1], natural(row[0])),
                  "place": lambda row: natural(row[0])}
        print(f"{'bytes':>12} {'blocks':>10}  place")
        for place, (size, blocks) in sorted(self.places.items(), key=orders[by]):
            print(f"{size:12} {blocks:10}  {place}")
        size, blocks = (sum(sums[at] for sums in self.places.values()) for at in (0, 1))
        print(f"{size:12} {blocks:10}  in all, in {self.reports} report{'s' if self.reports != 1 else ''}")
        if self.unnoted_blocks:
            print(f"{'?':>12} {self.unnoted_blocks:10}  more, which the table of places had no room for")


def natural(place):
    """Lines of a file by their numbers, not by their digits."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", place)]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--by", choices=("bytes", "blocks", "place"), default="bytes")
    arguments.add_argument("logs", metavar="LOG", nargs="*")
    given = arguments.parse_args()
    leaks = Leaks()
    for name in given.logs or [None]:
        with open(name, encoding="utf-8", errors="replace") if name else sys.stdin as lines:
            leaks.read(lines)
    if not leaks.places and not leaks.unnoted_blocks:
        print("no leaks")
        return 0
    leaks.show(given.by)
    return 1


if __name__ == "__main__":
    sys.exit(main())
