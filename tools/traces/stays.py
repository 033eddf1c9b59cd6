# SPDX-License-Identifier: MIT
#
# stays.py: where the blocks of a replayed trace lie, for pictures.
#
# A stay is a block at one place with one size: from the call that put it there to the call that freed, moved or resized
# it. The heap at any call is the stays that began and have not ended.

import array
import shutil
import subprocess

import replay

REFUSED = (1 << 64) - 1
MOST_REFUSALS = 1000  # that are shown
MOST_OWNERS = 65535


class Owners:
    """Names of owners, by number: callers, or where the trace has none, sizes."""

    def __init__(self, trace, elf):
        self.has_callers = any(caller is not None for caller in trace.callers)
        self.keys, self.names = {}, []
        self.places = symbols(elf, {caller for caller in trace.callers if caller is not None}) if elf else {}

    def number(self, caller, size):
        key = caller if self.has_callers else size
        found = self.keys.get(key)
        if found is None:
            found = self.keys[key] = len(self.names)
            self.names.append(self.name(key))
        return found

    def name(self, key):
        if not self.has_callers:
            return f"blocks of {key:,} bytes"
        return "caller unknown" if key is None else self.places.get(key, f"{key:#x}")


def symbols(elf, addresses):
    """Function and line of each address. A caller is where the call returns to: one byte before lies in the call."""
    try:
        with open(elf, "rb") as file:
            if file.read(4) != b"\x7fELF":
                raise replay.ReplayError(f"--elf {elf}: not an ELF file")
    except OSError as error:
        raise replay.ReplayError(f"--elf {elf}: {error.strerror}") from None
    ordered = sorted(addresses)
    tools = [tool for tool in ("arm-none-eabi-addr2line", "addr2line", "llvm-addr2line", "llvm-addr2line-14")
             if shutil.which(tool)]
    if not tools:
        raise replay.ReplayError("--elf needs addr2line (Debian: llvm, or binutils)")
    for tool in tools:  # each reads the programs of some CPUs
        done = subprocess.run([tool, "-f", "-s", "-e", elf] + [hex((address & ~1) - 1) for address in ordered],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        if done.returncode == 0 and len(lines) == 2 * len(ordered):
            break
    else:
        raise replay.ReplayError(f"--elf {elf}: {tool} does not read it: {done.stderr.strip() or 'no answer'}")
    found = {address: (lines[2 * i], lines[2 * i + 1].partition(" (")[0]) for i, address in enumerate(ordered)}
    if found and all(function == "??" for function, _ in found.values()):
        raise replay.ReplayError(f"--elf {elf}: it knows none of the trace's callers: it has no symbols, or is another "
                                 "program")
    return {address: f"{function} ({place})" if function != "??" else hex(address)
            for address, (function, place) in found.items()}


class Stays:
    def __init__(self, trace, region, rows, places_path):
        self.trace, self.region = trace, region
        self.page_bytes, self.control_bytes, self.small_most = map(int, rows[0][1:])
        self.refusals = [(int(row[1]), reason(trace, row)) for row in rows if row[0] == "refused"]
        self.refusals += [(min(call, len(trace) - 1), f"{size:,} bytes, in the recorded program") for call, size, _
                          in trace.refused]
        self.refusals.sort()
        self.start, self.end = array.array("I"), array.array("I")
        self.offset, self.usable, self.asked = array.array("I"), array.array("I"), array.array("I")
        self.caller, self.owner = [], array.array("I")
        self.peak_bytes = self.peak_call = 0
        self.read(places_path)

    def read(self, path):
        places = array.array("Q")
        with open(path, "rb") as file:
            places.frombytes(file.read())
        if len(places) != 2 * len(self.trace):
            raise replay.ReplayError(f"{self.trace.path}: the replay ended early")
        trace, open_stays, now = self.trace, {}, 0
        for call, (letter, block, size) in enumerate(zip(trace.letters, trace.blocks, trace.bytes)):
            offset = places[2 * call]
            if letter != "f" and offset == REFUSED:
                continue  # the old block, if any, stays
            old = open_stays.pop(block, None)
            caller = trace.callers[call]
            if old is not None:
                self.end[old] = call
                now -= self.asked[old]
                caller = self.caller[old] if caller is None else caller
            if letter != "f":
                open_stays[block] = len(self.start)
                self.add(call, offset, places[2 * call + 1], size, caller)
                now += size
                if now > self.peak_bytes:
                    self.peak_bytes, self.peak_call = int(now), call

    def add(self, call, offset, usable, asked, caller):
        self.start.append(call)
        self.end.append(len(self.trace))
        self.offset.append(offset)
        self.usable.append(usable)
        self.asked.append(asked)
        self.caller.append(caller)

    def number_owners(self, owners):
        self.owner = array.array("I", [owners.number(caller, int(size)) for caller, size in zip(self.caller, self.asked)])

    def live_bytes(self):
        """After each call."""
        change = [0] * (len(self.trace) + 1)
        for start, end, size in zip(self.start, self.end, self.asked):
            change[start] += int(size)
            change[end] -= int(size)
        now, live = 0, []
        for step in change[:-1]:
            now += step
            live.append(now)
        return live


def reason(trace, row):
    """Why the library refused a call, from what replay.c says."""
    size, free, largest = int(row[2]), int(row[3]), int(row[4])
    if free >= size > largest:
        return f"{size:,} bytes: {free:,} are free, but only {largest:,} in one piece"
    return f"{size:,} bytes: only {free:,} are free"
