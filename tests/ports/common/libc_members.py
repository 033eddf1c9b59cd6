# SPDX-License-Identifier: MIT
#
# libc_members.py: which members of a C library's archive are its allocator, and what they define.

import os
import re
import subprocess

# Names of the allocator, in any of its forms: malloc, _malloc_r, __malloc_lock, _cfree_r, __retarget_lock_init,
# __libc_malloc.
NAME = re.compile(r"_{0,2}(?:libc_)?(c?free|[mc]alloc|realloc|reallocf|reallocarray|p?valloc|memalign|aligned_alloc|"
                  r"posix_memalign|mallinfo|mallopt|mstats|malloc_\w+|retarget_lock_\w+)(_r)?$")

INCLUDED = re.compile(r"^(\S*lib[cg](?:_nano)?\.a)\((\S+)\)", re.MULTILINE)


def archives_in(map_name):
    """The C library's archives that the linker's map of a program names: path to the names of the members taken."""
    with open(map_name, encoding="utf-8") as file:
        text = file.read().split("\nDiscarded input sections")[0].split("\nMemory Configuration")[0]
    taken = {}
    for archive, member in INCLUDED.findall(text):
        taken.setdefault(os.path.realpath(archive), set()).add(member)
    return taken


def is_of_allocator(name):
    return NAME.match(name) is not None


class Member:
    def __init__(self, name):
        self.name, self.defined, self.wanted = name, set(), set()

    def is_of_allocator(self):
        return any(map(is_of_allocator, self.defined))


def members_of(nm, archive):
    """All members of an archive, or of a list of objects: name of the member to Member."""
    done = subprocess.run([nm, "-A", "-g", *([archive] if isinstance(archive, str) else archive)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    members = {}
    for line in done.stdout.splitlines():
        place, _, symbol = line.rpartition(" ")
        kind = place.split()[-1]
        name = place.split()[0].rstrip(":").split(":")[1 if ".a:" in place else 0]
        member = members.setdefault(name, Member(name))
        (member.wanted if kind in "Uwv" else member.defined).add(symbol)
    return members
