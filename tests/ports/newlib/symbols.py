#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# symbols.py NM MAP WRAP.txt OBJECT...: does the port define all that the allocator of a C library defines, so that no
# part of the latter is linked beside it? MAP is the linker's map of a program, which names the C library's archive.
#
# The allocator's own variables and helpers, named __malloc_..., need not be there; then no other part of the C library
# may want them. WRAP.txt must list each name that the objects define, but those of locks and of the port itself.

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "common"))
from libc_members import archives_in, members_of  # noqa: E402

INTERNAL = re.compile(r"__malloc_(?!lock$|unlock$)\w+$")
NOT_WRAPPED = re.compile(r"quarry_\w+|__malloc_\w+|__retarget_lock_\w+|__lock_\w+")
passed = failed = 0


def check(holds, text):
    global passed, failed
    passed += holds
    failed += not holds
    if not holds:
        print("FAIL", text)


def main():
    nm, map_name, wrap, objects = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    libc, = archives_in(map_name)
    port = set().union(*(member.defined for member in members_of(nm, objects).values()))
    members = members_of(nm, libc).values()
    of_allocator = [member for member in members if member.is_of_allocator()]
    check(len(of_allocator) >= 10, f"{libc}: only {len(of_allocator)} members of an allocator")
    internal = set()
    for member in of_allocator:
        for symbol in sorted(member.defined):
            if INTERNAL.match(symbol):
                internal.add(symbol)
            else:
                check(symbol in port, f"{libc}: {member.name} defines {symbol}, the port does not")
    for member in members:
        if member not in of_allocator:
            check(not member.wanted & internal, f"{libc}: {member.name} wants {' '.join(member.wanted & internal)}")
    with open(wrap, encoding="utf-8") as file:
        wrapped = set(re.findall(r"^-Wl,--wrap=(\w+)$", file.read(), re.MULTILINE))
    # picolibc has no names with _r: what is more than the port defines here is wrapped for nothing, and harmless.
    defined = {symbol for symbol in port if not NOT_WRAPPED.fullmatch(symbol)}
    check(defined <= wrapped, f"{wrap} lacks {' '.join(sorted(defined - wrapped))}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
