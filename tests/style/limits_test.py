#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# limits_test.py: limits.py says what it shall of small trees that break one rule each, and of what counts as a
# condition on a constant. Ends with "N passed, N failed".

import os
import subprocess
import sys
import tempfile

LIMITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "limits.py")

CONFIG = """#define QUARRY_LEVEL 1
#define QUARRY_PAGE_BYTES 64
"""
UNITS = """/* units.h: geometry
 */
#ifndef UNITS_H
#define UNITS_H
enum { UNITS_GUARDED = QUARRY_LEVEL >= 2, UNITS_MOST = 100 };
#define WORD_BITS ((unsigned)(sizeof(void *) * 8))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
enum kind { KIND_SMALL, KIND_LARGE };
#endif
"""
BITS = """/* bits.h: words
 */
#ifndef BITS_H
#define BITS_H
static inline unsigned bits_unknown(unsigned value)
{
    __asm__("" : "+r"(value));
    return value;
}
#endif
"""
CODE = """/* run.c: runs
 *
 * Two more lines.
 */
#include "units.h"
/* Doubles. */
int run_double(int value)
{
    int twice = value + value;
    /* nothing is lost */
    twice = twice + 0;
    twice = twice + 0;
    twice = twice + 0;
    twice = twice + 0;
    return twice;
}
"""
HOT = "/* hot.h: the hot path\n */\n"
TREE = {"include/quarry_config.h": CONFIG, "src/units.h": UNITS, "src/bits.h": BITS, "src/run.c": CODE, "src/hot.h": HOT,
        "src/control/plain.h": "/* plain.h: accessors\n */\n", "src/tables.c": "int numbers[] = {\n" + "    1,\n" * 10 + "};\n"}
HEAD = "figure\twhere\treached\ttarget\n"
IN_LINES = "int filler(void)\n{\n" + "    call();\n" * 10 + "    return 0;\n}\n"

passed = failed = 0


def expect(name, good, output=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAIL'} {name}")
    if not good:
        print(output)


def run(files, *arguments, table=None):
    """Status and output for the tree with some files changed or added; the table afterwards."""
    with tempfile.TemporaryDirectory() as root:
        every = {**TREE, **files}
        every["tests/style/limits.tsv"] = "# a row for each figure\n" + (HEAD + table if table else HEAD)
        for path, text in every.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run([sys.executable, LIMITS, *arguments, root], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        with open(os.path.join(root, "tests/style/limits.tsv"), encoding="utf-8") as file:
            return done.returncode, done.stdout, file.read()


def function(lines, name="long_one"):
    return f"int {name}(int value)\n{{\n" + "    value++;\n" * (lines - 4) + "    return value;\n}\n"


def comments(lines):
    return "/* as many\n" + " * lines\n" * (lines - 2) + " */\n"


def breaks_one_rule():
    status, output, _ = run({})
    expect("a tree in order passes", status == 0 and "0 beyond" in output, output)
    four = "".join(f"#if QUARRY_LEVEL > {n}\n#endif\n" for n in range(4))
    macro = "#define MANY(a) do { \\\n" + "    a; \\\n" * 50 + "} while (0)\n"
    cases = {
        "a file of 401 lines": ("src/emalloc/x.c", comments(401), "src/emalloc/x.c: lines of a file: 401"),
        "a function of 51 lines": ("src/debug/x.c", function(51), "src/debug/x.c:long_one: lines of a function: 51"),
        "a macro of 52 lines": ("src/x.c", macro, "src/x.c:MANY: lines of a function: 52"),
        "a median of 9": ("src/x.c", "".join(function(9, f"f{n}") for n in range(5)), "src: lines of a function, median: 9"),
        "one function in seven of 21 lines": ("src/x.c", function(21, "a") + "".join(function(5, f"f{n}") for n in range(4)),
                                              "src: lines of a function, 90 of 100: 21"),
        "few comments": ("src/x.c", IN_LINES * 4, "comment lines to code lines, least: "),
        "many comments": ("src/x.c", comments(30), "comment lines to code lines, most: "),
        "five conditions": ("src/x.c", four + "#ifdef MORE\n#endif\n", "src/x.c: conditions on constants: 5"),
        "a condition in the hot path": ("src/hot.h", HOT + "#if QUARRY_LEVEL\n#endif\n",
                                        "src/hot.h: conditions on constants, hot path: 1"),
        "ten tricks": ("src/x.c", 'void f(void)\n{\n' + '    __asm__("");\n' * 9 + "    bits_unknown(1);\n}\n",
                       "src: tricks: 10"),
        "a core of 4,201 lines": ("src/x.c", "\n" * 4201, "lines of the core: 42"),
        "accessors of 501 lines": ("src/control/guarded.h", "\n" * 499, "src/control: lines of src/control: 501"),
        "8,501 lines": ("src/emalloc/x.c", "\n" * 8501, "src: lines of core, control, debug and emalloc: 85"),
    }
    for name, (path, text, said) in cases.items():
        status, output, _ = run({path: text})
        hits = [line for line in output.splitlines() if line.startswith("FAIL") and said in line]
        expect(f"{name} fails", status == 1 and len(hits) == 1, output)
    status, output, _ = run({"src/x.c": four})
    expect("four conditions pass", status == 0, output)
    status, output, _ = run({"src/x.c": "int f(int a) =\n{\n    g();\n}\n"})
    expect("a function that ctags does not see fails", status == 1 and "src/x.c:2: ctags does not know" in output, output)


def keeps_the_ratchet():
    five = {"src/x.c": "".join(f"#if QUARRY_LEVEL > {n}\n#endif\n" for n in range(5))}
    row = "conditions on constants\tsrc/x.c\t{}\t4\n"
    status, output, _ = run(five, table=row.format(5))
    expect("a figure at its row passes", status == 0 and "can" not in output, output)
    status, output, table = run(five, table=row.format(6))
    expect("a figure below its row passes, and that is said", status == 0 and "its row, 6, can be lowered" in output, output)
    expect("a check changes no row", "\t6\t4\n" in table, table)
    status, output, table = run(five, "--lower", table=row.format(6))
    expect("--lower lowers a row", status == 0 and row.format(5) in table and table.startswith("# a row"), table)
    status, output, table = run(five, "--lower")
    expect("--lower adds none", status == 1 and "x.c" not in table, table)
    six = {"src/x.c": five["src/x.c"] + "#if QUARRY_LEVEL\n#endif\n"}
    status, output, table = run(six, "--lower", table=row.format(5))
    expect("a figure above its row fails, and no row rises",
           status == 1 and "6, the limit is 5, the target 4" in output and row.format(5) in table, output + table)
    status, output, table = run({}, "--lower", table=row.format(5) + "lines of core, control, debug and emalloc\tsrc\t9000\t8500\n")
    expect("--lower removes what is no more and what has its target", status == 0 and table.endswith(HEAD), output + table)
    status, output, _ = run({"src/x.c": "int numbers[] = {\n" + "    1,\n" * 40 + "};\n"}, table="comment lines to code lines, least\tsrc/*.[ch]\t0.01\t0.25\n")
    expect("a least figure may be above its row", status == 0 and "can be lowered" in output, output)
    status, output, _ = run({}, table="conditions on constants\tsrc/x.c\t5\t9\n")
    expect("a row with another target fails", status == 1 and "the target of" in output, output)


# Code, and how many conditions on constants it has.
CONDITIONS = [
    ("if (UNITS_GUARDED) a();", 1),
    ("if (a < UNITS_MOST) b();", 0),
    ("if (a == KIND_SMALL || a == KIND_LARGE) b();", 0),
    ("if (a != NULL && b) c();", 0),
    ("if (WORD_BITS == 64) a();", 1),
    ("if (sizeof(a) == 8) b();", 1),
    ("if (sizeof a == 8) b();", 1),
    ("if (bits_likely(!UNITS_GUARDED)) a();", 1),
    ("if (bits_likely(a) && b) c();", 0),
    ("if (UNITS_GUARDED && a) b();", 1),
    ("if (UNITS_GUARDED && QUARRY_LEVEL && a) b();", 1),
    ("if (UNITS_GUARDED && a && WORD_BITS == 32) b();", 2),
    ("if ((UNITS_GUARDED && a) || b) c();", 1),
    ("if ((UNITS_GUARDED || QUARRY_LEVEL) && a) c();", 1),
    ("if ((a & UNITS_MOST) != 0 && (b >> (WORD_BITS - 1)) == 0) c();", 0),
    ("a = UNITS_GUARDED ? b : c;", 1),
    ("a = b ? UNITS_MOST : KIND_LARGE;", 0),
    ("a = b ? WORD_BITS == 64 ? 1 : 2 : 3;", 1),
    ("return UNITS_GUARDED && a;", 1),
    ("return !UNITS_GUARDED || a < b;", 1),
    ("b(c, UNITS_GUARDED || d);", 1),
    ("a[UNITS_GUARDED ? 1 : 0] = b;", 1),
    ("while (a && WORD_BITS == 64) b();", 1),
    ("while (WORD_BITS == 64) b();", 1),
    ("while (1) b();", 0),
    ("do b(); while (0);", 0),
    ("for (;;) b();", 0),
    ("for (int i = 0; i < UNITS_MOST; i++) b();", 0),
    ("for (int i = UNITS_GUARDED ? a : 0; i < a; i++) b();", 1),
    ("switch (QUARRY_LEVEL) { case 1: b(); }", 1),
    ("switch (a) { case KIND_SMALL: b(); }", 0),
    ("if (0) a();", 1),
    ("a = (b) || true;", 0),
    ("a = WORD_BITS == 64;", 0),
    ("if (LARGER(QUARRY_LEVEL, 1) > 1) a();", 1),
    ("if (LARGER(a, 1) > 1) b();", 0),
    ("if (__ARM_ARCH >= 7) a();", 1),
    ("if (__builtin_constant_p(a)) b();", 1),
    ("const bool is_wide = WORD_BITS == 64; if (is_wide) a();", 1),
    ("bool is_wide = WORD_BITS == 64; if (is_wide && b) a();", 1),
    ("bool is_wide = WORD_BITS == 64; is_wide = a; if (is_wide) b();", 0),
    ("bool is_wide = false; look(&is_wide); if (is_wide) b();", 0),
    ("unsigned left = UNITS_MOST; while (a && left != 0) left--;", 0),
    ("const bool is_wide = a > 64; if (is_wide) b();", 0),
    ("if (has_wide_words()) a();", 1),
    ("if (is_wide_word(a)) a();", 0),
    ("_Static_assert(WORD_BITS == 32 || WORD_BITS == 64, \"words\");", 0),
    ("/* if (UNITS_GUARDED) */ a(\"b ? c : d && UNITS_GUARDED\");", 0),
    ("if (UNITS_GUARDED &&\n    a) b();", 1),
    ("if (a->UNITS < 4) b();", 0),
    ("if (a\n#if QUARRY_LEVEL\n&& c\n#endif\n) b();", 1),
]
TOP = [
    ("#ifndef SETTING\n#define SETTING 1\n#endif\n", 1),
    ("#if QUARRY_LEVEL\n#elif QUARRY_LEVEL == 2\n#else\n#endif\n", 2),
    ("# if defined(A) && \\\n     defined(B)\n# endif\n", 1),
    ("#define when_guarded(a) (UNITS_GUARDED ? (a) : 0)\n", 1),
    ("#define swap(a) do { \\\n    if (UNITS_GUARDED) \\\n        b(a); \\\n} while (0)\n", 1),
    ("#define largest(A, B) ((A) > (B) ? (A) : (B))\n", 0),
    ("enum { PAGES = QUARRY_PAGE_BYTES >= 64 ? 1 : 2 };\n", 1),
    ("#define is_guarded UNITS_GUARDED\nint f(int a)\n{\n    return is_guarded && a;\n}\n", 1),
    ("#ifndef X_H\n#define X_H\n#endif\n", 0),
]
MORE = """static inline bool has_wide_words(void)
{
    return WORD_BITS == 64;
}
static inline bool is_wide_word(unsigned word)
{
    (void)word;
    return true;
}
"""


def counts_conditions():
    trees = [(code, wanted, "void f(int a, int b)\n{\n" + code + "\n}\n") for code, wanted in CONDITIONS]
    trees += [(code, wanted, code) for code, wanted in TOP]
    files = {f"src/x{number}.c": text for number, (_, _, text) in enumerate(trees)}
    _, output, _ = run({"src/units.h": UNITS.replace("#endif", MORE + "#endif"), **files}, "--all")
    for number, (code, wanted, _) in enumerate(trees):
        said = f"src/x{number}.c: conditions on constants: {wanted}"
        lines = output.splitlines()
        expect(f"{wanted} in {' '.join(code.split())}", said in lines,
               "\n".join(line for line in lines if line.startswith(f"src/x{number}.c: cond")) or output[-2000:])


breaks_one_rule()
keeps_the_ratchet()
counts_conditions()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
