#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# bad_traces.py TOOL...: what is no trace is refused with one sentence that names file and line. Every kind is read
# here; a few are given to each TOOL too (a command to which the trace's name is added), whose only output must be that
# sentence. Ends with "N passed, N failed".

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "traces"))
import trace_text  # noqa: E402

# What the file has; what is said behind the file's name; whether the tools get it too.
CASES = [
    (b"", ": the file is empty", True),
    (b"\n\n", ": there is no call in it", False),
    (b"# a comment\n", ": there is no call in it", False),
    (b"a 1 10\nf 2\n", ":2: block 2 is freed, but was never allocated", True),
    (b"a 1 10\nf 1\nf 1\n", ":3: block 1 is freed, but was freed in line 2", False),
    (b"a 1 10\nf 1\nr 1 20\n", ":3: block 1 is resized, but was freed in line 2", False),
    (b"a 1 10\n\na 1 10\n", ":3: block 1 is allocated, but is live since line 1", False),
    (b"a 1 10\nq 1 10\n", ":2: 'q 1 10' is no call of a trace: a line is .*", False),
    (b"a 1 10\na 2 -5\n", ":2: '-5' is no number in 'a 2 -5'", False),
    (b"a 1 10\na 2 1_0\n", ":2: '1_0' is no number in 'a 2 1_0'", False),
    (b"a 1 10\na 2 " + 400 * b"9" + b"\n", ":2: '9*[.]{3}' is no number in .*", False),
    (b"m 1 24 10\n", ":1: the alignment 24 is no power of two, or too large", False),
    (b"m 1 0 10\n", ":1: the alignment 0 is no power of two, or too large", False),
    (b"m 1 18446744073709551616 10\n", ":1: the alignment 1844\\d* is no power of two, or too large", False),
    (b"a 1 10 @zz\n", ":1: 'a 1 10 @zz' ends in no address", False),
    (b"a 1 99999999999999999999\n", ":1: asks for 99,999,999,999,999,999,999 bytes, which no address space has", False),
    (b"a 1 10\na 2", ":2: the file ends within a call: 'a 2'", False),
    (b"a 1 10\n\177ELF\1\2\0\0\377", ":2: binary data, not the text of a trace", True),
    (100000 * b"\0", ":1: binary data, not the text of a trace", False),
    (b"a 1 10\n" + 1000 * b"0" + b"7\n", ":2: '0*[.]{3}' is no call of a trace: .*", False),
    (b"a 1 10\n\033[31mred\n", ":2: '[?]\\[31mred' is no call of a trace: .*", False),
    (b"f\n", ":1: 'f' is no call of a trace: .*", False),
]
# The trace reader takes this; the tools have no region for it.
HUGE = (b"a 1 10\na 2 1099511627776\n", ": 1,099,511,627,786 bytes are live at call 2 \\(line 2\\); regions of less than .*")


class Test:
    def __init__(self, path):
        self.path, self.passed, self.failed = path, 0, 0

    def verdict(self, good, what, said):
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        if not good:
            print(f"FAIL {what}: {said}")

    def write(self, data):
        with open(self.path, "wb") as file:
            file.write(data)

    def read(self, data, pattern):
        self.write(data)
        try:
            said = f"{len(trace_text.read(self.path))} calls"
        except trace_text.TraceError as error:
            said = str(error)
        self.verdict(re.fullmatch(re.escape(self.path) + pattern, said) is not None, pattern, said)

    def run(self, tool, data, pattern):
        if data is not None:
            self.write(data)
        done = subprocess.run(tool.split() + [self.path], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, text=True, check=False)
        wanted = f"{tool.split()[0]}: {re.escape(self.path)}{pattern}\n"
        self.verdict(done.returncode == 1 and re.fullmatch(wanted, done.stdout) is not None, f"{tool}: {pattern}",
                     done.stdout)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Test(os.path.join(folder, "bad"))
        for data, pattern, _ in CASES:
            test.read(data, pattern)
        test.write(b"# from a board\r\na 1 10 @8000123\r\nx 70 @8000200\r\nf 1\r\n")
        trace = trace_text.read(test.path)
        found = (trace.letters, trace.callers, trace.refused, trace.comments, trace.peak_bytes, trace.lines)
        wanted = (["a", "f"], [0x8000123, None], [(1, 70, 0x8000200)], ["from a board"], 10, [2, 4])
        test.verdict(found == wanted, "callers, refused requests and comments", found)
        for tool in sys.argv[1:]:
            for data, pattern, is_for_tools in CASES:
                if is_for_tools:
                    test.run(tool, data, pattern)
            test.run(tool, *HUGE)
            os.remove(test.path)
            test.run(tool, None, ": No such file or directory")
            os.mkdir(test.path)
            test.run(tool, None, ": Is a directory")
            os.rmdir(test.path)
        print(f"{test.passed} passed, {test.failed} failed")
        sys.exit(1 if test.failed else 0)


if __name__ == "__main__":
    main()
