// SPDX-License-Identifier: MIT
//
// build.rs: compiles the C library for the target, with the C compiler that the crate cc finds for it (CC_<target> and
// CFLAGS_<target> name another), and checks at compile time that it agrees with src/ffi.rs (src/layout.c).
//
// Environment: QUARRY_DIR names the library's folder; QUARRY_FLAGS has its options, e.g. "-DQUARRY_CHECK_LEVEL=2".

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn library_folder() -> PathBuf {
    println!("cargo:rerun-if-env-changed=QUARRY_DIR");
    if let Some(folder) = env::var_os("QUARRY_DIR") {
        return PathBuf::from(folder);
    }
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let beside = here.join("quarry");
    if beside.join("src/quarry.c").exists() {
        beside
    } else {
        here.join("../..")
    }
}

/// The folder of arch/ for a target: by its name, as Rust has one for each kind of CPU.
fn port(target: &str) -> &'static str {
    let starts = |names: &[&str]| names.iter().any(|name| target.starts_with(name));
    if !target.contains("-none") && !target.contains("-unknown-uefi") {
        return "hosted";
    }
    match target {
        _ if starts(&["thumbv6m"]) => "armv6m",
        _ if starts(&["thumbv7m"]) => "armv7m",
        _ if starts(&["thumbv7em"]) => "armv7em",
        _ if starts(&["thumbv8m"]) => "armv8m",
        _ if starts(&["armv4t", "armv5te"]) => "armv5te",
        _ if starts(&["armv6"]) => "armv6",
        _ if starts(&["armv7a", "armv8a"]) => "armv7a",
        _ if starts(&["armv7r", "armebv7r", "armv8r"]) => "armv7r",
        _ if starts(&["aarch64"]) => "aarch64",
        _ if starts(&["riscv32"]) => "riscv32",
        _ if starts(&["riscv64"]) => "riscv64",
        _ if starts(&["x86_64"]) => "x86_64",
        _ if starts(&["i386", "i586", "i686"]) => "i386",
        _ => panic!("Quarry has no port for the target {target}: arch/ lists its ports"),
    }
}

/// Where memory is not mapped yet unaligned accesses fault, and compilers make them out of neighbouring stores.
fn port_flags(port: &str) -> &'static [&'static str] {
    match port {
        "armv5te" => &["-marm"],
        "armv6" => &["-marm", "-mno-unaligned-access"],
        "armv7a" | "armv7r" => &["-mno-unaligned-access"],
        "aarch64" => &["-mstrict-align", "-mgeneral-regs-only"],
        "x86_64" | "i386" => &["-mgeneral-regs-only"],
        _ => &[],
    }
}

/// The C files of a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder);
    let mut files: Vec<PathBuf> = read
        .unwrap_or_else(|error| panic!("QUARRY_DIR, {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().map_or(false, |ending| ending == "c"))
        .collect();
    files.sort();
    files
}

fn main() {
    let folder = library_folder();
    let target = env::var("TARGET").unwrap();
    let port = port(&target);
    println!("cargo:rerun-if-env-changed=QUARRY_FLAGS");
    println!("cargo:rerun-if-changed={}", folder.join("src").display());
    println!("cargo:rerun-if-changed={}", folder.join("include").display());
    println!("cargo:rerun-if-changed=src/layout.c");

    // What src/lock.rs asks: which CPU's interrupts it can mask.
    match port {
        "armv6m" | "armv7m" | "armv7em" | "armv8m" => println!("cargo:rustc-cfg=quarry_cpu=\"cortex_m\""),
        "riscv32" | "riscv64" => println!("cargo:rustc-cfg=quarry_cpu=\"riscv\""),
        _ => {}
    }

    let mut build = cc::Build::new();
    build.files(sources(&folder.join("src"))).files(sources(&folder.join("src/debug")));
    build.files(sources(&folder.join("src/cores"))).files(sources(&folder.join("src/events")));
    build.file("src/layout.c");
    build.include(folder.join("include")).include(folder.join("arch").join(port));
    build.opt_level(2).flag("-std=c11").flag("-ffreestanding").flag("-ffunction-sections");
    for flag in port_flags(port) {
        build.flag(flag);
    }
    for flag in env::var("QUARRY_FLAGS").unwrap_or_default().split_whitespace() {
        build.flag(flag);
    }
    build.compile("quarry");
}
