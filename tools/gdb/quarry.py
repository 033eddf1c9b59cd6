# SPDX-License-Identifier: MIT
#
# quarry.py: commands for gdb that show Quarry's heaps: on a live target, through QEMU's stub, or in a core file.
#
#   (gdb) source tools/gdb/quarry.py
#   (gdb) quarry heaps               heaps that variables of the program point to
#   (gdb) quarry info [HEAP]         figures and options
#   (gdb) quarry map [HEAP]          a picture of the pages
#   (gdb) quarry walk [HEAP]         every block and free piece
#   (gdb) quarry block ADDRESS       what is this pointer?
#   (gdb) quarry find WORD [HEAP]    live blocks that hold this word, a pointer say
#   (gdb) quarry leaks [HEAP]        live blocks that nothing points to
#   (gdb) quarry check [HEAP]        does the control data make sense? Where not?
#   (gdb) quarry why BYTES [HEAP]    would a request be served, and if not, why?
#
# HEAP is an expression, struct quarry_heap *; without one it is the only heap, or all of them. Nothing is called in the
# program: a dead one will do. The library must be compiled with -g. quarry_layout.py reads the heaps.

import os
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)
import quarry_layout  # noqa: E402
from quarry_layout import Heap, LayoutError  # noqa: E402

MAP_COLUMNS, MOST_FOUND = 64, 40
COLOURS = {"control": "100", "small": "44", "large": "43", "huge": "45", "free slot": "46", "waits": "46", "free run": "0",
           "damaged": "41"}
LETTERS = {"small": "s", "large": "L", "huge": "H", "free slot": "s", "waits": "s", "free run": ".", "damaged": "X"}


def say(text=""):
    gdb.write(text + "\n")


def show_bytes(size):
    return f"{size:,} byte{'' if size == 1 else 's'}"


# --- which heaps there are ---

known_variables = {}


def variables():
    """Names of static and global variables that point to a heap. gdb takes seconds for it where a C library has debug
    info, so it is asked once for each set of files."""
    files = tuple(objfile.filename for objfile in gdb.objfiles())
    if files not in known_variables:
        known_variables[files] = list(find_variables())
    return known_variables[files]


def find_variables():
    said = gdb.execute("info variables -q -t ^struct.quarry_heap.\\*$", to_string=True)
    for line in said.splitlines():
        if "quarry_heap *" in line and line.rstrip().endswith(";"):
            yield line.rstrip(" ;").split("*")[-1].strip()


def locals_of_frames():
    try:
        frame = gdb.selected_frame()
    except gdb.error:
        return
    while frame is not None:
        try:
            block = frame.block()
        except RuntimeError:
            block = None
        while block is not None and block.function is None:
            block = block.superblock
        for symbol in block or ():
            if (symbol.is_variable or symbol.is_argument) and str(symbol.type) == "struct quarry_heap *":
                try:
                    yield f"{symbol.name} in {frame.name()}()", int(frame.read_var(symbol))
                except (gdb.error, ValueError):
                    pass
        frame = frame.older()


def all_heaps():
    """[(name, heap)] of what variables point to and what looks like a heap, each address once."""
    constants, found = quarry_layout.Constants(), {}
    for name in variables():
        try:
            address = int(gdb.parse_and_eval(name))
        except gdb.error:
            continue
        found.setdefault(address, name)
    for name, address in locals_of_frames():
        found.setdefault(address, name)
    heaps = []
    for address, name in found.items():
        if address:
            try:
                heap = Heap(address, constants)
                heap.check_head()
            except LayoutError as error:
                if " in " not in name and "cannot be read" not in str(error):
                    say(f"{name}: {error}")
                continue
            heaps.append((name, heap))
    return heaps


def heaps_of(expression):
    if expression:
        return [(expression, Heap(int(gdb.parse_and_eval(f"({expression})"))))]
    heaps = all_heaps()
    if not heaps:
        raise LayoutError("no variable points to a heap (yet); name one: an expression of type struct quarry_heap *")
    return heaps


# --- commands ---

class Command(gdb.Command):
    """A subcommand: prints a sentence instead of a traceback."""

    name = ""

    def __init__(self):
        super().__init__(f"quarry {self.name}", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        try:
            self.run(argument.strip())
        except (LayoutError, gdb.error, gdb.MemoryError) as error:
            raise gdb.GdbError(f"quarry {self.name}: {error}") from None

    def run(self, argument):
        for name, heap in heaps_of(argument):
            self.show(name, heap)

    def show(self, name, heap):
        raise NotImplementedError


def split_last(argument, usage):
    """A value, and the heap behind it if there is one. An expression may have blanks: the whole is tried first."""
    if not argument:
        raise LayoutError(usage)
    try:
        return integer(gdb.parse_and_eval(argument)), ""
    except gdb.error:
        words = argument.rsplit(None, 1)
        if len(words) == 1:
            raise
        return integer(gdb.parse_and_eval(words[0])), words[1]


def integer(value):
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT) and value.address is not None:
        value = value.address
    return int(value) & ((1 << 64) - 1)


class Sums:
    """What the pieces of a heap add up to."""

    def __init__(self, heap):
        self.live, self.live_bytes, self.free_bytes, self.largest = 0, 0, 0, 0
        self.free_runs, self.free_slots, self.damaged, self.bins = 0, 0, [], {}
        self.waiting, self.waiting_bytes = 0, 0
        for piece in heap.pieces():
            self.add(piece)

    def add(self, piece):
        if piece.is_live:
            self.live, self.live_bytes = self.live + 1, self.live_bytes + piece.bytes
        if piece.kind == "free run":
            self.free_runs, self.free_bytes = self.free_runs + 1, self.free_bytes + piece.bytes
            self.largest = max(self.largest, piece.bytes)
        elif piece.kind == "waits":
            self.waiting, self.waiting_bytes = self.waiting + 1, self.waiting_bytes + piece.bytes
        if piece.kind in ("free slot", "small", "waits"):
            used, free = self.bins.get(piece.bytes, (0, 0))
            is_free = piece.kind == "free slot"
            self.bins[piece.bytes] = (used + (not is_free), free + is_free)
            self.free_slots += is_free
        elif piece.kind == "damaged":
            self.damaged.append(piece)


class Heaps(Command):
    """quarry heaps: heaps that variables of the program point to."""

    name = "heaps"

    def show(self, name, heap):
        chunks = int(heap.set["chunk_count"])
        say(f"{name}: {heap.address:#x}, {show_bytes(heap.acquired_bytes())} in {chunks} chunk{'s' * (chunks != 1)}, "
            f"{heap.shown_blocks():,} blocks, {show_bytes(heap.shown_bytes())} used")


class Info(Command):
    """quarry info [HEAP]: figures and options."""

    name = "info"

    def show(self, name, heap):
        sums = Sums(heap)
        options = quarry_layout.options()
        say(f"{name}: heap at {heap.address:#x}")
        if options:
            say("  options    " + ", ".join(f"{key} {value}" for key, value in options.items()))
        say(f"  acquired   {show_bytes(heap.acquired_bytes())}, the most {int(heap.set['source']['acquired_peak_bytes']):,}, "
            f"limit {int(heap.set['source']['limit_bytes']) or 'none'}")
        say(f"  used       {show_bytes(heap.shown_bytes())} in {heap.shown_blocks():,} blocks; peak {heap.used_peak_bytes():,}")
        say(f"  free       {show_bytes(sums.free_bytes)} in {sums.free_runs:,} runs, the largest {sums.largest:,}"
            f"{fragmentation(sums)}; {sums.free_slots:,} free slots")
        say(f"  calls      {heap.figure('requests'):,} requests, {heap.figure('frees'):,} frees, "
            f"{heap.figure('failures'):,} refused")
        for size, (used, free) in sorted(sums.bins.items()):
            say(f"  {size:6,} B   {used:,} used, {free:,} free slots")
        for piece in sums.damaged:
            say(f"  damaged    {piece.text}")


def fragmentation(sums):
    return f", fragmentation {100 - 100 * sums.largest // sums.free_bytes} %" if sums.free_bytes else ""


class Map(Command):
    """quarry map [HEAP]: a picture of the pages."""

    name = "map"

    def show(self, name, heap):
        page_bytes = heap.constants.page_bytes
        say(f"{name}: a letter for each page of {page_bytes} bytes. s: slots (blue; S: all used), L: large block, .: free, "
            f"X: damaged")
        row_of = {}
        for piece in heap.pieces():
            self.note(row_of, piece, page_bytes)
        for chunk in heap.chunks():
            if chunk.page_count == 0:
                say(f"{chunk.pages:#12x} {self.cell('H', 'huge')} {show_bytes(chunk.bytes)}")
                continue
            cells, _ = row_of.get(chunk.address, ({}, set()))
            for start in range(0, chunk.page_count, MAP_COLUMNS):
                row = (cells.get(page, ("?", "damaged")) for page in
                       range(start, min(start + MAP_COLUMNS, chunk.page_count)))
                say(f"{chunk.page_address(start):#12x} " + "".join(self.cell(*cell) for cell in row))

    @staticmethod
    def note(row_of, piece, page_bytes):
        cells, free = row_of.setdefault(piece.chunk.address, ({}, set()))
        for page in range(piece.page, piece.page + piece.run[0] if piece.run else piece.page):
            cells.setdefault(page, ("s", "free slot"))  # behind the last slot nothing lies
        first = (piece.address - piece.chunk.pages) // page_bytes
        last = (piece.address + max(piece.bytes, 1) - 1 - piece.chunk.pages) // page_bytes
        for page in range(first, last + 1):
            old = cells.get(page)
            if piece.run is None:
                cells[page] = (LETTERS[piece.kind], piece.kind)
            elif piece.kind == "small":
                cells[page] = ("S" if old == ("S", "small") or page not in free else "s", "small")
            else:
                free.add(page)
                cells[page] = ("s", old[1])

    @staticmethod
    def cell(letter, kind):
        is_coloured = gdb.parameter("style enabled") and sys.stdout.isatty()
        return f"\033[{COLOURS[kind]}m{letter}\033[0m" if is_coloured else letter


class Walk(Command):
    """quarry walk [HEAP]: every block and free piece."""

    name = "walk"

    def show(self, name, heap):
        say(f"{name}:")
        for piece in heap.pieces():
            say(f"{piece.address:#12x} {piece.bytes:9,}  {piece.kind}{'  ' + piece.text if piece.text else ''}")


class Block(Command):
    """quarry block ADDRESS: what is this pointer?"""

    name = "block"

    def run(self, argument):
        address, rest = split_last(argument, "which address? quarry block ADDRESS [HEAP]")
        for name, heap in heaps_of(rest):
            for piece in heap.pieces():
                if piece.address <= address < piece.address + piece.bytes:
                    say(describe(name, heap, piece, address))
                    return
            for chunk in heap.chunks():
                if chunk.codes_at <= address < chunk.pages or heap.address <= address < heap.address + heap.value.type.sizeof:
                    say(f"{address:#x}: control data of {name}")
                    return
                end = chunk.pages + (chunk.page_count << heap.constants.page_shift)
                if chunk.pages <= address < end:
                    say(f"{address:#x}: in {name}, behind the last slot of a run: nobody's")
                    return
        say(f"{address:#x}: in no heap that is known here")


def describe(name, heap, piece, address):
    inside = address - piece.address
    where = "the start of" if inside == 0 else f"{show_bytes(inside)} inside"
    what = {"small": "a live small block", "large": "a live large block", "huge": "a live huge block",
            "free slot": "a free slot", "waits": "a freed slot, which waits before it is used again,", "free run": "free pages", "damaged": "damaged pages"}[piece.kind]
    text = f"{address:#x}: {where} {what} of {name}: {show_bytes(piece.bytes)} at {piece.address:#x}, page {piece.page:,}"
    if piece.run:
        pages, slots, slot_bytes = piece.run
        slot = (piece.address - piece.chunk.page_address(piece.page)) // slot_bytes
        text += f", slot {slot} of {slots} in a run of {pages} pages"
    return text + (f"; {piece.text}" if piece.text else "")


# --- words in memory ---

def words_of(memory, address, size, word_bytes):
    """(place, word) for each word of some memory; nothing where it cannot be read."""
    start = -(-address // word_bytes) * word_bytes
    count = (address + size - start) // word_bytes
    if count <= 0:
        return
    try:
        data = memory.read(start, count * word_bytes)
    except LayoutError:
        return
    for i in range(count):
        yield start + i * word_bytes, memory.number(data[i * word_bytes:(i + 1) * word_bytes])


class Find(Command):
    """quarry find WORD [HEAP]: live blocks that hold this word, a pointer say."""

    name = "find"

    def run(self, argument):
        value, rest = split_last(argument, "which word? quarry find WORD [HEAP]")
        found = 0
        for name, heap in heaps_of(rest):
            wanted = value & heap.constants.word_mask
            for piece in heap.pieces():
                if piece.is_live:
                    for place, word in words_of(heap.memory, piece.address, piece.bytes, heap.constants.word_bytes):
                        if word == wanted:
                            found += 1
                            if found > MOST_FOUND:
                                continue
                            say(f"{place:#x}: " + describe(name, heap, piece, place).partition(": ")[2])
        if not found:
            say("no live block holds it")
        elif found > MOST_FOUND:
            say(f"and {found - MOST_FOUND:,} more")


def roots(heap, heap_ranges):
    """Memory where pointers to blocks may lie, but no heap's: writable sections, stack and registers."""
    ranges = []
    for line in gdb.execute("maintenance info sections -all-objects ALLOC", to_string=True).splitlines():
        if "READONLY" in line or "->" not in line:
            continue
        words = line.replace("->", " ").split()
        numbers = [word for word in words if word.startswith("0x")]
        if len(numbers) >= 2:
            ranges.append((int(numbers[0], 16), int(numbers[1], 16)))
    frame = None
    try:
        frame = gdb.newest_frame()
    except gdb.error:
        pass
    if frame is not None:
        low = high = int(frame.read_register("sp")) & heap.constants.word_mask
        while frame is not None:
            high = max(high, int(frame.read_register("sp")) & heap.constants.word_mask)
            frame = frame.older()
        if high - low < 1 << 24:
            ranges.append((low, high + 256))
    for start, end in ranges:
        yield from without(start, end, heap_ranges)


def without(start, end, holes):
    for low, high in sorted(holes):
        if high <= start or low >= end:
            continue
        if low > start:
            yield start, low
        start = max(start, high)
    if start < end:
        yield start, end


def register_words(mask):
    try:
        frame = gdb.selected_frame()
        for register in frame.architecture().registers("general"):
            try:
                yield int(frame.read_register(register)) & mask
            except (gdb.error, TypeError, ValueError):
                pass
    except gdb.error:
        return


class Leaks(Command):
    """quarry leaks [HEAP]: live blocks that nothing points to: neither variables, stack and registers nor, from there,
    other blocks. A word that looks like a pointer counts as one, wherever in the block it points."""

    name = "leaks"

    def show(self, name, heap):
        blocks = sorted((piece for piece in heap.pieces() if piece.is_live), key=lambda piece: piece.address)
        lost = self.unreached(heap, blocks)
        sums = {}
        for piece in lost:
            count, first = sums.get(piece.bytes, (0, piece.address))
            sums[piece.bytes] = (count + 1, first)
        say(f"{name}: {len(lost):,} of {len(blocks):,} blocks, {show_bytes(sum(piece.bytes for piece in lost))}, "
            "have nothing that points to them")
        for size, (count, first) in sorted(sums.items(), key=lambda row: -row[0] * row[1][0]):
            say(f"  {count:6,} of {size:,} bytes, the first at {first:#x}: {contents(heap, first, size)}")

    @staticmethod
    def unreached(heap, blocks):
        import bisect
        starts = [piece.address for piece in blocks]
        reached, waiting = set(), []

        def note(word):
            at = bisect.bisect_right(starts, word) - 1
            if at >= 0 and word < blocks[at].address + max(blocks[at].bytes, 1) and at not in reached:
                reached.add(at)
                waiting.append(blocks[at])

        word_bytes = heap.constants.word_bytes
        ranges = [(chunk.address if chunk.added is not None else heap.address, chunk.address + chunk.bytes)
                  for chunk in heap.chunks()]
        for start, end in roots(heap, ranges):
            for _, word in words_of(heap.memory, start, end - start, word_bytes):
                note(word)
        for word in register_words(heap.constants.word_mask):
            note(word)
        while waiting:
            piece = waiting.pop()
            for _, word in words_of(heap.memory, piece.address, piece.bytes, word_bytes):
                note(word)
        return [piece for at, piece in enumerate(blocks) if at not in reached]


def contents(heap, address, size):
    data = heap.memory.read(address, min(size, 16))
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    return f"{data.hex(' ', 4)}  {text}"


class Check(Command):
    """quarry check [HEAP]: does the control data make sense? Where not?"""

    name = "check"

    def show(self, name, heap):
        sums = Sums(heap)
        wrong = [piece.text for piece in sums.damaged]
        stats = quarry_layout.options().get("STATS", "1") == "1"
        blocks, size = sums.live + sums.waiting, sums.live_bytes + sums.waiting_bytes
        if stats and not wrong and (blocks, size) != (heap.live_blocks(), heap.used_bytes()):
            wrong.append(f"the figures say {heap.live_blocks():,} blocks of {heap.used_bytes():,} bytes, the pages "
                         f"{blocks:,} of {size:,}; in the middle of a call they may differ by one block")
        for text in wrong:
            say(f"{name}: damaged: {text}")
        if not wrong:
            say(f"{name}: {sums.live:,} blocks, {sums.free_slots:,} free slots and {sums.free_runs:,} free runs make sense")


class Why(Command):
    """quarry why BYTES [HEAP]: would a request be served, and if not, why?"""

    name = "why"

    def run(self, argument):
        value, rest = split_last(argument, "how many? quarry why BYTES [HEAP]")
        size = max(value, 1)
        for name, heap in heaps_of(rest):
            say(f"{name}: {self.answer(heap, Sums(heap), size)}")

    @staticmethod
    def answer(heap, sums, size):
        page_bytes = heap.constants.page_bytes
        slots = [slot for slot in heap.constants.shapes if slot[0] and slot[2] >= size]
        slot_bytes = min((slot[2] for slot in slots), default=0)
        pages_bytes = -(-size // page_bytes) * page_bytes
        if slot_bytes and sums.bins.get(slot_bytes, (0, 0))[1]:
            return f"{show_bytes(size)} would fit: a slot of {slot_bytes} bytes, {sums.bins[slot_bytes][1]:,} are free"
        if sums.largest >= pages_bytes:
            return f"{show_bytes(size)} would fit: the largest free run has {sums.largest:,} bytes"
        provider = int(heap.set["source"]["provider"])
        more = "" if not provider else "; the source would be asked for a chunk"
        if sums.free_bytes >= pages_bytes:
            return (f"{show_bytes(size)} would be refused: {sums.free_bytes:,} bytes are free, but fragmented: the largest "
                    f"of {sums.free_runs:,} runs has {sums.largest:,}{more}")
        return f"{show_bytes(size)} would be refused: only {show_bytes(sums.free_bytes)} are free in whole pages{more}"


class HeapPrinter:
    """struct quarry_heap in one line."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        try:
            heap = Heap(int(self.value.address))
            heap.check_head()
            return (f"heap of {show_bytes(heap.acquired_bytes())}: {heap.shown_blocks():,} blocks, "
                    f"{show_bytes(heap.shown_bytes())} used")
        except (LayoutError, gdb.error, gdb.MemoryError, TypeError) as error:
            return f"no heap: {error}"


def pretty_printer(value):
    if value.type.strip_typedefs().tag == "quarry_heap" and value.address is not None:
        return HeapPrinter(value)
    return None


class Prefix(gdb.Command):
    """Quarry's heaps: quarry heaps, info, map, walk, block, find, leaks, check, why."""

    def __init__(self):
        super().__init__("quarry", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        raise gdb.GdbError(self.__doc__)


Prefix()
for command in (Heaps, Info, Map, Walk, Block, Find, Leaks, Check, Why):
    command()
gdb.pretty_printers.append(pretty_printer)
