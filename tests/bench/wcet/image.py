# SPDX-License-Identifier: MIT
#
# image.py: the control flow of a linked image of a Cortex-M, from objdump's disassembly.
#
# Image(path, tools) has an instruction for each address: where control goes next, what it calls, whether it may return.
#
#   - An instruction of an IT block is executed or passed over, and counts as one either way. If it transfers control it
#     has two ways on.
#   - A jump to the first instruction of another function is a tail call. Any other jump stays in the function, also
#     where the compiler put its parts elsewhere.
#   - Switch tables (tbb, tbh, libgcc's __gnu_thumb1_case_*, a word table for mov pc) are read from the image.
#   - A trap (udf) and a call of a function that never returns end a path that does not return.
#   - A call through a register is a callback, unless the register was loaded with a function's address. A callback that
#     is none of the user's leads to a function of a constant table of functions that is in the image (tables_at).
#
# What is not understood (a jump through a register that is none of these, control that runs into data) is an error.

import re
import struct
import subprocess
import sys

CONDITION = "eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
BRANCH = re.compile(rf"b({CONDITION})?(\.[nw])?$")
CALL = re.compile(rf"bl({CONDITION})?$")
BY_REGISTER = re.compile(rf"(bx|blx)({CONDITION})?$")
POP = re.compile(rf"(pop|ldmia|ldm|ldmfd)({CONDITION})?(\.w)?$")
LOAD = re.compile(rf"ldr({CONDITION})?(\.w)?$")
MOVE = re.compile(rf"mov({CONDITION})?(\.w)?$")
LINE = re.compile(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2,8} ?)+) *\t(\S+)(?:\t(.*))?$")
LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
DATA = (".word", ".short", ".byte")
CASES = {"__gnu_thumb1_case_uqi": "B", "__gnu_thumb1_case_sqi": "b", "__gnu_thumb1_case_uhi": "H",
         "__gnu_thumb1_case_shi": "h", "__gnu_thumb1_case_si": "i"}
# The linker's name of a function may end with the options of the build (quarry/link_names.h).
OPTIONS = re.compile(r"__QUARRY_CHECK_LEVEL_\w+")


class Refused(Exception):
    """What cannot be bounded, and where."""


class Instruction:
    def __init__(self, address, size, name, operands):
        self.address, self.size, self.name, self.operands = address, size, name, operands
        self.next = []        # addresses in the same function
        self.calls = None     # address of the function that is called, before control goes on
        self.tail = None      # address of the function that is jumped to
        self.callback = False
        self.returns = False


class Memory:
    """What an ELF file loads."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x01\x01":
            raise Refused(f"{path}: no little-endian 32-bit ELF file")
        offset, = struct.unpack_from("<I", data, 28)
        size, count = struct.unpack_from("<HH", data, 42)
        self.segments = []
        for header in range(offset, offset + count * size, size):
            kind, start, at, _, filled = struct.unpack_from("<5I", data, header)
            if kind == 1:
                self.segments.append((at, data[start:start + filled]))

    def read(self, address, form):
        for at, data in self.segments:
            if at <= address and address + struct.calcsize("<" + form) <= at + len(data):
                return struct.unpack_from("<" + form, data, address - at)[0]
        raise Refused(f"nothing is loaded at {address:#x}")


def output(*command, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: ended with status {done.returncode}")
    return done.stdout


class Image:
    def __init__(self, path, tools):
        self.path, self.memory = path, Memory(path)
        self.instructions, self.data, self.order = {}, set(), []
        self.functions = {}  # name: address
        self.names = {}      # address: name
        self.constants = {}  # name of constant data: its words
        for line in output(tools + "nm", "-S", "--defined-only", path).splitlines():
            found = re.match(r"([0-9a-f]+) (?:([0-9a-f]+) )?(\w) (\S+)$", line)
            at, size, kind, name = int(found[1], 16), int(found[2] or "0", 16), found[3], OPTIONS.sub("", found[4])
            if kind in "tTwW" and not name.startswith("$") and not name.endswith(".cold"):
                self.functions.setdefault(name, at & ~1)
                self.names[at & ~1] = name
            elif kind in "rR" and size >= 4 and at % 4 == 0:
                self.constants[name] = [self.memory.read(at + offset, "I") for offset in range(0, size - 3, 4)]
        for line in output(tools + "objdump", "-d", path).splitlines():
            self.add_line(line)
        self.position = {address: place for place, address in enumerate(self.order)}
        for address in self.order:
            if address not in self.data:
                self.instructions[address].pending = True

    def add_line(self, line):
        found = LINE.match(line)
        if not found:
            return
        address, size = int(found[1], 16), len(found[2].replace(" ", "")) // 2
        operands = re.split(r"\s*[@;]", found[4] or "")[0].strip()
        self.instructions[address] = Instruction(address, size, found[3], operands)
        self.order.append(address)
        if found[3] in DATA:
            self.data.add(address)

    def where(self, address):
        below = [at for at in self.names if at <= address]
        name = self.names[max(below)] if below else "?"
        return f"{name} at {address:#x}"

    def at(self, address):
        """The instruction there, with where control goes."""
        instruction = self.instructions.get(address)
        if instruction is None or address in self.data:
            raise Refused(f"control runs into data: {self.where(address)}")
        if getattr(instruction, "pending", False):
            instruction.pending = False
            self.follow(instruction)
        return instruction

    def target(self, instruction):
        word = instruction.operands.split(",")[-1].split()[0]
        return int(word, 16)

    def before(self, address):
        """The instructions in front of an address, backwards, up to the last that surely does not go on there."""
        place = self.position[address] - 1
        while place >= 0:
            instruction = self.instructions[self.order[place]]
            if self.order[place] in self.data or instruction.name in ("b.n", "b.w", "bx", "udf"):
                return
            yield instruction
            place -= 1

    def loaded_from(self, instruction, register):
        """What a register surely holds: the word of the literal pool that it was loaded with last, or None."""
        for earlier in self.before(instruction.address):
            if CALL.match(earlier.name) or BRANCH.match(earlier.name) or earlier.name in ("blx", "cbz", "cbnz"):
                return None
            if re.match(rf"{register}\b", earlier.operands):
                if LOAD.match(earlier.name) and (literal := re.match(r"\w+, \[pc, #(\d+)\]$", earlier.operands)):
                    return self.memory.read(((earlier.address + 4) & ~3) + int(literal[1]), "I")
                return None
        return None

    def tables_at(self, instruction):
        """Where a call through a pointer may lead, if it was loaded from a table: {name of table: addresses}."""
        offset = None
        for earlier in self.before(instruction.address):
            loaded = re.match(rf"{instruction.operands}, \[\w+(?:, #(\d+))?\]$", earlier.operands)
            if loaded and LOAD.match(earlier.name):
                offset = int(loaded[1] or "0")
            if loaded or re.match(rf"{instruction.operands}\b", earlier.operands):
                break
        found = {}
        for name, words in self.constants.items():
            if any(words) and all(word == 0 or word & 1 and word - 1 in self.names for word in words):
                words = words if offset is None else words[offset // 4:offset // 4 + 1]
                found[name] = [word - 1 for word in words if word]
        return found

    def is_popped(self, instruction, register):
        """Was a register loaded from the stack, as the address to return to?"""
        for earlier in self.before(instruction.address):
            if POP.match(earlier.name) and re.search(rf"\b{register}\b", earlier.operands.split("{")[1]):
                return True
            if re.match(rf"{register}\b", earlier.operands) or CALL.match(earlier.name):
                return False
        return False

    def data_behind(self, address):
        """The end of the data that begins at an address."""
        while address in self.data:
            address += self.instructions[address].size
        return address

    def table(self, start, form, scale, base):
        """The targets of a switch table in the code, whose end the mapping symbols say; a last byte may fill it up."""
        end, size, targets = self.data_behind(start), struct.calcsize(form), []
        for at in range(start, end - size + 1, size):
            target = (base + scale * self.memory.read(at, form)) & ~1
            if start <= target < end:
                if end - at > 3:
                    raise Refused(f"a switch table that leads into itself: {self.where(start)}")
                break
            targets.append(target)
        if not targets:
            raise Refused(f"a switch table without entries: {self.where(start)}")
        return targets

    def word_table(self, instruction, register):
        """The targets of mov pc, register, where the register was loaded from a table of words behind a comparison."""
        base = entries = index = None
        for earlier in self.before(instruction.address):
            loaded = re.match(rf"{register}, \[(\w+), (\w+)\]$", earlier.operands)
            if base is None and earlier.name == "ldr" and loaded:
                base, index = loaded[1], loaded[2]
                start = self.loaded_from(earlier, base)
                if start is None:
                    base, index = index, base
                    start = self.loaded_from(earlier, base)
                if start is None:
                    break
            elif base is not None and earlier.name == "cmp":
                entries = int(earlier.operands.split("#")[1]) + 1
                break
        if entries is None:
            raise Refused(f"a jump through a register that is no switch: {self.where(instruction.address)}")
        return [self.memory.read(start + 4 * entry, "I") & ~1 for entry in range(entries)]

    def jump(self, instruction, target):
        """A jump: to the start of a function it is a tail call."""
        if target in self.names and target != instruction.address:
            instruction.tail = target
        else:
            instruction.next.append(target)

    def follow(self, instruction):
        name, operands, behind = instruction.name, instruction.operands, instruction.address + instruction.size
        branch, call, by_register = BRANCH.match(name), CALL.match(name), BY_REGISTER.match(name)
        if branch:
            if branch[1]:
                instruction.next.append(behind)
            self.jump(instruction, self.target(instruction))
        elif name in ("cbz", "cbnz"):
            instruction.next.append(behind)
            self.jump(instruction, self.target(instruction))
        elif call:
            self.follow_call(instruction, self.target(instruction), behind)
        elif by_register:
            self.follow_register(instruction, by_register, behind)
        elif name in ("tbb", "tbh"):
            form = "B" if name == "tbb" else "H"
            if not operands.startswith("[pc,"):
                raise Refused(f"a switch table that is not behind its jump: {self.where(instruction.address)}")
            instruction.next += self.table(behind, form, 2, behind)
        elif name == "udf":
            pass
        elif re.search(r"\bpc\b", operands.split(",")[0] if not POP.match(name) else operands):
            self.follow_write(instruction, behind)
        else:
            instruction.next.append(behind)

    def follow_call(self, instruction, target, behind):
        form = CASES.get(self.names.get(target))
        if form:
            instruction.calls = target
            start = (behind + 3) & ~3 if form == "i" else behind
            instruction.next += self.table(start, form, 1 if form == "i" else 2, start)
            return
        if target not in self.names:
            raise Refused(f"a call into the middle of {self.where(target)}, from {self.where(instruction.address)}")
        instruction.calls = target
        instruction.next.append(behind)

    def follow_register(self, instruction, found, behind):
        register = instruction.operands
        if found[2]:
            instruction.next.append(behind)
        if found[1] == "bx" and (register == "lr" or self.is_popped(instruction, register)):
            instruction.returns = True
            return
        word = self.loaded_from(instruction, register)
        known = word is not None and word & 1 and word - 1 in self.names
        if register == "pc":
            raise Refused(f"code that is no Thumb code: {self.where(instruction.address)}")
        if known and found[1] == "bx":
            instruction.tail = word - 1
        elif known:
            instruction.calls = word - 1
        else:
            instruction.callback = True
        if found[1] == "bx":
            instruction.returns = not known
        elif not found[2]:
            instruction.next.append(behind)

    def follow_write(self, instruction, behind):
        """An instruction that writes the program counter."""
        name, operands = instruction.name, instruction.operands
        found = POP.match(name) or LOAD.match(name) or MOVE.match(name)
        condition = found and next((word for word in found.groups() if word and re.fullmatch(CONDITION, word)), None)
        if condition:
            instruction.next.append(behind)
        if POP.match(name) and (name.startswith("pop") or operands.startswith("sp!")):
            instruction.returns = True
        elif LOAD.match(name) and operands.startswith("pc, [sp]"):
            instruction.returns = True
        elif MOVE.match(name) and operands == "pc, lr":
            instruction.returns = True
        elif MOVE.match(name):
            instruction.next += self.word_table(instruction, operands.split(", ")[1])
        else:
            raise Refused(f"{name} {operands}: not understood, {self.where(instruction.address)}")
