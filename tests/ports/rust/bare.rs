// SPDX-License-Identifier: MIT
//
// bare.rs: a program without an operating system whose global allocator is ports/rust: Vec, BTreeMap, String, format!,
// an interrupt lock, exhaustion and misuse. It starts in main(), which the machine's start code calls.
#![no_std]
#![no_main]
#![feature(default_alloc_error_handler)]

extern crate alloc;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

use quarry::{Heap, Lock, Misuse, MisuseKind};

#[global_allocator]
static HEAP: Heap<Counted> = Heap::with_misuse(on_misuse);

const REGION_BYTES: usize = 24 * 1024;
static mut REGION: [u8; REGION_BYTES] = [0; REGION_BYTES];

/// Masks interrupts, and counts how deep, so that a call that forgets to release is seen.
enum Counted {}
static DEPTH: SyncCell = SyncCell(Cell::new(0));
static ACQUIRED: SyncCell = SyncCell(Cell::new(0));
static MISUSES: SyncCell = SyncCell(Cell::new(0));

/// One core, and no interrupt handler that uses it.
struct SyncCell(Cell<usize>);
unsafe impl Sync for SyncCell {}
impl SyncCell {
    fn add(&self, step: isize) {
        self.0.set(self.0.get().wrapping_add(step as usize));
    }
}

unsafe impl Lock for Counted {
    type State = <quarry::Interrupts as Lock>::State;
    unsafe fn acquire() -> Self::State {
        let state = quarry::Interrupts::acquire();
        DEPTH.add(1);
        ACQUIRED.add(1);
        state
    }
    unsafe fn release(state: Self::State) {
        DEPTH.add(-1);
        quarry::Interrupts::release(state);
    }
}

fn on_misuse(misuse: &Misuse) {
    MISUSES.add(isize::from(misuse.kind == MisuseKind::InvalidPointer || misuse.kind == MisuseKind::DoubleFree));
}

extern "C" {
    fn machine_write(text: *const u8, bytes: usize);
    fn machine_exit(status: i32) -> !;
}

fn print(text: &str) {
    unsafe { machine_write(text.as_ptr(), text.len()) };
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    struct Console;
    impl core::fmt::Write for Console {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            print(text);
            Ok(())
        }
    }
    let _ = core::fmt::Write::write_fmt(&mut Console, format_args!("FAIL {}\n0 passed, 1 failed\n", info));
    unsafe { machine_exit(1) }
}

fn test_collections() {
    let mut tree = BTreeMap::new();
    let mut text = String::new();
    let mut boxes: Vec<Box<u64>> = Vec::new();
    for i in 0..120u32 {
        tree.insert(i, format!("entry {}", i));
        text += &format!("{:x},", i);
        boxes.push(Box::new(u64::from(i)));
        if i % 3 == 0 {
            tree.remove(&(i / 2));
            boxes.swap_remove(0);
        }
    }
    assert_eq!(tree[&119], "entry 119");
    assert!(text.ends_with("76,77,"));
    assert_eq!(boxes.iter().map(|number| **number % 1000).max(), Some(119));
    let shared = Rc::new([7u8; 100]);
    assert_eq!(Rc::clone(&shared)[99], 7);
    assert!(HEAP.stats().blocks > 150 && HEAP.check());
}

fn test_alignment_and_realloc() {
    for power in 0..10 {
        let layout = Layout::from_size_align(40, 1 << power).unwrap();
        unsafe {
            let block = HEAP.alloc(layout);
            assert!(!block.is_null() && block as usize % layout.align() == 0);
            block.write_bytes(7, 40);
            let grown = HEAP.realloc(block, layout, 400);
            assert!(!grown.is_null() && grown as usize % layout.align() == 0);
            assert!((0..40).all(|i| *grown.add(i) == 7));
            HEAP.dealloc(grown, Layout::from_size_align(400, 1 << power).unwrap());
        }
    }
}

fn test_exhaustion_is_an_answer() {
    let before = HEAP.stats();
    let mut vector: Vec<u32> = Vec::new();
    vector.push(5);
    assert!(vector.try_reserve_exact(REGION_BYTES).is_err());
    assert_eq!(vector, [5]);
    drop(vector);
    assert_eq!(HEAP.stats().failures, before.failures + 1);
    assert_eq!(HEAP.used(), before.used_bytes);
}

fn test_misuse_is_reported() {
    let layout = Layout::new::<u64>();
    unsafe {
        let block = HEAP.alloc(layout);
        HEAP.dealloc(block.wrapping_add(REGION_BYTES), layout);
        HEAP.dealloc(block, layout);
        HEAP.dealloc(block, layout);
    }
    assert_eq!(MISUSES.0.get(), 2);
}

#[no_mangle]
extern "C" fn main() -> i32 {
    assert!(unsafe { HEAP.alloc(Layout::new::<u8>()) }.is_null());
    assert!(unsafe { HEAP.init(core::ptr::addr_of_mut!(REGION) as usize, REGION_BYTES) });
    for _ in 0..3 {
        test_collections();
        assert_eq!((HEAP.used(), HEAP.stats().blocks), (0, 0));
    }
    test_alignment_and_realloc();
    test_exhaustion_is_an_answer();
    test_misuse_is_reported();
    assert_eq!((HEAP.used(), HEAP.stats().blocks, DEPTH.0.get()), (0, 0, 0));
    assert!(ACQUIRED.0.get() > 1000);
    print("1 passed, 0 failed\n");
    0
}
