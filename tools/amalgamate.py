#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# amalgamate.py FOLDER: writes the library as two files, FOLDER/quarry.c and FOLDER/quarry.h. Beside them, for those who
# want the calls of a library on the core (ON_CORE), its header as it is, FOLDER/quarry/emalloc.h, and a file that is
# compiled instead of quarry.c, FOLDER/quarry_emalloc.c.
#
# quarry.h is include/quarry.h with the configuration header in place. quarry.c is every file of src/, src/debug/,
# src/cores/ and src/events/ in one, and quarry_emalloc.c includes it, unless that has been done, and has every file of
# src/emalloc/: headers where they are first included, then the .c files, those with the fewest layers below them first.
# Static names that another file has too get their file's name in front. A file's own macros end with it. Instead of an
# include path, the compiler's predefined macros choose the port of the CPU; the text that goes into quarry.c (HEAD) says
# how.

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"')
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|endif)")
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1$", re.MULTILINE)

HEAD = """/* SPDX-License-Identifier: MIT
 *
 * quarry.c: Quarry, a memory allocator for bare metal, in one file. Compile it and include quarry.h. Made by
 * `make dist`; not to be edited.
 *
 * Options: see the beginning of quarry.h. Give this file and every file that includes quarry.h the same ones.
 *
 * The CPU's port (how to mask interrupts, whether there are atomics) is chosen by what the compiler says:
 *   - ARM M profile: always the CPU's own port, since no process runs on these;
 *   - __unix__, __APPLE__ or _WIN32 is defined: port "hosted", for a process, which has no interrupts to mask;
 *   - otherwise the CPU's own port.
 * A kernel that is built with a compiler for processes, with -ffreestanding or not, names its port by the folder of
 * arch/, e.g. -DQUARRY_PORT=QUARRY_PORT_X86_64. -DQUARRY_PORT_HEADER='"my_port.h"' names a port of your own; what it must
 * define is listed below, at arch.h.
 */
"""

# clang warns of unused static inline functions unless they come from a header; here they no longer do.
BEGIN = """#define QUARRY_C

#include "quarry.h"

#pragma GCC diagnostic ignored "-Wunused-function"

"""

# The libraries on the core: folders of src/, each with a header in include/quarry.
ON_CORE = ("caps", "emalloc")

HEAD_ON_CORE = """/* SPDX-License-Identifier: MIT
 *
 * quarry_NAME.c: Quarry with the calls of quarry/NAME.h, in one file. Compile it instead of quarry.c, which it
 * includes. A program that wants the calls of several such files compiles one that includes them all. Made by
 * `make dist`; not to be edited.
 */
#ifndef QUARRY_C
#include "quarry.c"
#endif

"""

PORT = re.compile(r'^#(?:el)?if (.*)\n"(\w+)"$', re.MULTILINE)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


def lines_of(path):
    """The lines of a file, each with the number of conditions that it stands under, its include guard apart."""
    text = read(path)
    conditions = -1 if GUARD.search(text) else 0
    for line in text.splitlines():
        match = CONDITION.match(line)
        conditions += match is not None and match.group(1) == "if"
        yield line, conditions
        conditions -= match is not None and match.group(1) == "endif"


class Inliner:
    """Replaces includes of the project's files by their text, the first time, and drops them later. What stands under a
    condition is not there for all, so it does not count as the first time: include guards drop the second one."""

    def __init__(self, folders, special):
        self.folders, self.special, self.seen = folders, special, set()

    def find(self, name, folder):
        for place in [folder] + self.folders:
            path = os.path.normpath(os.path.join(place, name))
            if os.path.exists(os.path.join(ROOT, path)):
                return path
        sys.exit(f"{folder}: {name} is not there")

    def expand(self, path, is_conditional=False):
        if path in self.seen:
            return ""
        if not is_conditional:
            self.seen.add(path)
        lines = []
        for line, conditions in lines_of(path):
            match = INCLUDE.match(line)
            if match is None:
                lines.append(line)
            elif match.group(1) in self.special:
                lines.append(self.special[match.group(1)])
            else:
                found = self.find(match.group(1), os.path.dirname(path))
                lines.append(self.expand(found, is_conditional or conditions > 0))
        title = "/* ---- " + path + " " + "-" * max(3, 100 - len(path)) + " */\n"
        body = re.sub(r"^/\* SPDX-License-Identifier: MIT\n \*\n \*", "/*", "\n".join(lines))
        return title + "\n" + body.strip("\n") + "\n"


def ports():
    """Folders of arch/ and the macros by which each is recognised, in the order in which they are asked."""
    return [(folder, macros) for macros, folder in PORT.findall(read("arch/ports.h"))]


def port_choice():
    """The text that stands for #include "arch_port.h"."""
    names = ["QUARRY_PORT_" + folder.upper() for folder, _ in ports()]
    text = [f"#define {name} {number}" for number, name in enumerate(names, 1)]
    text += ["#if !defined(QUARRY_PORT) && !defined(QUARRY_PORT_HEADER)"]
    for (_, macros), name in zip(ports(), names):
        text += [("#if " if name == names[0] else "#elif ") + macros, "#define QUARRY_PORT " + name]
    text += ["#endif", "#endif", "#ifdef QUARRY_PORT_HEADER", "#include QUARRY_PORT_HEADER", "#elif !defined(QUARRY_PORT)",
             '#error "Quarry has no port for this CPU: define QUARRY_PORT_HEADER"']
    for (folder, _), name in zip(ports(), names):
        text += ["#elif QUARRY_PORT == " + name, Inliner([], {}).expand("arch/" + folder + "/arch_port.h")]
    text += ["#else", '#error "QUARRY_PORT must be one of ' + " ".join(names) + '"', "#endif"]
    return "\n".join(text)


STATIC = re.compile(r"^(?:static|BITS_INLINE)\b[^;=({]*?\b(\w+)(?:\[[^\]]*\])*\s*[(=;{]", re.MULTILINE)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)


def statics(path):
    return set(STATIC.findall(read(path)))


def renamed(text, names):
    """The text with other names, but in comments and for members of structs."""
    for name, new in names.items():
        parts = re.split(r"(/\*.*?\*/)", text, flags=re.DOTALL)
        parts[::2] = [re.sub(rf"(?<!->)(?<!\.)\b{name}\b", new, part) for part in parts[::2]]
        text = "".join(parts)
    return text


def files_of(pattern):
    return [os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, pattern))]


def wrapped(path, sources):
    """The text of one .c file, keeping its private names to itself. What it includes first goes before it."""
    others = files_of("src/*.[ch]") + files_of("src/*/*.[ch]")
    others.remove(path)
    before = "".join(
        sources.expand(sources.find(match.group(1), os.path.dirname(path)))
        for match in (INCLUDE.match(line) for line, conditions in lines_of(path) if conditions == 0)
        if match and match.group(1) not in sources.special)
    shared = sorted(name for name in statics(path) if any(name in statics(other) for other in others))
    stem = os.path.splitext(os.path.basename(path))[0]
    text = [before, renamed(sources.expand(path), {name: f"{stem}_{name}" for name in shared})]
    text += [f"#undef {name}" for name in sorted(set(MACRO.findall(read(path))))]
    return "\n".join(text) + "\n"


def depth(path, cache):
    """How many layers stand below a source file."""
    if path not in cache:
        cache[path] = 0
        folder, below = os.path.dirname(path), []
        for line in read(path).splitlines():
            match = INCLUDE.match(line)
            if match and os.path.exists(os.path.join(ROOT, folder, match.group(1))):
                below.append(depth(os.path.normpath(os.path.join(folder, match.group(1))), cache) + 1)
        cache[path] = max(below, default=0)
    return cache[path]


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(re.sub(r"\n{3,}", "\n\n", text))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: amalgamate.py FOLDER")
    folder = sys.argv[1]
    os.makedirs(os.path.join(folder, "quarry"), exist_ok=True)
    config = Inliner(["include"], {"quarry_config.h": Inliner([], {}).expand("include/quarry_config.h")})
    header = config.expand("include/quarry.h")
    write(os.path.join(folder, "quarry.h"), "/* SPDX-License-Identifier: MIT */\n" + header)

    sources = Inliner(["include"], {"arch_port.h": port_choice(), "quarry.h": "", "quarry_config.h": ""})
    cache = {}

    def sources_of(*patterns):
        files = sorted(sum(map(files_of, patterns), []), key=lambda path: (depth(path, cache), path))
        return "\n".join(wrapped(path, sources) for path in files)

    write(os.path.join(folder, "quarry.c"), HEAD + BEGIN + sources_of("src/*.c", "src/debug/*.c", "src/cores/*.c", "src/events/*.c"))
    in_core = set(sources.seen)
    for name in ON_CORE:
        write(os.path.join(folder, "quarry", name + ".h"), read(f"include/quarry/{name}.h"))
        sources.seen = set(in_core)
        write(os.path.join(folder, f"quarry_{name}.c"),
              HEAD_ON_CORE.replace("NAME", name) + sources_of(f"src/{name}/*.c"))


if __name__ == "__main__":
    main()
