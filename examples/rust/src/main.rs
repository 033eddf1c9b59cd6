// SPDX-License-Identifier: MIT
//
// main.rs: a whole firmware in Rust with a heap of 32 KB. To start your own, copy this folder, and write your board's
// addresses into link.ld. It speaks through the debugger (semihosting), as QEMU understands it.
#![no_std]
#![no_main]
extern crate alloc;
mod start;

use alloc::{collections::BTreeMap, format, string::String};
use core::ptr::addr_of_mut;

#[global_allocator]
static HEAP: quarry::Heap = quarry::Heap::empty();
static mut REGION: [u8; 32 * 1024] = [0; 32 * 1024];

fn semihosting(operation: usize, argument: usize) {
    unsafe { core::arch::asm!("bkpt 0xab", inout("r0") operation => _, in("r1") argument) };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        semihosting(0x18, 0x20023); // ends QEMU with status 1
    }
}

fn run() {
    unsafe { HEAP.init(addr_of_mut!(REGION) as usize, 32 * 1024) };
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    for word in "page chunk bin page".split(' ') {
        *words.entry(String::from(word)).or_insert(0) += 1;
    }
    let text = format!("{:?}, {} bytes in use\n\0", words, HEAP.used());
    semihosting(4, text.as_ptr() as usize);
    semihosting(0x18, 0x20026); // ends QEMU with status 0
}
