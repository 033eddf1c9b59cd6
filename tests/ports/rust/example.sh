#!/bin/sh
# SPDX-License-Identifier: MIT
#
# example.sh SYSROOT [IMAGE]: a copy of examples/rust, outside the repository, builds with Debian's cargo and boots. SYSROOT
# has core and alloc for its target, as rustup would. IMAGE is to become the image. Ends with "N passed, N failed".

set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
sysroot=$(cd "$1" && pwd)
image=${2+$(realpath "$2")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/quarry"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$work/quarry"
cp -r "$root/examples/rust" "$work/own"
cd "$work/own" || exit 1
rm -rf target
sed -i 's#\.\./\.\./ports/rust#../quarry/ports/rust#' Cargo.toml
# Debian's crates. What compilers before 1.68 have as a feature is the rule since; rustup's compiler_builtins has memcpy.
printf '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n' >>.cargo/config.toml
export RUSTC_BOOTSTRAP=1 CARGO_HOME="$work/cargo" RUSTC=/usr/bin/rustc
export RUSTFLAGS="--sysroot $sysroot -Zcrate-attr=feature(default_alloc_error_handler) -Clink-arg=-mcpu=cortex-m4 -Clink-arg=-mthumb -Clink-arg=-Wl,--start-group,-lc,-lgcc,--end-group"
if timeout 300 /usr/bin/cargo run --offline >"$work/said" 2>"$work/errors" </dev/null &&
    grep -q '{"bin": 1, "chunk": 1, "page": 2}, [1-9][0-9]* bytes in use' "$work/said" "$work/errors" &&
    ! grep -q '^warning: .*quarry' "$work/errors"; then
    [ -z "$image" ] || cp target/thumbv7em-none-eabi/debug/firmware "$image"
    echo "1 passed, 0 failed"
else
    cat "$work/said" "$work/errors"
    echo "FAIL examples/rust"
    echo "0 passed, 1 failed"
    exit 1
fi
