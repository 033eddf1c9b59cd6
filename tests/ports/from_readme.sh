#!/bin/sh
# SPDX-License-Identifier: MIT
#
# from_readme.sh PORT: what ports/PORT/README.md says is enough. In an empty folder that has the repository as quarry/,
# each block of the README whose first line is a comment with a file's name becomes that file, and the blocks marked sh
# are run, in order. Nothing else is there. Passes if every command succeeds. Ends with "N passed, N failed".

set -u
port=$1
# Not the flags of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/quarry" "$work/new"
(cd "$root" && tar cf - --exclude=./build --exclude=./.git --exclude=target .) | tar xf - -C "$work/quarry"
# What is built already for a process, for a Cortex-M4, and as two files, need not be built again.
for built in build/hosted build/armv7em build/dist; do
    [ ! -d "$root/$built" ] || (cd "$root" && tar cf - "$built") | tar xf - -C "$work/quarry"
done
ln -s "$work/quarry" "$work/new/quarry"
awk -v folder="$work/new" '
/^```/ && inside { inside = 0; next }
/^```/ { inside = 1; language = substr($0, 4); first = 1; file = ""; blocks++; next }
inside && first && language != "sh" {
    first = 0
    if (match($0, /[A-Za-z0-9_.\/-]+\.[a-z]+/)) file = folder "/" substr($0, RSTART, RLENGTH)
    if (file ~ /\/src\//) system("mkdir -p " folder "/src")
    if (file ~ /\/\.cargo\//) system("mkdir -p " folder "/.cargo")
}
inside && language == "sh" { print > (folder "/../commands") }
inside && language != "sh" && file != "" { print > file }
' "$root/ports/$port/README.md"
if [ -s "$work/commands" ] && (cd "$work/new" && sh -eux "$work/commands" >"$work/log" 2>&1); then
    echo "1 passed, 0 failed"
else
    cat "$work/log" 2>/dev/null
    echo "FAIL the lines of ports/$port/README.md"
    echo "0 passed, 1 failed"
    exit 1
fi
