#!/bin/sh
# SPDX-License-Identifier: MIT
#
# crate.sh: the crate as packaging/assemble.sh puts it together builds by Debian's cargo where nothing else is. Ends with
# "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/dist" "$work/home"
touch "$work/dist/quarry.c" "$work/dist/quarry.h" # of the other packages
"$root/packaging/assemble.sh" "$work/packages" "$work/dist"
cd "$work"/packages/rust/quarry-* || exit 1
printf '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n' >"$work/home/config.toml"
export CARGO_HOME="$work/home" RUSTC=/usr/bin/rustc
unset QUARRY_DIR QUARRY_FLAGS
if timeout 300 /usr/bin/cargo build --offline >"$work/said" 2>&1 && ! grep '^warning' "$work/said" &&
    [ "$(find target -name 'libquarry-*.rlib' | wc -l)" = 1 ]; then
    echo "1 passed, 0 failed"
else
    cat "$work/said"
    echo "FAIL the crate"
    echo "0 passed, 1 failed"
    exit 1
fi
