#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# one_heap.py NM MAP MAP-LIBC: does a program have one heap? The linker's map of a program names the members of archives
# that are in it: none of them may be of the C library's allocator. Some of them must be in that of the second program,
# which has the allocator of the C library.

import sys

from libc_members import archives_in, members_of


members_by_archive = {}


def allocator_in(nm, name):
    archives = archives_in(name)
    if not archives:
        sys.exit(f"{name}: no member of a C library is in it")
    found = []
    for archive, taken in archives.items():
        if archive not in members_by_archive:
            members_by_archive[archive] = members_of(nm, archive)
        members = members_by_archive[archive]
        found += [member for member in sorted(taken) if member in members and members[member].is_of_allocator()]
    return found


def main():
    nm, name, name_libc = sys.argv[1:]
    found = allocator_in(nm, name)
    if found:
        sys.exit(f"{name}: a second heap: {' '.join(found)}")
    if not allocator_in(nm, name_libc):
        sys.exit(f"{name_libc}: the C library's allocator should be in it")


main()
