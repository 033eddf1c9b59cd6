// SPDX-License-Identifier: MIT
fn main() {
    println!("cargo:rustc-link-arg=-Tlink.ld");
    println!("cargo:rustc-link-arg=-nostartfiles");
    println!("cargo:rerun-if-changed=link.ld");
}
