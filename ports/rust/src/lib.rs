// SPDX-License-Identifier: MIT
//
//! Quarry as Rust's global allocator: a page, chunk and bin allocator for bare metal, with bounded time.
//!
//! ```no_run
//! #[global_allocator]
//! static HEAP: quarry::Heap = quarry::Heap::empty();
//!
//! # fn main() {
//! static mut REGION: [u8; 64 * 1024] = [0; 64 * 1024];
//! unsafe { HEAP.init(core::ptr::addr_of_mut!(REGION) as usize, 64 * 1024) };
//! # }
//! ```
//!
//! A call that cannot be served answers null, which `Vec::try_reserve` and its like return as an error; what else
//! happens is the program's `alloc_error_handler`. Contents are copied and cleared without the lock.
#![no_std]
#![cfg_attr(feature = "allocator_api", feature(allocator_api))]
#![warn(missing_docs)]
// quarry_cpu is of build.rs; compilers before 1.80 do not know the lint.
#![allow(unknown_lints, unexpected_cfgs)]

#[allow(missing_docs, non_camel_case_types)]
mod ffi;
mod lock;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr;

pub use ffi::quarry_heap;
#[cfg(any(quarry_cpu = "cortex_m", quarry_cpu = "riscv"))]
pub use lock::Interrupts;
#[cfg(not(target_os = "none"))]
pub use lock::Spin;
pub use lock::{DefaultLock, Lock};

/// A heap's figures, in bytes unless said otherwise: `struct quarry_stats` of the C library.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All regions, control data included.
    pub acquired_bytes: usize,
    /// The most that it ever was.
    pub acquired_peak_bytes: usize,
    /// Sum of the usable sizes of live blocks.
    pub used_bytes: usize,
    /// The most that it ever was.
    pub used_peak_bytes: usize,
    /// Pages in no use.
    pub free_bytes: usize,
    /// A request of this size is served.
    pub largest_free_bytes: usize,
    /// 0: there is none.
    pub limit_bytes: usize,
    /// How many blocks are live.
    pub blocks: usize,
    /// How many regions there are.
    pub chunks: usize,
    /// How many requests were answered null.
    pub failures: usize,
    /// Regions less control data: what blocks could ever have of them.
    pub capacity_bytes: usize,
    /// How many blocks were handed out so far; it wraps.
    pub requests: usize,
    /// How many of them were freed so far; it wraps.
    pub frees: usize,
    /// How many runs of free pages there are.
    pub free_runs: usize,
    /// The shortest of them; 0: there is none.
    pub smallest_free_bytes: usize,
}

/// What a caller did wrong. Unsafe code can; safe Rust cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MisuseKind {
    /// The block is free already.
    DoubleFree,
    /// Inside a block, or never from this heap.
    InvalidPointer,
    /// Freed with another size than the block's (from check level 2).
    WrongSize,
    /// A block was written beyond its end (from check level 3).
    Overrun,
    /// Free memory was written to (from check level 3).
    WriteAfterFree,
    /// Control data, or a link in free memory, makes no sense.
    Corrupt,
    /// A callback called the heap that called it.
    Reentry,
}

/// What was found, and where.
#[derive(Clone, Copy, Debug)]
pub struct Misuse {
    /// What a caller did wrong.
    pub kind: MisuseKind,
    /// The pointer in question, or the damaged place.
    pub pointer: *const u8,
    /// The size that the caller named, where there is one; otherwise 0.
    pub bytes: usize,
}

/// A heap in regions of memory. It is a pointer to a heap that lies in its first region.
pub struct Heap<L: Lock = DefaultLock> {
    heap: UnsafeCell<*mut quarry_heap>,
    on_misuse: Option<fn(&Misuse)>,
    lock: PhantomData<fn() -> L>,
}

// The pointer, and what it points to, are only used between the lock's acquire and release.
unsafe impl<L: Lock> Sync for Heap<L> {}
unsafe impl<L: Lock> Send for Heap<L> {}

/// Releases the lock, also if a call panics.
struct Held<L: Lock>(L::State);

impl<L: Lock> Held<L> {
    fn acquire() -> Self {
        Held(unsafe { L::acquire() })
    }
}

impl<L: Lock> Drop for Held<L> {
    fn drop(&mut self) {
        unsafe { L::release(self.0) }
    }
}

unsafe extern "C" fn report(context: *mut c_void, misuse: *const ffi::Misuse) {
    let kind = match (*misuse).kind {
        1 => MisuseKind::DoubleFree,
        2 => MisuseKind::InvalidPointer,
        3 => MisuseKind::WrongSize,
        4 => MisuseKind::Overrun,
        5 => MisuseKind::WriteAfterFree,
        7 => MisuseKind::Reentry,
        _ => MisuseKind::Corrupt,
    };
    let on_misuse = core::mem::transmute::<*mut c_void, fn(&Misuse)>(context);
    on_misuse(&Misuse { kind, pointer: (*misuse).pointer as *const u8, bytes: (*misuse).bytes });
}

impl<L: Lock> Heap<L> {
    /// A heap without memory: every request is answered null until `init`. A misuse stops the CPU with a trap
    /// instruction (`quarry_panic`, which C code may define).
    pub const fn empty() -> Self {
        Heap { heap: UnsafeCell::new(ptr::null_mut()), on_misuse: None, lock: PhantomData }
    }

    /// The same, with a function that is told of a misuse, under the lock. It must not use the heap. It may panic where
    /// a panic does not unwind. If it returns, the call that was misused changes nothing.
    pub const fn with_misuse(on_misuse: fn(&Misuse)) -> Self {
        Heap { heap: UnsafeCell::new(ptr::null_mut()), on_misuse: Some(on_misuse), lock: PhantomData }
    }

    /// Makes the heap in `size` bytes from `start_addr` on; any address and length. Answers false, and nothing changes,
    /// if the region is too short (some 700 bytes on 32-bit targets) or the heap has one already.
    ///
    /// # Safety
    /// The region is valid memory, used by nobody else from now on.
    pub unsafe fn init(&self, start_addr: usize, size: usize) -> bool {
        let context = self.on_misuse.map_or(ptr::null_mut(), |function| function as *mut c_void);
        let options = ffi::Options {
            chunk_bytes: 0,
            limit_bytes: 0,
            context,
            on_oom: None,
            on_misuse: self.on_misuse.map(|_| report as unsafe extern "C" fn(*mut c_void, *const ffi::Misuse)),
            entropy: 0,
        };
        let _held = Held::<L>::acquire();
        let heap = self.heap.get();
        if (*heap).is_null() {
            *heap = ffi::quarry_create(start_addr as *mut c_void, size, &options);
            return !(*heap).is_null();
        }
        false
    }

    /// Gives the heap one more region. Answers false, and nothing changes, if it is too short, overlaps one that the
    /// heap has, or `init` was not called.
    ///
    /// # Safety
    /// The region is valid memory, used by nobody else from now on.
    pub unsafe fn add_region(&self, start_addr: usize, size: usize) -> bool {
        self.locked(false, |heap| ffi::quarry_add_region(heap, start_addr as *mut c_void, size))
    }

    /// Bytes in live blocks.
    pub fn used(&self) -> usize {
        self.stats().used_bytes
    }

    /// Bytes in no block. A request needs its bytes in one piece: `stats().largest_free_bytes` has the longest.
    pub fn free(&self) -> usize {
        let stats = self.stats();
        stats.capacity_bytes.saturating_sub(stats.used_bytes)
    }

    /// All figures; zeros before `init`.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        self.locked((), |heap| unsafe { ffi::quarry_get_stats(heap, &mut stats) });
        stats
    }

    /// Checks the whole heap: time grows with the heap, under the lock. A fault is reported as a misuse, and the answer
    /// is false.
    pub fn check(&self) -> bool {
        self.locked(true, |heap| unsafe { ffi::quarry_check(heap) })
    }

    /// The heap for C code; null before `init`. C code must hold the same lock around its calls.
    pub fn as_ptr(&self) -> *mut quarry_heap {
        self.locked(ptr::null_mut(), |heap| heap)
    }

    /// A call on the heap under the lock; the answer for a heap without memory.
    fn locked<R>(&self, answer: R, call: impl FnOnce(*mut quarry_heap) -> R) -> R {
        let _held = Held::<L>::acquire();
        let heap = unsafe { *self.heap.get() };
        if heap.is_null() {
            answer
        } else {
            call(heap)
        }
    }

    fn allocate_block(&self, layout: Layout) -> *mut u8 {
        let (bytes, align_bytes) = (layout.size(), layout.align());
        self.locked(ptr::null_mut(), |heap| unsafe {
            // A block is aligned to the largest power of two that it can hold, up to 8 at least.
            if align_bytes <= bytes && align_bytes <= 8 {
                ffi::quarry_malloc(heap, bytes)
            } else {
                ffi::quarry_aligned_alloc(heap, align_bytes, bytes)
            }
        }) as *mut u8
    }

    fn free_block(&self, block: *mut u8, bytes: usize) {
        self.locked((), |heap| unsafe { ffi::quarry_free_sized(heap, block as *mut c_void, bytes) });
    }

    /// A block stays where it is if it can, unless less than half of its memory would be used.
    fn place(&self, block: *mut u8, old_bytes: usize, bytes: usize) -> Place {
        self.locked(Place::IsNone, |heap| unsafe {
            if ffi::quarry_usable_size(heap, block as *const c_void) < old_bytes {
                return Place::IsNone;
            }
            let is_wasteful = ffi::quarry_good_size(heap, bytes) < ffi::quarry_good_size(heap, old_bytes) / 2;
            if !is_wasteful && ffi::quarry_resize(heap, block as *mut c_void, bytes) {
                return Place::Stays;
            }
            Place::Moves
        })
    }

    /// Shrinking never fails: if no other block can be had, the old one is cut.
    unsafe fn resize_block(&self, block: *mut u8, old: Layout, layout: Layout) -> *mut u8 {
        match self.place(block, old.size(), layout.size()) {
            Place::Stays => return block,
            Place::IsNone => return ptr::null_mut(),
            Place::Moves => {}
        }
        let other = self.move_block(block, old, layout);
        if other.is_null() && layout.size() < old.size() {
            let is_cut = self.locked(false, |heap| ffi::quarry_resize(heap, block as *mut c_void, layout.size()));
            return if is_cut { block } else { other };
        }
        other
    }

    /// The contents in another block; null, and nothing changes, if there is none.
    unsafe fn move_block(&self, block: *mut u8, old: Layout, layout: Layout) -> *mut u8 {
        let other = self.allocate_block(layout);
        if !other.is_null() {
            ptr::copy_nonoverlapping(block, other, old.size().min(layout.size()));
            self.free_block(block, old.size());
        }
        other
    }
}

/// Where a block of another size may lie.
enum Place {
    Stays,
    Moves,
    /// The pointer is no live block of that size, which was reported.
    IsNone,
}

unsafe impl<L: Lock> GlobalAlloc for Heap<L> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate_block(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.free_block(block, layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.resize_block(block, layout, Layout::from_size_align_unchecked(new_size, layout.align()))
    }
}

#[cfg(feature = "allocator_api")]
mod allocator {
    use super::{Heap, Lock};
    use core::alloc::{AllocError, Allocator, Layout};
    use core::ptr::NonNull;

    fn slice(block: *mut u8, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let first = NonNull::new(block).ok_or(AllocError)?;
        NonNull::new(core::ptr::slice_from_raw_parts_mut(first.as_ptr(), layout.size())).ok_or(AllocError)
    }

    // A layout of no bytes gets the smallest block, as all blocks are freed in one way.
    unsafe impl<L: Lock> Allocator for &Heap<L> {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            slice(self.allocate_block(layout), layout)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            self.free_block(block.as_ptr(), layout.size());
        }

        unsafe fn grow(&self, block: NonNull<u8>, old: Layout, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            slice(self.realigned(block.as_ptr(), old, layout), layout)
        }

        unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            slice(self.realigned(block.as_ptr(), old, layout), layout)
        }
    }

    impl<L: Lock> Heap<L> {
        /// The new alignment may be greater: then the block stays only where it has that by chance.
        unsafe fn realigned(&self, block: *mut u8, old: Layout, layout: Layout) -> *mut u8 {
            if block as usize % layout.align() == 0 {
                self.resize_block(block, old, layout)
            } else {
                self.move_block(block, old, layout)
            }
        }
    }
}
