#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sysroot.sh TARGET SYSROOT: core and alloc for a target without an operating system, compiled from Debian's rust-src
# (some 35 s of a core), as rustup installs them ready made. compiler_builtins is empty: the C compiler's libgcc has what
# code generation calls. SYSROOT/TARGET is the caller's mark that it is done.

set -eu
target=$1 sysroot=$2
libraries=$sysroot/lib/rustlib/$target/lib
source=/usr/src/rustc-1.63.0/library
mkdir -p "$libraries"
export RUSTC_BOOTSTRAP=1

# $1: crate; $2: its root
compile() {
    /usr/bin/rustc --edition 2021 --target "$target" --sysroot "$sysroot" -C opt-level=0 -C embed-bitcode=no \
        -Z force-unstable-if-unmarked --cap-lints allow --crate-type rlib --crate-name "$1" "$2" --out-dir "$libraries"
}

printf '#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n' >"$libraries/compiler_builtins.rs"
compile core $source/core/src/lib.rs
compile compiler_builtins "$libraries/compiler_builtins.rs"
compile alloc $source/alloc/src/lib.rs
