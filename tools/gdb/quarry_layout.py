# SPDX-License-Identifier: MIT
#
# quarry_layout.py: reads a heap's control data out of a program, a core file or a board, from debug info alone.
#
# This file is the only one of the debugger's that knows how the library lays out its heaps (src/chunk.h,
# src/page_codes.h, src/bin_shapes.h, src/control/). Fields, sizes and constants come from debug info: types, values of
# enumerators, and the table qi_bin_shapes. What no debug info says is in the functions whose names end in _rule.
# Nothing is called in the program, so that it works on a dead one.

import re

import gdb

NO_DEBUG_INFO = "no debug info of the library: compile src/*.c with -g, and give gdb the file that has it"


class LayoutError(Exception):
    """What cannot be read, and where, as one sentence."""


class Memory:
    """Bytes of the program."""

    def __init__(self):
        self.order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"

    def read(self, address, size):
        try:
            return gdb.selected_inferior().read_memory(address, size).tobytes()
        except (gdb.MemoryError, gdb.error, OverflowError, ValueError):
            raise LayoutError(f"{size:,} bytes at {address:#x} cannot be read") from None

    def number(self, data, signed=False):
        return int.from_bytes(data, self.order, signed=signed)

    def word(self, address, size):
        return self.number(self.read(address, size))


class Constants:
    """What the program was built with: values of enumerators and sizes of types."""

    def __init__(self):
        try:
            heap = gdb.lookup_type("struct quarry_heap")
            heap.fields()
            self.heap_pointer = heap.pointer()
            self.added = gdb.lookup_type("struct added_chunk")
            code = gdb.lookup_type("page_code_t")
        except gdb.error:
            raise LayoutError(NO_DEBUG_INFO) from None
        self.word_bytes = self.heap_pointer.sizeof
        self.word_mask = (1 << 8 * self.word_bytes) - 1
        self.code_bytes = code.sizeof
        self.page_shift = self.value("UNITS_PAGE_SHIFT")
        self.page_bytes = 1 << self.page_shift
        self.granule_shift = self.value("UNITS_GRANULE_SHIFT")
        self.small, self.large = self.value("PAGE_SMALL"), self.value("PAGE_LARGE")
        self.free, self.nothing = self.value("PAGE_FREE"), self.value("PAGE_NOTHING")
        self.bin_codes, self.length_shift = self.value("BIN_CODES"), self.value("BIN_LENGTH_SHIFT")
        self.map_bytes, self.own_word = self.value("CONTROL_MAP_BYTES"), self.value("CONTROL_OWN_WORD")
        self.is_guarded = any(field.name == "seal" for field in gdb.lookup_type("struct chunk").fields())
        self.shapes = self.read_shapes()

    @staticmethod
    def value(name):
        for how in (name, f"&{name}"):
            try:
                return int(gdb.parse_and_eval(how))
            except gdb.error:
                pass
        raise LayoutError(f"debug info has no {name}: this version of the library is not known here, or {NO_DEBUG_INFO}")

    def read_shapes(self):
        """(slots, pages, slot bytes) by the number in a run's code; no slots: no run has that code."""
        table = gdb.lookup_global_symbol("qi_bin_shapes")
        if table is None:
            raise LayoutError(NO_DEBUG_INFO)
        table = table.value()
        return [(int(table[i]["slots"]), int(table[i]["pages"]), int(table[i]["granules"]) << self.granule_shift)
                for i in range(self.bin_codes)]


def options():
    """Options of the build, from the linker's names: {"CHECK_LEVEL": "1", ...}."""
    said = gdb.execute("info functions -q -n __QUARRY_CHECK_LEVEL_", to_string=True)
    match = re.search(r"__QUARRY_CHECK_LEVEL_\w+", said)
    found = {}
    for part in (match.group(0).split("__QUARRY_")[1:] if match else []):
        name, _, value = part.rpartition("_")
        found[name] = value
    return found


class Chunk:
    """Contiguous memory with its control data, or a huge block (no pages)."""

    def __init__(self, heap, value, added):
        self.heap, self.added, self.address = heap, added, int(value.address)
        self.pages, self.page_count = int(value["pages"]), int(value["page_count"])
        self.codes_at, self.maps_at = int(value["codes"]), int(value["maps"])
        self.bytes = int(value["bytes"])
        self.next = heap.pointer_rule(int(value["next"]))
        self.part = int(added["part"]) if added is not None else 0
        self.codes = self.maps = None

    def load(self):
        constants = self.heap.constants
        if self.page_count << constants.page_shift > self.bytes or self.page_count > 1 << 40:
            raise LayoutError(f"chunk at {self.address:#x}: {self.page_count:,} pages in {self.bytes:,} bytes make no sense")
        self.codes = self.heap.memory.read(self.codes_at, self.page_count * constants.code_bytes)
        self.maps = self.heap.memory.read(self.maps_at, self.page_count * constants.map_bytes + constants.word_bytes)

    def code(self, page):
        size = self.heap.constants.code_bytes
        return self.heap.memory.number(self.codes[page * size:(page + 1) * size])

    def page_address(self, page):
        return self.pages + (page << self.heap.constants.page_shift)

    def map_word(self, page):
        constants = self.heap.constants
        at = page * constants.map_bytes
        data = self.maps[at:at + constants.word_bytes]
        return int.from_bytes(data, "little") if not constants.own_word else self.heap.memory.number(data)

    def length_rule(self, page):
        """Pages of the large block or free run that starts at a page."""
        constants, memory = self.heap.constants, self.heap.memory
        at = page * constants.map_bytes
        if constants.is_guarded:
            factor = 0xFFFFFFFB if constants.word_bytes == 8 else 61
            inverse = pow(factor, -1, 1 << 8 * constants.word_bytes)
            return memory.number(self.maps[at:at + constants.word_bytes]) * inverse & constants.word_mask
        return self.maps[at] if self.maps[at] != 255 else memory.number(self.maps[at + 1:at + 5])


class Piece:
    """A block, free slot or free run; kind: small, large, huge, waits (freed, not free yet: check level 3), free slot,
    free run, damaged."""

    def __init__(self, chunk, page, address, size, kind, text="", run=None):
        self.chunk, self.page, self.address, self.bytes = chunk, page, address, size
        self.kind, self.text, self.run = kind, text, run

    @property
    def is_live(self):
        return self.kind in ("small", "large", "huge")


class Heap:
    def __init__(self, address, constants=None):
        self.memory, self.constants = Memory(), constants or Constants()
        self.address = address
        self.value = gdb.Value(address).cast(self.constants.heap_pointer).dereference()
        self.memory.read(address, self.value.type.sizeof)  # says so if it cannot be read
        self.set = self.value["bins"]["runs"]["chunks"]

    def pointer_rule(self, coded):
        """Links between chunks are written as a product from check level 2."""
        if not self.constants.is_guarded:
            return coded
        third = pow(3, -1, self.constants.word_mask + 1)
        whole = coded * third & self.constants.word_mask
        if whole > self.constants.word_mask >> 2:
            raise LayoutError(f"heap at {self.address:#x}: the link {coded:#x} to a chunk is damaged")
        return whole << 2

    def figure(self, name):
        return int(self.value[name])

    def used_bytes(self):
        return (self.figure("used_peak_bytes") - self.figure("below_peak_bytes")) & self.constants.word_mask

    def used_peak_bytes(self):
        """A peak that is not noted yet shows as a negative distance below it."""
        below, top = self.figure("below_peak_bytes"), self.constants.word_mask >> 1
        return self.used_bytes() if below > top else self.figure("used_peak_bytes")

    def debug(self):
        """What debugging keeps in the heap: figures without canaries and blocks that wait; None: it is off."""
        has_it = any(field.name == "debug" for field in self.value.type.fields())
        return self.value["debug"] if has_it else None

    def waiting(self):
        """Addresses of freed blocks that wait until their slots are free."""
        debug = self.debug()
        if debug is None:
            return set()
        low, high = debug["waiting"].type.range()
        return {int(debug["waiting"][i]) for i in range(low, high + 1)} - {0}

    def shown_blocks(self):
        return self.live_blocks() if self.debug() is None else int(self.debug()["blocks"])

    def shown_bytes(self):
        return self.used_bytes() if self.debug() is None else int(self.debug()["used_bytes"])

    def live_blocks(self):
        return (self.figure("requests") - self.figure("frees")) & self.constants.word_mask

    def acquired_bytes(self):
        return int(self.set["source"]["acquired_bytes"])

    def check_head(self):
        """Does it look like a heap at all?"""
        first = self.set["first"]
        start, end = self.address, self.address + int(first["bytes"])
        pages, count = int(first["pages"]), int(first["page_count"])
        if not (start < int(first["codes"]) < pages < end and int(first["maps"]) > int(first["codes"]) and count):
            raise LayoutError(f"{self.address:#x} is no heap, or its control data is overwritten: pages at {pages:#x}, codes "
                              f"at {int(first['codes']):#x}, {count:,} pages in {int(first['bytes']):,} bytes")

    def chunks(self):
        self.check_head()
        chunk, seen = Chunk(self, self.set["first"], None), 0
        yield chunk
        while chunk.next:
            seen += 1
            if seen > int(self.set["chunk_count"]):
                raise LayoutError(f"heap at {self.address:#x}: its list of chunks has more than the "
                                  f"{int(self.set['chunk_count']):,} that it counts; it is damaged at {chunk.address:#x}")
            self.memory.read(chunk.next, self.constants.added.sizeof)
            added = gdb.Value(chunk.next).cast(self.constants.added.pointer()).dereference()
            chunk = Chunk(self, added["chunk"], added)
            yield chunk

    def pieces(self):
        """All of the heap in order; what makes no sense comes as damaged pieces."""
        for chunk in self.chunks():
            if chunk.page_count == 0:
                size = chunk.bytes - self.constants.added.sizeof
                is_idle = chunk.part & self.constants.value("CHUNK_IS_IDLE")
                yield Piece(chunk, 0, chunk.pages, size, "free run" if is_idle else "huge")
                continue
            try:
                chunk.load()
            except LayoutError as error:
                yield Piece(chunk, 0, chunk.pages, 0, "damaged", str(error))
                continue
            yield from self.pieces_of(chunk)

    def pieces_of(self, chunk):
        page, constants, waiting = 0, self.constants, self.waiting()
        while page < chunk.page_count:
            code = chunk.code(page)
            if code >= constants.small:
                run = self.run_of(chunk, page, code)
            else:
                run = self.length_of(chunk, page, code)
            if isinstance(run, str):
                here = chunk.page_address(page)
                text = f"page {page:,} at {here:#x}: {run}; its code {code:#x} lies at " \
                       f"{chunk.codes_at + page * constants.code_bytes:#x}"
                next_page = self.next_start(chunk, page + 1)
                yield Piece(chunk, page, here, (next_page - page) << constants.page_shift, "damaged", text)
                page = next_page
                continue
            pages, slots, slot_bytes, free_bits = run
            address = chunk.page_address(page)
            if slots:
                for slot in range(slots):
                    place = address + slot * slot_bytes
                    kind = "free slot" if free_bits >> slot & 1 else "waits" if place in waiting else "small"
                    yield Piece(chunk, page, place, slot_bytes, kind, run=(pages, slots, slot_bytes))
            else:
                kind = "large" if code == constants.large else "free run"
                yield Piece(chunk, page, address, pages << constants.page_shift, kind)
            page += pages

    def run_of(self, chunk, page, code):
        """(pages, slots, slot bytes, free slots as bits), or what is wrong."""
        slots, pages, slot_bytes = self.constants.shapes[code & (self.constants.bin_codes - 1)]
        if not slots:
            return "it says that a run of small blocks starts there, of a bin that there is not"
        if page + pages > chunk.page_count:
            return f"a run of {pages} pages starts there, {page + pages - chunk.page_count} beyond the chunk's end"
        return pages, slots, slot_bytes, chunk.map_word(page) & ((1 << slots) - 1)

    def length_of(self, chunk, page, code):
        if code not in (self.constants.large, self.constants.free):
            return "nothing starts there, though the run before it ends"
        pages = chunk.length_rule(page)
        if not 0 < pages <= chunk.page_count - page:
            what = "large block" if code == self.constants.large else "free run"
            return f"a {what} of {pages:,} pages starts there, but only {chunk.page_count - page:,} are left"
        return pages, 0, 0, 0

    def next_start(self, chunk, page):
        """The next page where something may start."""
        constants = self.constants
        while page < chunk.page_count:
            code = chunk.code(page)
            if code in (constants.large, constants.free):
                return page
            if code >= constants.small and not code & ~(constants.small | (constants.bin_codes - 1)):
                return page
            page += 1
        return page
