// SPDX-License-Identifier: MIT
//
//! What the crate uses of the C library, as include/quarry.h has it. src/layout.c compares the structs.

use core::ffi::c_void;

/// An opaque `struct quarry_heap`, for C code that uses the same heap.
#[repr(C)]
pub struct quarry_heap {
    opaque: [u8; 0],
}

/// `struct quarry_options`; null and zero are its defaults.
#[repr(C)]
pub struct Options {
    pub chunk_bytes: usize,
    pub limit_bytes: usize,
    pub context: *mut c_void,
    pub on_oom: Option<unsafe extern "C" fn(*mut c_void, *mut quarry_heap, usize) -> bool>,
    pub on_misuse: Option<unsafe extern "C" fn(*mut c_void, *const Misuse)>,
    pub entropy: usize,
}

/// `struct quarry_misuse`. The enum has one byte or four, and its least byte comes first.
#[repr(C)]
pub struct Misuse {
    pub kind: u8,
    pub heap: *mut quarry_heap,
    pub pointer: *const c_void,
    pub bytes: usize,
}

extern "C" {
    pub fn quarry_create(region: *mut c_void, region_bytes: usize, options: *const Options) -> *mut quarry_heap;
    pub fn quarry_add_region(heap: *mut quarry_heap, region: *mut c_void, region_bytes: usize) -> bool;
    pub fn quarry_malloc(heap: *mut quarry_heap, bytes: usize) -> *mut c_void;
    pub fn quarry_aligned_alloc(heap: *mut quarry_heap, align_bytes: usize, bytes: usize) -> *mut c_void;
    pub fn quarry_free_sized(heap: *mut quarry_heap, block: *mut c_void, bytes: usize);
    pub fn quarry_resize(heap: *mut quarry_heap, block: *mut c_void, bytes: usize) -> bool;
    pub fn quarry_usable_size(heap: *mut quarry_heap, block: *const c_void) -> usize;
    pub fn quarry_good_size(heap: *const quarry_heap, bytes: usize) -> usize;
    pub fn quarry_get_stats(heap: *const quarry_heap, stats: *mut crate::Stats);
    pub fn quarry_check(heap: *mut quarry_heap) -> bool;
}
