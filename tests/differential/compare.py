#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# compare.py ORIGINAL QUARRY DIFFERENCES: runs the same program on two allocators and compares every answer.
#
# Each program prints lines "question = answer"; the same answer on both sides is a test that passed. DIFFERENCES lists
# the answers that are meant to differ: paragraphs of a reason, whose lines begin with "#", and of rows
# "question | original's answer | Quarry's answer". A row that does not come true, also because nothing differs any more,
# is a test that failed. A question that is asked more than once is numbered: "question (2)".

import subprocess
import sys

SHOWN = 40
SECONDS = 1200


def start(program):
    return subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def answers_of(process, name):
    """{question: answer}, in the order of the questions, and what went wrong."""
    try:
        output, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    lines = output.decode(errors="replace").splitlines()
    answers, asked = {}, {}
    for line in lines:
        question, equals, answer = line.partition(" = ")
        if not equals:
            continue
        asked[question] = asked.get(question, 0) + 1
        answers[question if asked[question] == 1 else f"{question} ({asked[question]})"] = answer
    if process.returncode == 0 and lines[-1:] == ["end"]:
        return answers, None
    return answers, f"{name} ended with status {process.returncode} after \"{lines[-1] if lines else ''}\"\n" + errors.decode(errors="replace")


def read_differences(path):
    """{question: (original's answer, Quarry's answer)}"""
    differences = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            row = [cell.strip() for cell in line.split("|")]
            if len(row) != 3 or row[0] in differences or row[1] == row[2]:
                sys.exit(f"{path}:{number}: no difference, or one that is listed already: {line.strip()}")
            differences[row[0]] = (row[1], row[2])
    return differences


def failures_of(original, quarry, differences):
    for question in list(original) + [question for question in quarry if question not in original]:
        theirs, ours = original.get(question, "(not asked)"), quarry.get(question, "(not asked)")
        if question not in differences:
            if theirs != ours:
                yield f"{question}: the original answers \"{theirs}\", Quarry \"{ours}\""
        elif differences[question] != (theirs, ours):
            yield (f"{question}: expected that the original answers \"{differences[question][0]}\" and Quarry "
                   f"\"{differences[question][1]}\", but it is \"{theirs}\" and \"{ours}\"")
    for question in differences:
        if question not in original and question not in quarry:
            yield f"{question}: listed as a difference, but never asked"


def main():
    differences = read_differences(sys.argv[3])
    started = [start(program) for program in sys.argv[1:3]]
    original, original_end = answers_of(started[0], "the original")
    quarry, quarry_end = answers_of(started[1], "Quarry")
    failures = [end for end in (original_end, quarry_end) if end is not None]
    asked = len(set(original) | set(quarry) | set(differences))
    wrong = list(failures_of(original, quarry, differences))
    for failure in (failures + wrong)[:SHOWN]:
        print(f"FAIL {failure}")
    if len(failures) + len(wrong) > SHOWN:
        print(f"and {len(failures) + len(wrong) - SHOWN} more")
    print(f"{asked} answers compared, {len(differences)} of them listed as different")
    print(f"{asked - len(wrong)} passed, {len(failures) + len(wrong)} failed")
    sys.exit(1 if failures or wrong else 0)


if __name__ == "__main__":
    main()
