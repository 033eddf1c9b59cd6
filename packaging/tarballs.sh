#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tarballs.sh FOLDER: this tree as a tarball, and what Debian adds as another, as dpkg-source takes them. Both are the
# same whenever they are made.

set -eu
out=$1
root=$(cd "$(dirname "$0")/.." && pwd)
fact() { sed -n "s/^$1 = //p" "$root/packaging/package.ini"; }
version=$(fact version)
packed() { tar -c --sort=name --mtime="$(fact date) 12:00Z" --owner=0 --group=0 --numeric-owner "$@" | xz -2; }
rm -rf "$out"
mkdir -p "$out/quarry-$version"
(cd "$root" && tar -c --exclude='*.o' --exclude='*.elf' --exclude=__pycache__ Makefile CMakeLists.txt ./*.md LICENSE arch \
    docs examples include linker packaging ports src tests tools) | tar -x -C "$out/quarry-$version"
packed -C "$out" "quarry-$version" >"$out/quarry_$version.orig.tar.xz"
packed -C "$root/packaging" debian >"$out/quarry_$version-1.debian.tar.xz"
rm -r "$out/quarry-$version"
