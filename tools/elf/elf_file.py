# SPDX-License-Identifier: MIT
#
# elf_file.py: sections, segments and symbols of an ELF file, 32- or 64-bit, of either byte order. What is no such file
# is refused with one sentence.

import collections
import struct

Section = collections.namedtuple("Section", "name kind flags address offset size link entry_size")
Segment = collections.namedtuple("Segment", "kind flags address load_address file_size size")
Symbol = collections.namedtuple("Symbol", "name address size kind section")

OBJECT, FUNCTION = 1, 2
SYMBOL_TABLE, NO_BITS = 2, 8
WRITE, ALLOCATED, EXECUTED = 1, 2, 4
MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv"}


class ElfError(Exception):
    """What is wrong with the file, as one sentence."""


class ElfFile:
    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.data = file.read()
        except OSError as error:
            raise ElfError(f"{path}: {error.strerror}") from None
        if self.data[:4] != b"\x7fELF":
            raise ElfError(f"{path}: not an ELF file" if self.data else f"{path}: the file is empty")
        try:
            self.read()
        except (struct.error, IndexError, ValueError, MemoryError, OverflowError):
            raise ElfError(f"{path}: an ELF file that is cut short or damaged ({len(self.data):,} bytes)") from None

    def read(self):
        self.bits = {1: 32, 2: 64}[self.data[4]] if self.data[4] in (1, 2) else 0
        if not self.bits or self.data[5] not in (1, 2):
            raise ElfError(f"{self.path}: an ELF file of no class or byte order that there is")
        self.order = "<" if self.data[5] == 1 else ">"
        word = "I" if self.bits == 32 else "Q"
        header = self.unpack("HHI" + 3 * word + "IHHHHHH", 16)
        self.type, machine, _, _, segments, sections = header[:6]
        self.machine = MACHINES.get(machine, f"machine {machine}")
        _, _, segment_size, segment_count, section_size, section_count, names = header[6:]
        self.segments = [self.segment(segments + i * segment_size) for i in range(segment_count)]
        rows = [self.unpack("II" + 4 * word + "II" + 2 * word, sections + i * section_size) for i in range(section_count)]
        texts = rows[names] if rows else None
        self.sections = [Section(self.text(texts, row[0]), row[1], *row[2:7], row[9]) for row in rows]
        self.symbols = [symbol for section in self.sections if section.kind == SYMBOL_TABLE
                        for symbol in self.symbols_of(section, rows[section.link])]

    def unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)

    def segment(self, offset):
        if self.bits == 32:
            kind, _, address, load, file_size, size, flags, _ = self.unpack("8I", offset)
        else:
            kind, flags, _, address, load, file_size, size, _ = self.unpack("II6Q", offset)
        return Segment(kind, flags, address, load, file_size, size)

    def text(self, row, at):
        start = row[4] + at
        end = self.data.index(b"\0", start) if 0 <= start < len(self.data) else start
        return self.data[start:end].decode("utf-8", "replace")

    def symbols_of(self, section, names):
        size = 16 if self.bits == 32 else 24
        if section.offset + section.size > len(self.data):
            raise IndexError
        for at in range(section.offset, section.offset + section.size, size):
            if self.bits == 32:
                name, value, length, info, _, index = self.unpack("IIIBBH", at)
            else:
                name, info, _, index, value, length = self.unpack("IBBHQQ", at)
            yield Symbol(self.text(names, name), value, length, info & 15, index)

    def section_of(self, symbol):
        return self.sections[symbol.section] if 0 < symbol.section < len(self.sections) else None
