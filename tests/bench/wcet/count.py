#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# count.py: are the bounds beside loops true? Counts the rounds of each loop of the core while the tests run.
#
#   count.py write FOLDER SOURCE...      copies of the sources whose loops count, FOLDER/counts.c, and FOLDER/loops.tsv
#   count.py check FOLDER PROGRAM...     runs programs that were made of the copies, and compares
#
# A loop is counted from where it is reached to where it is left. Fails where a loop had more rounds than its bound says,
# where a loop of the core has no bound, and where a call comes to a function that only_in.tsv keeps it from. Bounds that are names (chunks) are shown beside what was counted; those with
# a largest value (depth) are compared with that. Ends with "N passed, N failed".

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import terms  # noqa: E402
from source_loops import Places, bounds, loops_of, only_in, without_comments  # noqa: E402
from wcet import MOST  # noqa: E402

REPORT = "qi_report"
HEAD = """extern unsigned wcet_most[];
static inline _Bool wcet_round(unsigned loop, unsigned *rounds)
{
    ++*rounds;
    if (*rounds > wcet_most[loop])
        wcet_most[loop] = *rounds;
    return 1;
}
const char *wcet_enter(const char *function);
void wcet_leave(const char **function);
void wcet_come_to(unsigned row, const char *only);
void wcet_report(void);
"""
COUNTS = """#include <stdio.h>
#include <string.h>
unsigned wcet_most[%d];
/* The public functions that were called and have not returned; what came where only others do. */
static _Thread_local const char *calls[64];
static _Thread_local unsigned depth;
static _Thread_local unsigned wrong, wrong_row, reported;
const char *wcet_enter(const char *function)
{
    if (depth == 0)
        wrong = reported = 0;
    return calls[depth++] = function;
}
void wcet_leave(const char **function)
{
    if (--depth == 0 && wrong != 0 && !reported)
        fprintf(stderr, "wcet_wrong %%u %%s\\n", wrong_row, *function);
}
void wcet_come_to(unsigned row, const char *only)
{
    for (unsigned call = 0; call < depth; call++)
        if (strstr(only, calls[call]) != NULL)
            return;
    wrong |= depth;
    wrong_row = row;
}
/* A caller's bug was found: what the call does besides is no matter. */
void wcet_report(void)
{
    reported = 1;
}
__attribute__((destructor)) static void show(void)
{
    for (unsigned loop = 0; loop < %d; loop++)
        fprintf(stderr, "wcet_most %%u %%u\\n", loop, wcet_most[loop]);
}
"""


def parts_of(text, plain, opened, closed):
    """The middle part of a for's parentheses; a while's whole."""
    cuts, depth = [], 0
    for place in range(opened + 1, closed):
        depth += (plain[place] in "([{") - (plain[place] in ")]}")
        if plain[place] == ";" and depth == 0:
            cuts.append(place)
    return (cuts[0] + 1, cuts[1]) if len(cuts) == 2 else (opened + 1, closed)


def counting(path, text, loops):
    """The text with loops that count; adds each to loops."""
    plain, inserts, known = without_comments(text), [], loops_of(path)
    for start, opened, closed, _ in Places(plain):
        line = text.count("\n", 0, start) + 1
        loop = next(loop for loop in known if loop.first == line)
        if loop.bound is None and os.path.dirname(path) != "src":
            continue
        number, is_do = len(loops), plain.startswith("do", start)
        loops.append(loop)
        first, last = parts_of(text, plain, opened, closed)
        variable = f"wcet_rounds_{number}"
        begin = f"for (unsigned {variable} = 0, wcet_once_{number} = 1; wcet_once_{number} != 0; wcet_once_{number} = 0) "
        if is_do:
            body = plain.index("{", start)
            inserts += [(start, begin), (body + 1, f" (void)wcet_round({number}u, &{variable});")]
            continue
        inserts.append((start, begin))
        condition = "(" if plain[first:last].strip() else "(1"
        inserts += [(first, " " + condition), (last, f") && wcet_round({number}u, &{variable})")]
    # Public functions note that they run; functions that only some of them call ask which.
    for found in re.finditer(r"^(?![ #/*}])[^;{}()=]*?\b(\w+)\([^;{}]*\)\s*\{", plain, re.MULTILINE):
        if found[1].startswith("quarry_"):
            inserts.append((found.end(), " const char *wcet_call __attribute__((cleanup(wcet_leave), unused)) = "
                                         f'wcet_enter(" {found[1]} ");'))
        elif found[1] == REPORT:
            inserts.append((found.end(), " wcet_report();"))
        for number, row in enumerate(only_in()):
            if row["function"] == found[1]:
                inserts.append((found.end(), " if (%s) wcet_come_to(%uu, \" %s \");" % (row["if"], number, row["only_in"])))
    for place, what in sorted(inserts, key=lambda insert: insert[0], reverse=True):
        text = text[:place] + what + text[place:]
    return text


def write(folder, sources):
    loops, reports = [], False
    for path in sources:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        copy = os.path.join(folder, path)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        old, text = text, counting(path, text, loops)
        reports = reports or " wcet_report();" in text
        if text != old:
            text = '#include <wcet_counts.h>\n' + text
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
    if not reports:
        sys.exit(f"count.py: there is no function {REPORT}, to which a caller's bug is reported")
    with open(os.path.join(folder, "src", "wcet_counts.h"), "w", encoding="utf-8") as file:
        file.write("#ifndef WCET_COUNTS_H\n#define WCET_COUNTS_H\n" + HEAD + "#endif\n")
    with open(os.path.join(folder, "counts.c"), "w", encoding="utf-8") as file:
        file.write(COUNTS % (len(loops), len(loops)))
    with open(os.path.join(folder, "loops.tsv"), "w", encoding="utf-8") as file:
        for loop in loops:
            text = "-" if loop.bound is None else terms.show(loop.bound).replace(",", "")
            file.write(f"{loop.path}:{loop.first}\t{text}\t{loop.function}\t{loop.head}\n")


def check(folder, programs):
    with open(os.path.join(folder, "loops.tsv"), encoding="utf-8") as file:
        loops = [line.rstrip("\n").split("\t") for line in file]
    most, passed, failed = [0] * len(loops), 0, 0
    for program in programs:
        done = subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        counted = [line.split() for line in done.stderr.splitlines() if line.startswith("wcet_most")]
        if done.returncode != 0 or len(counted) != len(loops):
            print(f"FAIL {program}: ended with status {done.returncode}")
            failed += 1
        for _, number, rounds in counted:
            most[int(number)] = max(most[int(number)], int(rounds))
        for _, number, call in {tuple(line.split()) for line in done.stderr.splitlines() if line.startswith("wcet_wrong")}:
            print(f"FAIL only_in.tsv: a call of {call} comes to {only_in()[int(number)]['function']}")
            failed += 1
    for (place, text, function, head), rounds in zip(loops, most):
        bound = None if text == "-" else terms.put_in(terms.in_all(terms.parse(text)), MOST)
        number = None if bound is None or set(bound) != {()} else bound[()]
        if bound is None:
            wrong = f"has no bound in bounds.tsv: {function}\t{head}"
        elif number is None:
            wrong = None
        elif rounds > number:
            wrong = f"bound {text}, but {rounds} rounds"
        else:
            wrong = None
        passed, failed = passed + (wrong is None), failed + (wrong is not None)
        print(f"FAIL {place}: {wrong}" if wrong else f"ok {place}: {rounds} rounds of {text}")
    for function, head in bounds().keys() - {(function, head) for _, _, function, head in loops}:
        failed += 1
        print(f"FAIL bounds.tsv: there is no such loop: {function}\t{head}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(check(sys.argv[2], sys.argv[3:]))
