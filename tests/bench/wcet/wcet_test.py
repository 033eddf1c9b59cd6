#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# wcet_test.py FOLDER: the bounds of small functions whose longest paths are known. FOLDER is made, for what is assembled
# and compiled. Ends with "N passed, N failed".

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import terms  # noqa: E402
from image import Image, Refused  # noqa: E402
from paths import Paths, Rules  # noqa: E402
from source_loops import Sources  # noqa: E402

TOOLS = "arm-none-eabi-"
FOLDER = sys.argv[1]
passed = failed = 0


def run(*command):
    subprocess.run(command, check=True)


def image_of(name, cpu, suffix, text, more):
    """A linked image of a source text."""
    base = os.path.join(FOLDER, f"{name}-{cpu}".replace(" ", "-").replace(",", ""))
    with open(base + suffix, "w", encoding="utf-8") as file:
        file.write(text)
    run(TOOLS + "gcc", "-mcpu=" + cpu, "-mthumb", "-O2", "-g", "-ffreestanding", *more, "-c", base + suffix, "-o", base + ".o")
    run(TOOLS + "ld", "-e", "0", base + ".o", "-o", base + ".elf", *(["-L", os.path.dirname(LIBGCC[cpu]), "-lgcc"]))
    return base + ".elf"


LIBGCC = {cpu: subprocess.run([TOOLS + "gcc", "-mcpu=" + cpu, "-mthumb", "-print-libgcc-file-name"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip() for cpu in ("cortex-m0", "cortex-m4")}


def longest(path, function, **rules):
    image = Image(path, TOOLS)
    sources = Sources(path, TOOLS, [address for address in image.order if address not in image.data])
    paths = Paths(image, sources, Rules(rules.get("public", function), rules.get("callbacks", ()), rules.get("values", {}),
                                        rules.get("absent", ())))
    found = paths.longest(image.functions[function])
    if paths.missing:
        raise Refused("\n".join(sorted(paths.missing)))
    return terms.show(None if found is None else terms.in_all(found))


def expect(name, cpus, text, wanted, more=(), suffix=".s", function="f", **rules):
    """wanted: the sum as text, or "refused: " and a part of what is said."""
    global passed, failed
    if suffix == ".s":
        text = ".syntax unified\n.thumb\n.text\n" + text + "\n"
    for cpu in cpus.split():
        try:
            found = longest(image_of(name, cpu, suffix, text, more), function, **rules)
            good = found == wanted
        except Refused as refused:
            found = f"refused: {refused}"
            good = wanted.startswith("refused: ") and wanted[9:] in found
        passed, failed = passed + good, failed + (not good)
        print(f"ok {name}, {cpu}" if good else f"FAIL {name}, {cpu}: wanted {wanted}, is {found}")


def function(name, *lines):
    return f".global {name}\n.type {name}, %function\n{name}:\n" + "\n".join(lines) + f"\n.size {name}, .-{name}"


BOTH, M4, M0 = "cortex-m0 cortex-m4", "cortex-m4", "cortex-m0"
os.makedirs(FOLDER, exist_ok=True)

# --- straight lines, branches, returns ---
expect("a straight line", BOTH, function("f", "nop", "nop", "bx lr"), "3")
expect("the longer side of a branch", BOTH, function("f", "cmp r0, #0", "beq 1f", "nop", "nop", "nop", "1: bx lr"), "6")
expect("a branch over the longer side", BOTH, function(
    "f", "cmp r0, #0", "beq 1f", "nop", "bx lr", "1: nop", "nop", "nop", "bx lr"), "6")
expect("cbz", M4, function("f", "cbz r0, 1f", "nop", "nop", "1: bx lr"), "4")
expect("pop of the return address", BOTH, function("f", "push {r4, lr}", "pop {r4, pc}"), "2")
expect("a return through a popped register", M0, function("f", "push {r4, lr}", "pop {r4}", "pop {r3}", "bx r3"), "4")
expect("ldr of the return address", M4, function("f", "push {lr}", "ldr pc, [sp], #4"), "2")
expect("ldmia of the return address", M4, function("f", "push {r4-r8, lr}", "ldmia.w sp!, {r4-r8, pc}"), "2")

# --- IT blocks: each instruction counts, executed or not ---
expect("an IT block", M4, function("f", "cmp r0, #0", "ite eq", "moveq r0, #1", "movne r0, #2", "bx lr"), "5")
expect("a return in an IT block", M4, function("f", "cmp r0, #0", "it eq", "bxeq lr", "nop", "bx lr"), "5")
expect("a pop in an IT block", M4, function("f", "push {r4, lr}", "cmp r0, #0", "it eq", "popeq {r4, pc}", "nop", "pop {r4, pc}"), "6")
expect("a call in an IT block", M4, function("f", "push {r4, lr}", "cmp r0, #0", "it eq", "bleq g", "pop {r4, pc}")
       + "\n" + function("g", "nop", "bx lr"), "7")
expect("a trap's call in an IT block is passed over", M4, function(
    "f", "push {r4, lr}", "cmp r0, #0", "it eq", "bleq g", "pop {r4, pc}") + "\n" + function("g", "nop", "udf #0"), "5")

# --- calls ---
CALLEE = "\n" + function("g", "nop", "nop", "bx lr")
expect("a call", BOTH, function("f", "push {r4, lr}", "bl g", "pop {r4, pc}") + CALLEE, "6")
expect("a tail call", BOTH, function("f", "nop", "b g") + CALLEE, "5")
expect("a conditional tail call", M4, function("f", "cmp r0, #0", "beq.w g", "bx lr") + CALLEE, "5")
expect("recursion", BOTH, function("f", "push {r4, lr}", "bl g", "pop {r4, pc}") + "\n"
       + function("g", "push {r4, lr}", "bl f", "pop {r4, pc}"), "refused: recursion: f > g > f")
expect("a tail call of itself is a loop", BOTH, function("f", "subs r0, #1", "bne f", "bx lr"), "refused: a loop without a bound")
expect("a call that does not return", BOTH, function("f", "push {r4, lr}", "cmp r0, #0", "beq 1f", "pop {r4, pc}", "1: nop", "nop",
       "nop", "bl g", "nop") + "\n" + function("g", "nop", "udf #0"), "4")
expect("a loop for ever does not return", BOTH, function("f", "cmp r0, #0", "beq 1f", "bx lr", "1: nop", "b 1b"), "3")
expect("nothing returns", BOTH, function("f", "nop", "udf #1"), "-")
expect("a function's address in a register", BOTH, function(
    "f", "push {r4, lr}", "ldr r3, =g+1", "blx r3", "pop {r4, pc}", ".ltorg") + CALLEE, "7")
expect("control runs into data", BOTH, function("f", "nop", ".word 0"), "refused: control runs into data: f at")
expect("a jump that is not understood", BOTH, function("f", "mov pc, r0"), "refused: a jump through a register")
expect("a literal pool between", BOTH, function("f", "ldr r0, 1f", "b 2f", ".align 2", "1: .word 12", "2: bx lr"), "3")

# --- loops ---
LOOP = ["movs r1, #3", "/* Loop bound: 3, because it says so. */", ".Lagain:", "nop", "subs r1, #1", "bne .Lagain", "bx lr"]
# Three rounds back, and the last way through: 1 + 4 * 3 + 1.
expect("a loop", BOTH, function("f", *LOOP), "14")
expect("a loop without a bound", BOTH, function("f", *LOOP[:1], *LOOP[2:]), "refused: a loop without a bound")
expect("a loop that a name bounds", BOTH, function("f", LOOP[0], "/* Loop bound: 2 * chunks + 1, because it is said. */", *LOOP[2:]),
       "8 + 6 * chunks")
expect("a name with a number", BOTH, function("f", LOOP[0], "/* Loop bound: chunks, because it is said. */", *LOOP[2:]), "20",
       values={"chunks": 5})
expect("a loop in a loop", BOTH, function(
    "f", "/* Loop bound: 2, because it is said. */", ".Louter:", "movs r1, #3", *LOOP[1:-1], "subs r0, #1", "bne .Louter", "bx lr"),
    str(3 * (1 + 12 + 2) + 1))
expect("rounds of an inner loop in all", BOTH, function(
    "f", "/* Loop bound: pages, because it is said. */", ".Louter:", "nop", "/* Loop bound: pages_in_all, because it is said. */", ".Linner:", "nop",
    "bne .Linner", "bne .Louter", "bx lr"), "5 + 6 * pages")

# --- switches ---
expect("tbb", M4, function("f", "cmp r0, #2", "bhi 9f", "tbb [pc, r0]", "0: .byte (1f-0b)/2, (2f-0b)/2, (3f-0b)/2", ".align 1",
       "1: nop", "bx lr", "2: nop", "nop", "nop", "bx lr", "3: bx lr", "9: nop", "bx lr"), "7")
expect("tbh", M4, function("f", "cmp r0, #1", "bhi 9f", "tbh [pc, r0, lsl #1]", "0: .2byte (1f-0b)/2, (2f-0b)/2",
       "1: nop", "bx lr", "2: nop", "nop", "bx lr", "9: bx lr"), "6")
SWITCH = "int f(int x) { switch (x) { " + " ".join(
    f"case {n}: __asm__ volatile(\"{' '.join(['nop;'] * n)}\"); return {7 * n % 11 + n * n};" for n in range(8)) + " } return 0; }"
CASES = "\n.type __gnu_thumb1_case_uqi, %function\n__gnu_thumb1_case_uqi:\nnop\nbx lr\n"
expect("a table behind a call of libgcc's", M0, function(
    "f", "push {r4, lr}", "bl __gnu_thumb1_case_uqi", "0: .byte (1f-0b)/2, (2f-0b)/2", "1: pop {r4, pc}", "2: nop", "pop {r4, pc}")
    + CASES, "6")
expect("a table of words", M0, function(
    "f", "cmp r0, #1", "bhi 9f", "ldr r2, 5f", "lsls r3, r0, #2", "ldr r3, [r2, r3]", "mov pc, r3", ".align 2", "5: .word 6f",
    "1: bx lr", "2: nop", "nop", "bx lr", "9: bx lr", ".align 2", "6: .word 1b, 2b"), "9")

# --- callbacks, and tables of functions ---
CALLBACK = "struct s { int (*hook)(int); }; int f(struct s *s, int x) {\n  if (x) return s->hook(x) + 1;\n  return 0; }"
expect("a callback", M4, CALLBACK, "8 + hook", suffix=".c", callbacks=["hook"])
expect("a callback that is not there", M4, CALLBACK, "5", suffix=".c", callbacks=["hook"], absent=["hook"])
expect("a call through an unknown pointer", M4, CALLBACK, "refused: a call through a pointer, hook,", suffix=".c")
TABLE = ("struct s { int (*one)(int), (*two)(int); }; static int a(int x) { return x; } "
         "static int b(int x) { __asm__ volatile(\"nop; nop; nop\"); return x; } const struct s table = {a, b};"
         "int f(const struct s *s, int x) {\n  return s->two(x) + 1; }")
expect("a table of functions", M4, TABLE, "10", suffix=".c")
expect("a table that is not there", M4, TABLE, "-", suffix=".c", absent=["table"])

# --- C ---
INLINED = ("static inline int g(const int *p, int n) {\n    int sum = 0;\n    %sfor (int i = 0; i < n; i++) {\n"
           "        sum += p[i];\n        __asm__ volatile(\"\" ::: \"memory\");\n    }\n    return sum;\n}\n"
           "int f(const int *p, int n) {\n    return n < 0 ? 0 : g(p, n + 1);\n}\n")
expect("an inlined loop without a bound is named", M4, INLINED % "", "refused: a loop without a bound: g (", suffix=".c")
expect("and its line", M4, INLINED % "", "refused: , the loop at " + os.path.join(FOLDER, "and-its-line-cortex-m4.c:3"), suffix=".c")
# What the compiler makes of it stands at the right: a guard, two rounds of seven, and the way out.
ROUNDS = ("void g(int); int f(int n) {\n    /* Loop bound: %s, because it is said. */\n    for (int i = 0; i < n; i++) {\n"
          "        g(i);\n    }\n    return 0;\n}\n__attribute__((noinline)) void g(int x) {\n"
          "    __asm__ volatile(\"nop\" :: \"r\"(x));\n}\n")
expect("a loop whose last way is one of its rounds", M4, ROUNDS % 2, str(6 + 2 * 7), suffix=".c")
expect("a loop that a name bounds, in C", M4, ROUNDS % "chunks", "6 + 7 * chunks", suffix=".c")
ONLY = ("__attribute__((noinline)) static int qi_large_allocate_aligned(int x) {\n"
        "    __asm__ volatile(\"nop; nop; nop\"); return x; }\nint f(int x) {\n    if (x == 3)\n"
        "        return qi_large_allocate_aligned(x);\n    return 0; }\n")
expect("a function for others does not count", M4, ONLY, "4", suffix=".c", public="quarry_malloc")
expect("a function for others counts for them", M4, ONLY, "8", suffix=".c", public="quarry_aligned_alloc")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
