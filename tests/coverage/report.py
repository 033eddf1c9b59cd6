#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# report.py JSON...: adds up what gcovr found in each build, prints coverage of lines and branches for each file and
# everything that is not covered, and fails unless all is.
#
# A line is covered if it ran in any build. Branches are numbers without names, so they are added up only between builds
# in which a line has equally many: where `QUARRY_CHECK_LEVEL >= 3 && a || b` has two in one build and four in another,
# those are two forms of the line, and each must be covered. A build whose file is missing has failed.

import collections
import json
import os
import sys


def read(paths):
    """line counts by (file, line), and branch counts by (file, line, form)"""
    lines, forms = collections.Counter(), {}
    for path in paths:
        with open(path) as file:
            files = json.load(file)["files"]
        build = os.path.basename(path)[: -len(".json")]
        for source in files:
            for line in source["lines"]:
                if line["gcovr/noncode"] or line["gcovr/excluded"]:
                    continue
                place = source["file"], line["line_number"]
                lines[place] += line["count"]
                counts = [branch["count"] for branch in line["branches"]]
                if counts:
                    form = forms.setdefault(place, {}).setdefault(len(counts), ([0] * len(counts), []))
                    form[0][:] = [a + b for a, b in zip(form[0], counts)]
                    form[1].append(build)
    return lines, forms


def text_of(place, texts={}):
    name, line = place
    if name not in texts:
        with open(name) as file:
            texts[name] = file.read().split("\n")
    return texts[name][line - 1].strip()


def share(part, whole):
    return "    -" if whole == 0 else f"{100 * part // whole:4d}%"


def print_missing(lines, forms):
    for place in sorted(lines):
        if lines[place] == 0:
            print(f"{place[0]}:{place[1]}: never runs: {text_of(place)}")
            continue
        for counts, builds in forms.get(place, {}).values():
            if 0 in counts:
                missing = ", ".join(str(i) for i, count in enumerate(counts) if count == 0)
                print(f"{place[0]}:{place[1]}: branch {missing} of {len(counts)} not taken in {' '.join(builds)}: "
                      f"{text_of(place)}")


def main():
    missing = [path for path in sys.argv[1:] if not os.path.exists(path)]
    lines, forms = read([path for path in sys.argv[1:] if path not in missing])
    sums = collections.defaultdict(lambda: [0, 0, 0, 0])
    for place, count in lines.items():
        sums[place[0]][0] += count != 0
        sums[place[0]][1] += 1
    for place, by_length in forms.items():
        for counts, _ in by_length.values():
            sums[place[0]][2] += sum(count != 0 for count in counts)
            sums[place[0]][3] += len(counts)
    print_missing(lines, forms)
    print(f"{'file':24}{'lines':>7}{'run':>7}       {'branches':>9}{'taken':>7}")
    whole = [sum(column) for column in zip(*sums.values())] if sums else [0, 0, 0, 0]
    for name, (run, all_lines, taken, branches) in sorted(sums.items()) + [("all", whole)]:
        print(f"{name:24}{all_lines:7}{run:7}{share(run, all_lines)}  {branches:9}{taken:7}{share(taken, branches)}")
    for path in missing:
        print(f"{path} is missing: that build or one of its images failed")
    sys.exit(missing != [] or whole[0] < whole[1] or whole[2] < whole[3] or whole[1] == 0)


main()
