#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# one_heap.py NM MAP MAP-LIBC: does a program have one heap? The linker's map of a program names the members of archives
# that are in it: none of them may be of the C library's allocator. Some of them must be in that of the second program,
# which has the allocator of the C library.
#
# one_heap.py --names NM PROGRAM PROGRAM-LIBC ...: the same by the names in pairs of programs, where no map tells it: the
# linker leaves out functions that nothing calls, or the C library is shared. What a program takes from a shared library
# counts, and so does what a static program defines. Ends with "N passed, N failed".

import subprocess
import sys

from libc_members import archives_in, is_of_allocator, members_of


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


def names_of(nm, name):
    """What a program takes from shared libraries; all of a static one's."""
    done = subprocess.run([nm, "-D", "-u", name], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if not done.stdout:
        done = subprocess.run([nm, name], check=True, stdout=subprocess.PIPE, text=True)
    names = (line.split()[-1].split("@")[0] for line in done.stdout.splitlines())
    return [name for name in names if is_of_allocator(name)]


def look_at_names(nm, programs):
    failed = 0
    for name, name_libc in zip(programs[::2], programs[1::2], strict=True):
        found, found_libc = names_of(nm, name), names_of(nm, name_libc)
        if found:
            print(f"FAIL {name}: a second heap: {' '.join(found)}")
        elif not found_libc:
            print(f"FAIL {name_libc}: the C library's allocator should be in it")
        failed += bool(found) or not found_libc
    print(f"{len(programs) // 2 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def main():
    if sys.argv[1] == "--names":
        look_at_names(sys.argv[2], sys.argv[3:])
    nm, name, name_libc = sys.argv[1:]
    found = allocator_in(nm, name)
    if found:
        sys.exit(f"{name}: a second heap: {' '.join(found)}")
    if not allocator_in(nm, name_libc):
        sys.exit(f"{name_libc}: the C library's allocator should be in it")


main()
