# SPDX-License-Identifier: MIT
#
# replay.py: builds replay.c with the library in a configuration, and runs it on a trace.
#
# Programs are kept in build/tools of the repository, and built again when a source has changed. The library is the one
# that `make dist` writes, compiled as it is for users.

import array
import glob
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BITS_32 = ["-m32", "-isystem", "/usr/include/x86_64-linux-gnu"]


class ReplayError(Exception):
    """Why there is no answer, as one sentence."""


class Progress:
    """A line on the standard error: rewritten on a terminal, else a new one every two seconds."""

    def __init__(self, tool):
        self.tool, self.shown, self.width = tool, time.monotonic(), 0

    def show(self, text, now=False):
        terminal = sys.stderr.isatty()
        if not now and time.monotonic() - self.shown < (0.2 if terminal else 2):
            return
        self.shown = time.monotonic()
        line = f"{self.tool}: {text}"
        sys.stderr.write(f"\r{line:{self.width}}" if terminal else line + "\n")
        sys.stderr.flush()
        self.width = len(line)

    def end(self):
        if sys.stderr.isatty() and self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()


class Configuration:
    def __init__(self, bits, page=None, level=1, align=None):
        self.bits, self.level = bits, level
        self.page = page or (64 if bits == 32 else 512)
        self.align = align or (8 if bits == 32 else 16)

    def name(self):
        return f"replay-{self.bits}-{self.page}-{self.level}-{self.align}"

    def flags(self):
        return (BITS_32 if self.bits == 32 else []) + [
            f"-DQUARRY_PAGE_BYTES={self.page}", f"-DQUARRY_CHECK_LEVEL={self.level}",
            f"-DQUARRY_ALIGN_BYTES={self.align}"]

    def text(self):
        return f"page {self.page}, level {self.level}"


def run(command, what):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
    except OSError as error:
        raise ReplayError(f"{what} needs {command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if "error" in line] or done.stdout.splitlines() or [""]
        raise ReplayError(f"{what} fails: {lines[0].strip()}")


def newest(paths):
    return max(os.path.getmtime(path) for path in paths)


def up_to_date(path, sources):
    return os.path.exists(path) and os.path.getmtime(path) >= newest(sources)


def library(folder):
    """The library as one file in the folder."""
    sources = [path for pattern in ("include/*.h", "include/*/*.h", "src/*.[ch]", "src/*/*.[ch]", "arch/*.h",
                                    "arch/*/*.h") for path in glob.glob(os.path.join(ROOT, pattern))]
    tool = os.path.join(ROOT, "tools", "amalgamate.py")
    path = os.path.join(folder, "quarry.c")
    if not up_to_date(path, sources + [tool]):
        with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as work:
            run([sys.executable, tool, work], "writing the library as one file")
            os.makedirs(os.path.join(folder, "quarry"), exist_ok=True)
            for found in glob.glob(work + "/*.h") + glob.glob(work + "/quarry/*") + [work + "/quarry.c"]:
                os.replace(found, os.path.join(folder, os.path.relpath(found, work)))
    return path


def build(configuration, progress):
    """The program for a configuration."""
    folder = os.path.join(ROOT, "build", "tools")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ReplayError(f"{folder}: {error.strerror}: programs are built there") from None
    quarry = library(os.path.join(folder, "library"))
    program = os.path.join(folder, configuration.name())
    own = [os.path.join(HERE, name) for name in ("replay.c", "models.c", "models.h", "search.h")]
    if up_to_date(program, own + [quarry]):
        return program
    progress.show(f"building the library: {configuration.text()}", now=True)
    new = f"{program}.{os.getpid()}"
    run(["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", *configuration.flags(), f"-I{os.path.dirname(quarry)}", own[0],
         own[1], quarry, "-o", new],
        f"building the library ({configuration.bits}-bit, {configuration.text()})")
    os.replace(new, program)
    return program


def write_calls(trace, path):
    """The calls of a trace as replay.c reads them."""
    words = array.array("Q", bytes(16 * len(trace)))
    words[0::2] = array.array("Q", [block << 16 | (align.bit_length() - 1) << 8 | ord(letter) for letter, block, align
                                    in zip(trace.letters, trace.blocks, trace.aligns)])
    words[1::2] = array.array("Q", trace.bytes)
    with open(path, "wb") as file:
        words.tofile(file)


def ask(program, calls, words, progress, what):
    """Runs the program; its lines, without those that say how far it is."""
    rows = []
    with subprocess.Popen([program, calls, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            row = line.rstrip("\n").split("\t")
            if row[0] == "progress":
                progress.show(f"{what}: {int(row[1]):,}")
            else:
                rows.append(row)
                progress.show(f"{what}: {len(rows):,}")
        said = process.stderr.read()
    if process.returncode != 0:
        raise ReplayError(f"{what}: the replay ends with status {process.returncode}: {said.strip()}")
    return rows
