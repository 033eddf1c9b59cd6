# SPDX-License-Identifier: MIT
#
# trace_text.py: reads a trace (tests/traces/README.md) and refuses what is none, in one sentence with file and line.

LETTERS = {b"a": 3, b"c": 3, b"m": 4, b"r": 3, b"f": 2, b"x": 2}  # words of a line
MOST_BYTES = 1 << 63
FORMS = '"a ID BYTES", "c ID BYTES", "m ID ALIGN BYTES", "r ID BYTES", "f ID" or "x BYTES"'


class TraceError(Exception):
    """What is wrong with a file, as one sentence."""


class Trace:
    """Lists with an entry for each call. names: of blocks in the file; blocks: from 0 in order of their first call."""

    def __init__(self, path):
        self.path = path
        self.letters, self.names, self.blocks, self.aligns, self.bytes, self.callers, self.lines = ([] for _ in range(7))
        self.refused = []  # requests that the recorded program was refused: number of the next call, bytes, caller
        self.block_count = self.peak_bytes = self.peak_blocks = self.peak_call = 0
        self.comments = []

    def __len__(self):
        return len(self.letters)

    def place(self, call):
        return f"call {call + 1:,} (line {self.lines[call]:,})"


class Reader:
    """Reads line by line; live has [bytes, line] of each live block by its number in the file."""

    def __init__(self, path):
        self.trace = Trace(path)
        self.line, self.now, self.live, self.freed, self.numbers = 0, 0, {}, {}, {}

    def refuse(self, why):
        raise TraceError(f"{self.trace.path}:{self.line}: {why}")

    def number(self, word, text):
        if not word.isdigit() or len(word) > 30:
            self.refuse(f"{show(word)} is no number in {show(text)}")
        return int(word)

    def read_line(self, text, is_last):
        words = text.split()
        caller = None
        if len(words) > 1 and words[-1][:1] == b"@":
            try:
                caller = int(words.pop()[1:], 16)
            except ValueError:
                self.refuse(f"{show(text)} ends in no address")
        if not words or LETTERS.get(words[0]) != len(words):
            if is_last and words and words[0] in LETTERS:
                self.refuse(f"the file ends within a call: {show(text)}")
            self.refuse(f"{show(text)} is no call of a trace: a line is {FORMS}")
        letter = words[0].decode()
        numbers = [self.number(word, text) for word in words[1:]]
        if letter != "f" and numbers[-1] >= MOST_BYTES:
            self.refuse(f"asks for {numbers[-1]:,} bytes, which no address space has")
        if letter == "x":
            self.trace.refused.append((len(self.trace), numbers[0], caller))
            return
        align = numbers[1] if letter == "m" else 1
        if align == 0 or align & (align - 1) or align >= MOST_BYTES:
            self.refuse(f"the alignment {align} is no power of two, or too large")
        self.add(letter, numbers[0], align, 0 if letter == "f" else max(numbers[-1], 1), caller)

    def add(self, letter, name, align, size, caller):
        trace = self.trace
        old = self.live.get(name)
        if letter in "rf" and old is None:
            past = f"was freed in line {self.freed[name]:,}" if name in self.freed else "was never allocated"
            self.refuse(f"block {name} is {'freed' if letter == 'f' else 'resized'}, but {past}")
        if letter in "acm" and old is not None:
            self.refuse(f"block {name} is allocated, but is live since line {old[1]:,}")
        if old is not None:
            self.now -= old[0]
        if letter == "f":
            del self.live[name]
            self.freed[name] = self.line
        else:
            self.live[name] = (size, self.line)
            self.now += size
        trace.letters.append(letter)
        trace.names.append(name)
        trace.blocks.append(self.numbers.setdefault(name, len(self.numbers)))
        trace.aligns.append(align)
        trace.bytes.append(size)
        trace.callers.append(caller)
        trace.lines.append(self.line)
        if self.now > trace.peak_bytes:
            trace.peak_bytes, trace.peak_call = self.now, len(trace) - 1
        trace.peak_blocks = max(trace.peak_blocks, len(self.live))

    def read(self, data):
        if not data:
            raise TraceError(f"{self.trace.path}: the file is empty")
        lines = data.split(b"\n")
        for self.line, text in enumerate(lines, 1):
            if text.startswith(b"#"):
                self.trace.comments.append(text[1:].strip().decode("utf-8", "replace"))
            elif text.strip():
                if not text.isascii() or b"\0" in text:
                    self.refuse("binary data, not the text of a trace")
                self.read_line(text, self.line == len(lines))
        if not len(self.trace):
            raise TraceError(f"{self.trace.path}: there is no call in it")
        self.trace.block_count = len(self.numbers)
        return self.trace


def show(text):
    """Part of a line, in quotes, without what a terminal would obey."""
    text = text.strip().decode("ascii", "replace")
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return "'" + (text if len(text) <= 40 else text[:40] + "...") + "'"


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from None
    return Reader(path).read(data)
