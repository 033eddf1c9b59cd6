// SPDX-License-Identifier: MIT
//
// start.rs: what a Cortex-M does before run(). A board's crate, cortex-m-rt say, has its own.
use core::ptr::{addr_of, addr_of_mut};

extern "C" {
    static mut data: u32; // link.ld
    static mut bss: u32;
    static bss_end: u32;
    static data_load: u32;
    static stack_end: u32;
}

unsafe extern "C" fn reset() -> ! {
    let data_words = (addr_of!(bss) as usize - addr_of!(data) as usize) / 4;
    let bss_words = (addr_of!(bss_end) as usize - addr_of!(bss) as usize) / 4;
    addr_of_mut!(data).copy_from(addr_of!(data_load), data_words);
    addr_of_mut!(bss).write_bytes(0, bss_words);
    crate::run();
    panic!()
}

#[repr(C)]
pub struct Vectors(*const u32, unsafe extern "C" fn() -> !);
unsafe impl Sync for Vectors {}

#[link_section = ".vectors"]
#[no_mangle]
pub static VECTORS: Vectors = Vectors(unsafe { addr_of!(stack_end) }, reset);
