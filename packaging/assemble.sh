#!/bin/sh
# SPDX-License-Identifier: MIT
#
# assemble.sh FOLDER DIST: puts what each package manager takes into FOLDER, from this tree and the two-file version of
# the library in DIST: all but Debian's, see tarballs.sh. Manifests lie here, and go where the tool looks for them.

set -eu
out=$1
dist=$2
root=$(cd "$(dirname "$0")/.." && pwd)
fact() { sed -n "s/^$1 = //p" "$root/packaging/package.ini"; }
version=$(fact version)
rm -rf "$out"

# $1: folder of the manifests, $2: folder of the package, $3: of its sources, $4: of its headers.
two_files() {
    mkdir -p "$out/$2/$3" "$out/$2/$4"
    cp -r "$root/packaging/$1/." "$out/$2"
    cp "$root/LICENSE" "$root/README.md" "$root/CHANGELOG.md" "$out/$2"
    cp "$dist/quarry.c" "$out/$2/$3"
    cp "$dist/quarry.h" "$out/$2/$4"
}
two_files arduino arduino/Quarry src src
two_files platformio platformio/quarry src src
two_files esp-idf esp-idf/quarry . include
two_files cmsis "cmsis/Quarry.Quarry.$version" src include
cp -r "$root/packaging/meson" "$out/meson"

# The crate for Rust has the library's sources beside it.
crate=$out/rust/quarry-$version
mkdir -p "$crate/quarry"
cp -r "$root/ports/rust/Cargo.toml" "$root/ports/rust/build.rs" "$root/ports/rust/README.md" "$root/ports/rust/src" "$crate"
cp "$root/LICENSE" "$crate"
cp -r "$root/include" "$root/src" "$crate/quarry"
(cd "$root" && tar cf - arch/*.h arch/*/*.h) | tar xf - -C "$crate/quarry"
