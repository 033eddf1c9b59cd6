#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# prove.py [-k WORD] [-t SECONDS] [-n ROUNDS] FILE.c COMPILER...: proves, for all arguments, that each function
# prove_NAME of a C file answers true, and that on its way no shift is too wide, no signed sum overflows, no table is
# read beyond its end and nothing "unreachable" is reached.
#
# The file includes the library's own sources. clang turns it into LLVM's intermediate code, opt makes values of
# variables and puts called functions into their callers; this script writes each prove_ function as one formula over
# bit vectors (SMT-LIB, QF_BV) and asks z3 for arguments that break it. So what is proven is what the compiler was
# given, and no formula is kept that could drift from it. A function may have one loop: it is unrolled ROUNDS times, and
# that it never goes round once more is proven too. Or there is a function invariant_NAME, of the same arguments and the
# loop's one variable: then it is proven that the loop begins with it, keeps it, makes the variable smaller each time,
# and that what follows from it is enough. Memory other than local variables and constant tables of bytes is
# not understood: a function that needs it is refused, not passed over.
# The last line is "N passed, N failed".

import argparse
import re
import subprocess
import sys
import time

PASSES = "internalize,globaldce,always-inline,function(sroa,mem2reg),globaldce"
BINARY = {"add": "bvadd", "sub": "bvsub", "mul": "bvmul", "and": "bvand", "or": "bvor", "xor": "bvxor",
          "shl": "bvshl", "lshr": "bvlshr", "ashr": "bvashr"}
COMPARE = {"ult": "bvult", "ule": "bvule", "ugt": "bvugt", "uge": "bvuge",
           "slt": "bvslt", "sle": "bvsle", "sgt": "bvsgt", "sge": "bvsge"}
IGNORED = re.compile(r"(tail )?call void @llvm\.(lifetime|dbg)\.")


class Refused(Exception):
    pass


def intermediate(file, compiler):
    """The file's intermediate code, everything inlined."""
    made = subprocess.run(
        compiler + ["-O1", "-Xclang", "-disable-llvm-passes", "-fno-discard-value-names", "-g0", "-S", "-emit-llvm",
                    "-o", "-", file], check=True, capture_output=True, text=True).stdout
    made = re.sub(r"\b(noinline|optnone|alwaysinline|cold)\b ?", "", made)
    made = re.sub(r"^(attributes #\d+ = \{)", r"\1 alwaysinline", made, flags=re.MULTILINE)
    wanted = ",".join(re.findall(r"^define [^\n]*@((?:prove|invariant)_\w+)\(", made, re.MULTILINE))
    return subprocess.run(["opt", "-S", "-passes=" + PASSES, "-internalize-public-api-list=" + wanted, "-"],
                          input=made, check=True, capture_output=True, text=True).stdout


def tables_of(text):
    """Constant arrays of bytes: name to values."""
    found = {}
    for name, count, body in re.findall(r"^@([\w.]+) = [^\n]*constant \[(\d+) x i8\] (c\"[^\n]*\"|zeroinitializer)", text,
                                        re.MULTILINE):
        if body == "zeroinitializer":
            found[name] = [0] * int(count)
        else:
            raw = re.sub(r"\\([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), body[2:-1])
            found[name] = [ord(char) for char in raw]
        assert len(found[name]) == int(count)
    return found


def functions_of(text, kind="prove"):
    return re.findall(r"^define [^\n]*@" + kind + r"_(\w+)\(([^\n]*?)\)[^\n{]*\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)


def literal(number, bits):
    return f"(_ bv{number % (1 << bits)} {bits})"


def number(term):
    """What a literal says; None: it is none."""
    found = re.fullmatch(r"\(_ bv(\d+) \d+\)", term)
    return int(found.group(1)) if found else None


def fold(kind, a, b, bits):
    """What an operation makes of two numbers."""
    if kind in ("shl", "lshr", "ashr") and b >= bits:
        return 0
    signed = a - (1 << bits) if a >> (bits - 1) else a
    return {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "and": lambda: a & b, "or": lambda: a | b,
            "xor": lambda: a ^ b, "shl": lambda: a << b, "lshr": lambda: a >> b, "ashr": lambda: signed >> b}[kind]()


class Formula:
    """One function as definitions; problems are the conditions under which it is broken."""

    def __init__(self, pointer_bits, tables, rounds, invariant=None):
        self.pointer_bits, self.tables, self.rounds = pointer_bits, tables, rounds
        self.invariant = invariant  # arguments and body
        self.lines, self.problems, self.fresh = [], [], 0
        self.values = {}   # (name, round) to (term, bits)
        self.overflow = {}  # of with.overflow calls: (name, round) to (term, bits, flag)
        self.places = {}   # of pointers into a table: (name, round) to (table, index term, bits)
        self.products = []  # of two values that are no constants: (symbol, factor, factor, bits)

    def bits(self, kind):
        kind = kind.strip()
        if kind.endswith("*") or kind == "ptr":
            return self.pointer_bits
        if not re.fullmatch(r"i\d+", kind):
            raise Refused("type " + kind)
        return int(kind[1:])

    def define(self, name, term, bits):
        self.fresh += 1
        symbol = f"|{name}.{self.fresh}|"
        sort = "Bool" if bits == 0 else f"(_ BitVec {bits})"
        self.lines.append(f"(define-fun {symbol} () {sort} {term})")
        return symbol

    def value(self, text, bits, at):
        text = text.strip()
        if text.startswith("%"):
            for k in range(at, -1, -1):
                if (text[1:], k) in self.values:
                    return self.values[text[1:], k][0]
            raise Refused("value " + text)
        if text in ("true", "false"):
            return literal(text == "true", 1)
        if text == "null":
            return literal(0, bits)
        if re.fullmatch(r"-?\d+", text):
            return literal(int(text), bits)
        raise Refused("operand " + text)

    def fail_if(self, path, condition, why):
        self.problems.append((self.define("problem", f"(and {path} {condition})", 0), why))

    def blocks(self, body):
        label, found = "entry", {"entry": []}
        body = re.sub(r"(switch [^\[]*\[)([^\]]*)\]", lambda m: m.group(1) + " ".join(m.group(2).split()) + " ]", body)
        for line in body.splitlines():
            line = re.sub(r"(, ![\w.]+ !\d+)+", "", line.split(" ;")[0].strip())
            named = re.fullmatch(r"([\w.]+):.*", line)
            if named:
                label = named.group(1)
                found[label] = []
            elif line and not line.startswith(";") and not IGNORED.match(line):
                found[label].append(line)
        return found

    @staticmethod
    def leads_to(line):
        return re.findall(r"label %([\w.]+)", line)

    def order(self, blocks):
        """Blocks such that only the edges of the one loop lead backwards; and those edges."""
        done, open_now, order, back = set(), set(), [], set()

        def visit(label):
            done.add(label)
            open_now.add(label)
            for other in self.leads_to(blocks[label][-1]):
                if other in open_now:
                    back.add((label, other))
                elif other not in done:
                    visit(other)
            open_now.discard(label)
            order.append(label)

        visit("entry")
        if len({target for _, target in back}) > 1:
            raise Refused("more than one loop")
        return order[::-1], back

    def translate(self, arguments, body):
        blocks = self.blocks(body)
        order, back = self.order(blocks)
        inputs = []
        for argument in filter(None, arguments.split(", ")):
            kind, name = argument.split()[0], argument.split()[-1][1:]
            bits = self.bits(kind)
            self.lines.append(f"(declare-const |{name}| (_ BitVec {bits}))")
            self.values[name, 0] = (f"|{name}|", bits)
            inputs.append(name)
        edges = {("entry", 0): [(None, 0, "true")]}  # into a block: from, its round, under which condition
        self.head = back.copy().pop()[1] if back and self.invariant else None
        self.variable = None
        for k in range(self.rounds + 1 if back and not self.invariant else 1):
            for label in order:
                coming = edges.get((label, k))
                if not coming:
                    continue
                path = self.define("at_" + label, "(or " + " ".join(c for _, _, c in coming) + " false)", 0)
                if label == self.head:
                    self.begin_loop(blocks[label], coming, inputs)
                for line in blocks[label][:-1]:
                    self.instruction(line, label, k, coming, path)
                for target, condition in self.ends(blocks[label][-1], k, path):
                    condition = self.define("edge", f"(and {path} {condition})", 0)
                    if (label, target) in back and self.invariant:
                        self.goes_round(condition, label)
                    elif (label, target) not in back:
                        edges.setdefault((target, k), []).append((label, k, condition))
                    elif k < self.rounds:
                        edges.setdefault((target, k + 1), []).append((label, k, condition))
                    else:
                        self.fail_if(condition, "true", f"the loop goes round more than {self.rounds} times")
        return inputs

    def begin_loop(self, lines, coming, inputs):
        """The loop's variable becomes any value that the invariant allows, once it is asked of the value before."""
        found = [re.fullmatch(r"%([\w.]+) = phi (\S+) (.*)", line) for line in lines if " = phi " in line]
        if len(found) != 1:
            raise Refused("a loop with more than one variable")
        name, kind, choices = found[0].groups()
        bits, self.inputs = self.bits(kind), inputs
        self.choices = {origin: value for value, origin in re.findall(r"\[ (\S+), %([\w.]+) \]", choices)}
        for origin, at, condition in coming:
            self.fail_if(condition, f"(not {self.holds(self.value(self.choices[origin], bits, at), bits)})",
                         "the loop does not begin with its invariant")
        self.lines.append(f"(declare-const |any {name}| (_ BitVec {bits}))")
        self.variable = (name, f"|any {name}|", bits)
        self.values[name, 0] = (f"|any {name}|", bits)
        self.lines.append(f"(assert {self.holds(f'|any {name}|', bits)})")

    def goes_round(self, condition, label):
        name, before, bits = self.variable
        after = self.value(self.choices[label], bits, 0)
        self.fail_if(condition, f"(not {self.holds(after, bits)})", "the loop does not keep its invariant")
        self.fail_if(condition, f"(bvuge {after} {before})", "the loop's variable does not become smaller")

    def holds(self, term, bits):
        """The invariant of a value of the loop's variable."""
        arguments, body = self.invariant
        inner = Formula(self.pointer_bits, self.tables, 0)
        inner.fresh, inner.lines = self.fresh + 1, self.lines
        names = [argument.split()[-1][1:] for argument in arguments.split(", ")]
        for name, value in zip(names, [self.values[name, 0] for name in self.inputs] + [(term, bits)]):
            inner.values[name, 0] = value
        lines = inner.blocks(body)["entry"]
        for line in lines[:-1]:
            inner.instruction(line, "entry", 0, [], "true")
        self.fresh = inner.fresh
        answer = re.fullmatch(r"ret (?:zeroext )?i1 (\S+)", lines[-1])
        if not answer or inner.problems:
            raise Refused("an invariant that is more than one expression")
        return f"(= {inner.value(answer.group(1), 1, 0)} #b1)"

    def ends(self, line, k, path):
        """Where a block's last instruction leads to: label and condition."""
        found = re.fullmatch(r"br label %([\w.]+)", line)
        if found:
            return [(found.group(1), "true")]
        found = re.fullmatch(r"br i1 (\S+), label %([\w.]+), label %([\w.]+)", line)
        if found:
            condition = f"(= {self.value(found.group(1), 1, k)} #b1)"
            return [(found.group(2), condition), (found.group(3), f"(not {condition})")]
        found = re.fullmatch(r"switch (i\d+) (\S+), label %([\w.]+) \[(.*)\]", line)
        if found:
            bits = self.bits(found.group(1))
            value, ends = self.value(found.group(2), bits, k), []
            for case, target in re.findall(r"i\d+ (-?\d+), label %([\w.]+)", found.group(4)):
                ends.append((target, f"(= {value} {self.value(case, bits, k)})"))
            others = " ".join(condition for _, condition in ends)
            return ends + [(found.group(3), f"(not (or false {others}))")]
        found = re.fullmatch(r"ret (?:zeroext )?i1 (\S+)", line)
        if found:
            self.fail_if(path, f"(= {self.value(found.group(1), 1, k)} #b0)", "the answer is false")
            return []
        if line == "unreachable":
            self.fail_if(path, "true", "what must not be reached is")
            return []
        raise Refused(line)

    def set(self, name, k, term, bits):
        self.values[name, k] = (self.define(name, term, bits), bits)

    def instruction(self, line, label, k, coming, path):
        found = re.fullmatch(r"%([\w.]+) = (.*)", line)
        if not found:
            raise Refused(line)
        name, rest = found.groups()
        for pattern, handle in (
                (r"(\w+)((?: nuw| nsw| exact)*) (i\d+) (\S+), (\S+)", self.arithmetic),
                (r"icmp (\w+) (\S+) (\S+), (\S+)", self.compare),
                (r"(zext|sext|trunc|ptrtoint|inttoptr|bitcast) (\S+) (\S+) to (\S+)", self.convert),
                (r"select i1 (\S+), (\S+) (\S+), (\S+) (\S+)", self.select),
                (r"(?:tail )?call (\S+|\{[^}]*\}) @llvm\.(\w+)(?:\.[\w.]*?)?\.(i\d+)\((.*)\)(?: #\d+)?", self.intrinsic),
                (r"extractvalue \{[^}]*\} %([\w.]+), (\d)", self.extract),
                (r"getelementptr inbounds \[(\d+) x i8\], \[\d+ x i8\]\* @([\w.]+), (i\d+) 0, (i\d+) (\S+)", self.place),
                (r"load i8, i8\* %([\w.]+)(?:, align \d+)?", self.load)):
            matched = re.fullmatch(pattern, rest)
            if matched:
                handle(name, k, path, *matched.groups())
                return
        found = re.fullmatch(r"phi (\S+) (.*)", rest)
        if not found:
            raise Refused(line)
        if self.invariant and label == self.head:
            return
        self.phi(name, k, coming, found.group(1), found.group(2))

    def phi(self, name, k, coming, kind, choices):
        bits, term = self.bits(kind), None
        choices = {origin: value for value, origin in re.findall(r"\[ (\S+), %([\w.]+) \]", choices)}
        for origin, at, condition in coming:
            if choices[origin] in ("undef", "poison"):
                raise Refused("a value that was never set")
            value = self.value(choices[origin], bits, at)
            term = value if term is None else f"(ite {condition} {value} {term})"
        self.set(name, k, term, bits)

    def arithmetic(self, name, k, path, kind, flags, width, left, right):
        bits = self.bits(width)
        a, b = self.value(left, bits, k), self.value(right, bits, k)
        if kind not in BINARY:
            raise Refused(kind)
        if kind in ("shl", "lshr", "ashr") and not (number(b) is not None and number(b) < bits):
            self.fail_if(path, f"(bvuge {b} (_ bv{bits} {bits}))", "a shift is too wide")
        for flag, extend in (("nsw", "sign_extend"), ("nuw", "zero_extend")):
            if flag in flags.split() and kind in ("add", "sub", "mul"):
                extra = bits if kind == "mul" else 1
                wide = f"({BINARY[kind]} ((_ {extend} {extra}) {a}) ((_ {extend} {extra}) {b}))"
                self.fail_if(path, f"(distinct {wide} ((_ {extend} {extra}) ({BINARY[kind]} {a} {b})))", "an overflow")
            elif flag in flags.split():
                raise Refused(kind + " " + flag)
        if number(a) is not None and number(b) is not None:
            self.values[name, k] = (literal(fold(kind, number(a), number(b), bits), bits), bits)
        elif kind == "mul" and number(a) is None and number(b) is None:
            self.values[name, k] = (self.product(a, b, bits), bits)
        else:
            self.set(name, k, f"({BINARY[kind]} {a} {b})", bits)

    def product(self, a, b, bits):
        """A number of which only the lemmas are known: no solver gets far with a multiplier of 32 bits."""
        self.fresh += 1
        symbol = f"|product.{self.fresh}|"
        self.lines.append(f"(declare-const {symbol} (_ BitVec {bits}))")
        for other in self.products:
            self.lemmas_of_two((symbol, a, b, bits), other)
            self.lemmas_of_two(other, (symbol, a, b, bits))
        if bits % 2 == 0:
            self.lemma_of_length(symbol, a, b, bits)
        self.products.append((symbol, a, b, bits))
        return symbol

    def lemmas_of_two(self, one, other):
        (p, a, b, bits), (q, c, d, other_bits) = one, other
        if other_bits == 2 * bits:  # the low half of a long product is the short product
            same = f"(and (= {c} ((_ zero_extend {bits}) {a})) (= {d} ((_ zero_extend {bits}) {b})))"
            self.lines.append(f"(assert (=> {same} (= {p} ((_ extract {bits - 1} 0) {q}))))")
        elif other_bits == bits:  # equal factors; and a b = 2 (a div 2) b + (a mod 2) b
            self.lines.append(f"(assert (=> (and (= {a} {c}) (= {b} {d})) (= {p} {q})))")
            one_bit = f"(_ bv1 {bits})"
            rest = f"(ite (= ((_ extract 0 0) {a}) #b1) {b} (_ bv0 {bits}))"
            self.lines.append(f"(assert (=> (and (= {c} (bvlshr {a} {one_bit})) (= {b} {d})) "
                              f"(= {p} (bvadd (bvshl {q} {one_bit}) {rest}))))")

    def lemma_of_length(self, p, a, b, bits):
        """2^i <= a < 2^(i + 1) and 2^j <= b < 2^(j + 1): then 2^(i + j) <= a b < 2^(i + j + 2), if that fits. And
        no product is longer than that of the longest factors."""
        half, zero = bits // 2, f"(_ bv0 {bits})"
        short = f"(= ((_ extract {bits - 1} {half}) {a}) ((_ extract {bits - 1} {half}) {b}) (_ bv0 {bits - half}))"

        def highest(term):
            found = zero
            for bit in range(half):
                found = f"(ite (= ((_ extract {bit} {bit}) {term}) #b1) (_ bv{bit} {bits}) {found})"
            return found

        shifted = f"(bvlshr {p} (bvadd {highest(a)} {highest(b)}))"
        most = literal(((1 << half) - 1) ** 2, bits)
        fits = f"(and (distinct {shifted} {zero}) (bvult {shifted} (_ bv4 {bits})) (bvule {p} {most}))"
        is_zero = f"(or (= {a} {zero}) (= {b} {zero}))"
        self.lines.append(f"(assert (=> {short} (ite {is_zero} (= {p} {zero}) {fits})))")

    def compare(self, name, k, path, how, kind, left, right):
        bits = self.bits(kind)
        a, b = self.value(left, bits, k), self.value(right, bits, k)
        term = f"(= {a} {b})" if how == "eq" else f"(distinct {a} {b})" if how == "ne" else f"({COMPARE[how]} {a} {b})"
        self.set(name, k, f"(ite {term} #b1 #b0)", 1)

    def convert(self, name, k, path, how, kind, value, to):
        bits, wanted = self.bits(kind), self.bits(to)
        term = self.value(value, bits, k)
        if number(term) is not None and how != "sext":
            self.values[name, k] = (literal(number(term), wanted), wanted)
            return
        if wanted > bits:
            term = f"((_ {'sign' if how == 'sext' else 'zero'}_extend {wanted - bits}) {term})"
        elif wanted < bits:
            term = f"((_ extract {wanted - 1} 0) {term})"
        self.set(name, k, term, wanted)

    def select(self, name, k, path, condition, kind, yes, _, no):
        bits = self.bits(kind)
        self.set(name, k, f"(ite (= {self.value(condition, 1, k)} #b1) {self.value(yes, bits, k)} "
                          f"{self.value(no, bits, k)})", bits)

    def intrinsic(self, name, k, path, _, which, width, arguments):
        bits = self.bits(width)
        values = [self.value(argument.split()[-1], bits, k) for argument in arguments.split(", ")[:2]]
        a = values[0]
        if which == "expect":
            self.values[name, k] = (a, bits)
        elif which == "cttz" and number(a):
            self.values[name, k] = (literal((number(a) & -number(a)).bit_length() - 1, bits), bits)
        elif which in ("ctlz", "cttz"):
            zero, term = f"(_ bv0 {bits})", f"(_ bv{bits} {bits})"
            for bit in range(bits) if which == "ctlz" else range(bits - 1, -1, -1):
                count = bits - 1 - bit if which == "ctlz" else bit
                term = f"(ite (= ((_ extract {bit} {bit}) {a}) #b1) (_ bv{count} {bits}) {term})"
            self.fail_if(path, f"(= {a} {zero})", "bits of 0 are counted")
            self.set(name, k, term, bits)
        elif which in ("usub", "uadd"):
            b, operation = values[1], "bvsub" if which == "usub" else "bvadd"
            term = self.define(name, f"({operation} {a} {b})", bits)
            flag = f"(bvult {a} {b})" if which == "usub" else f"(bvult {term} {a})"
            self.overflow[name, k] = (term, bits, self.define(name, f"(ite {flag} #b1 #b0)", 1))
        else:
            raise Refused("llvm." + which)

    def extract(self, name, k, path, pair, part):
        term, bits, flag = self.overflow[pair, k]
        self.values[name, k] = (term, bits) if part == "0" else (flag, 1)

    def place(self, name, k, path, count, table, _, width, index):
        bits = self.bits(width)
        if table not in self.tables:
            raise Refused("@" + table)
        term = self.value(index, bits, k)
        self.fail_if(path, f"(bvuge {term} (_ bv{count} {bits}))", "a table is read beyond its end")
        self.places[name, k] = (table, term, bits)

    def load(self, name, k, path, pointer):
        if (pointer, k) not in self.places:
            raise Refused("a load from memory")
        table, index, bits = self.places[pointer, k]
        term = "(_ bv0 8)"
        for at, value in enumerate(self.tables[table]):
            term = f"(ite (= {index} (_ bv{at} {bits})) (_ bv{value} 8) {term})"
        self.set(name, k, term, 8)


def prove(formula, arguments, body, seconds):
    """None: proven. Otherwise what is wrong."""
    try:
        inputs = formula.translate(arguments, body)
    except Refused as refused:
        return f"not understood: {refused}"
    text = "\n".join(["(set-logic QF_BV)", "(set-option :produce-models true)"] + formula.lines)
    text += "\n(assert (or false " + " ".join(symbol for symbol, _ in formula.problems) + "))\n(check-sat)\n"
    text += "(get-value (" + " ".join([f"|{name}|" for name in inputs] + [s for s, _ in formula.problems]) + "))\n"
    answer = subprocess.run(["z3", f"-T:{seconds}", "-in"], input=text, capture_output=True, text=True).stdout
    verdict = answer.split("\n")[0]
    if verdict == "unsat":
        return None
    if verdict != "sat":
        return f"undecided: {verdict}"
    values = dict(re.findall(r"\((\|?[\w.]+\|?) (#x[0-9a-f]+|#b[01]+|true|false)\)", answer))
    why = [why for symbol, why in formula.problems if values.get(symbol) == "true"]
    shown = [f"{name} = {values.get(name, values.get(f'|{name}|', '?')).replace('#', '0')}" for name in inputs]
    return ", ".join(shown) + ": " + "; ".join(sorted(set(why)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="", help="only names with this word")
    parser.add_argument("-t", type=int, default=300, help="seconds for each")
    parser.add_argument("-n", type=int, default=8, help="rounds of a loop")
    parser.add_argument("file")
    parser.add_argument("compiler", nargs="+")
    options, more = parser.parse_known_args()
    text = intermediate(options.file, options.compiler + more)
    pointer_bits = 32 if re.search(r'target datalayout = "[^"]*-p:32:32', text) else 64
    tables, passed, failed = tables_of(text), 0, 0
    invariants = {name: (arguments, body) for name, arguments, body in functions_of(text, "invariant")}
    for name, arguments, body in functions_of(text):
        if options.k not in name:
            continue
        start = time.monotonic()
        formula = Formula(pointer_bits, tables, options.n, invariants.get(name))
        wrong = prove(formula, arguments, body, options.t)
        passed, failed = passed + (wrong is None), failed + (wrong is not None)
        print(f"{'ok' if wrong is None else 'FAIL'} {name} ({pointer_bits} bits, {time.monotonic() - start:.1f} s)" +
              (f": {wrong}" if wrong else ""), flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()
