// SPDX-License-Identifier: MIT
//
// host.rs: a process whose global allocator is ports/rust: collections, threads, alignment, realloc; and heaps beside
// it for exhaustion, misuse and use before init. It is a library with C's main(), so that std allocates nothing before.
// The first failure ends the program: what follows it might crash.
#![feature(allocator_api, alloc_error_hook)]

use std::alloc::{GlobalAlloc, Layout};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};

use quarry::{Heap, Misuse, MisuseKind, Stats};

#[global_allocator]
static HEAP: Heap = Heap::empty();

const REGION_BYTES: usize = 8 << 20;
static mut REGION: [u8; REGION_BYTES] = [0; REGION_BYTES];

static PASSED: AtomicUsize = AtomicUsize::new(0);

macro_rules! check {
    ($condition:expr) => {{
        if !$condition {
            fail(concat!("FAIL ", file!(), ":", line!(), ": ", stringify!($condition), "\n"));
        }
        PASSED.fetch_add(1, Ordering::Relaxed);
    }};
}

extern "C" {
    fn write(file: i32, text: *const u8, bytes: usize) -> isize;
}

/// Allocates nothing: the allocator may be what is wrong.
fn fail(text: &str) -> ! {
    unsafe { write(1, text.as_ptr(), text.len()) };
    exit(1)
}

/// A heap of its own for a test, in memory that the program never uses otherwise.
fn own_heap(bytes: usize) -> Heap {
    let heap = Heap::with_misuse(count);
    check!(unsafe { heap.init(Vec::leak(vec![0u8; bytes]).as_mut_ptr() as usize, bytes) });
    heap
}

static MISUSES: AtomicUsize = AtomicUsize::new(0);
fn count(misuse: &Misuse) {
    let is_expected = matches!(misuse.kind, MisuseKind::DoubleFree | MisuseKind::InvalidPointer);
    MISUSES.fetch_add(is_expected as usize, Ordering::Relaxed);
}

fn layout(bytes: usize, align: usize) -> Layout {
    Layout::from_size_align(bytes, align).unwrap()
}

fn live(heap: &Heap) -> (usize, usize) {
    (heap.stats().blocks, heap.used())
}

fn test_blocks_are_in_the_region() {
    let block = Box::new(7u32);
    let offset = (&*block as *const u32 as usize).wrapping_sub(unsafe { std::ptr::addr_of!(REGION) } as usize);
    check!(offset < REGION_BYTES);
}

fn test_collections_are_in_the_heap_and_return_their_memory() {
    let before = live(&HEAP);
    {
        let mut tree = BTreeMap::new();
        let mut table = HashMap::new();
        let mut queue = VecDeque::new();
        let mut text = String::new();
        for i in 0..2000usize {
            tree.insert(i, format!("entry {i}"));
            table.insert(format!("key {i}"), i);
            queue.push_back(Box::new(i));
            text += &format!("{i},");
            if i % 3 == 0 {
                tree.remove(&(i / 2));
                queue.pop_front();
            }
        }
        check!(tree[&1999] == "entry 1999" && table["key 1234"] == 1234 && *queue[0] == 667);
        check!(text.ends_with("1998,1999,"));
        check!(live(&HEAP).0 > before.0 + 4000);
        check!(HEAP.check());
    }
    check!(live(&HEAP) == before);
}

fn test_threads_share_the_heap() {
    let before = live(&HEAP).0;
    let threads: Vec<_> = (0..4usize)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut sum = 0;
                for i in 0..2000 {
                    let bytes = (i * 37 + seed * 11) % 700;
                    let block = vec![seed as u8; bytes];
                    sum += block.iter().map(|&byte| byte as usize).sum::<usize>() - seed * bytes;
                }
                sum
            })
        })
        .collect();
    check!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>() == 0);
    check!(live(&HEAP).0 <= before + 4); // std may hold on to a thread's own data
    check!(HEAP.check());
}

fn test_every_alignment_and_size_is_served() {
    let heap = own_heap(1 << 20);
    let before = live(&heap);
    for align in (0..13).map(|power| 1usize << power) {
        for bytes in [0usize, 1, 7, 8, 24, 100, 1000, 5000] {
            let block = unsafe { heap.alloc(layout(bytes, align)) };
            check!(!block.is_null() && block as usize % align == 0);
            unsafe {
                block.write_bytes(0xA5, bytes);
                heap.dealloc(block, layout(bytes, align));
            }
        }
    }
    check!(live(&heap) == before);
    check!(heap.check());
}

fn test_realloc_keeps_contents_and_alignment() {
    let heap = own_heap(1 << 20);
    let before = live(&heap);
    for align in [1, 8, 16, 64, 1024] {
        let mut bytes = 16;
        let mut block = unsafe { heap.alloc(layout(bytes, align)) };
        unsafe { block.write_bytes(align as u8, bytes) };
        for next in [17, 100, 4000, 4100, 90_000, 2000, 300, 3, 0, 40] {
            let neighbour = unsafe { heap.alloc(layout(next, 1)) }; // in the way now and then
            block = unsafe { heap.realloc(block, layout(bytes, align), next) };
            check!(!block.is_null() && block as usize % align == 0);
            let shorter = bytes.min(next);
            check!((0..shorter).all(|i| unsafe { *block.add(i) } == align as u8));
            unsafe {
                block.write_bytes(align as u8, next);
                heap.dealloc(neighbour, layout(next, 1));
            }
            bytes = next;
        }
        unsafe { heap.dealloc(block, layout(bytes, align)) };
    }
    check!(live(&heap) == before);
    check!(heap.check());
}

fn test_a_small_remainder_of_a_small_block_needs_less_memory() {
    let heap = own_heap(1 << 20);
    let block = unsafe { heap.alloc(layout(1500, 1)) };
    let used = heap.used();
    let block = unsafe { heap.realloc(block, layout(1500, 1), 20) };
    check!(heap.used() < used / 2);
    unsafe { heap.dealloc(block, layout(20, 1)) };
}

fn test_zeroed_memory_is_zero() {
    let heap = own_heap(1 << 20);
    for bytes in [1, 50, 3000, 70_000] {
        unsafe {
            let block = heap.alloc(layout(bytes, 1));
            block.write_bytes(0xFF, bytes);
            heap.dealloc(block, layout(bytes, 1));
            let block = heap.alloc_zeroed(layout(bytes, 1));
            check!((0..bytes).all(|i| *block.add(i) == 0));
            heap.dealloc(block, layout(bytes, 1));
        }
    }
}

fn test_exhaustion_is_an_answer() {
    let before = live(&HEAP);
    let mut vector: Vec<u8> = vec![1, 2, 3];
    check!(vector.try_reserve(REGION_BYTES).is_err());
    check!(vector == [1, 2, 3]);
    drop(vector);
    check!(live(&HEAP) == before);

    let heap = own_heap(64 * 1024);
    let empty = live(&heap);
    let mut blocks = Vec::new();
    loop {
        let block = unsafe { heap.alloc(layout(1000, 8)) };
        if block.is_null() || blocks.len() == 64 {
            break;
        }
        blocks.push(block);
    }
    check!(blocks.len() > 50 && blocks.len() < 64);
    let stats = heap.stats();
    let grown = unsafe { heap.realloc(blocks[0], layout(1000, 8), 5000) };
    check!(grown.is_null());
    let aligned = unsafe { heap.alloc(layout(100, 1 << 15)) };
    check!(aligned.is_null());
    check!(heap.stats() == Stats { failures: stats.failures + 2, ..stats });
    let shrunk = unsafe { heap.realloc(blocks[0], layout(1000, 8), 10) };
    check!(!shrunk.is_null());
    blocks[0] = shrunk;
    for (i, &block) in blocks.iter().enumerate() {
        unsafe { heap.dealloc(block, layout(if i == 0 { 10 } else { 1000 }, 8)) };
    }
    check!(live(&heap) == empty);
    check!(heap.check());
}

fn test_before_init_every_request_is_refused() {
    let heap: Heap = Heap::empty();
    check!(unsafe { heap.alloc(layout(8, 8)) }.is_null());
    check!(heap.stats() == Stats::default() && heap.free() == 0 && heap.check() && heap.as_ptr().is_null());
    let mut memory = vec![0u8; 20_000];
    let start = memory.as_mut_ptr() as usize;
    check!(!unsafe { heap.add_region(start, 10_000) });
    check!(!unsafe { heap.init(start, 10) });
    check!(unsafe { heap.init(start + 1, 9_999) });
    check!(!unsafe { heap.init(start + 10_000, 10_000) });
    let block = unsafe { heap.alloc(layout(8, 8)) };
    check!(!block.is_null());
    check!(!unsafe { heap.add_region(start + 5_000, 10_000) });
    let free = heap.free();
    check!(heap.free() + heap.used() == heap.stats().capacity_bytes && heap.stats().requests == 1);
    check!(unsafe { heap.add_region(start + 10_000, 10_000) });
    check!(heap.free() > free + 8_000 && heap.stats().chunks == 2);
}

fn test_misuse_is_reported_and_changes_nothing() {
    let heap = own_heap(1 << 16);
    let block = unsafe { heap.alloc(layout(100, 8)) };
    let before = live(&heap);
    let misuses = MISUSES.load(Ordering::Relaxed);
    let mut on_stack = 0u8;
    unsafe {
        heap.dealloc(block.add(16), layout(10, 1));
        heap.dealloc(&mut on_stack, layout(1, 1));
        let resized = heap.realloc(&mut on_stack, layout(1, 1), 100);
        check!(resized.is_null());
        let resized = heap.realloc(block.add(1), layout(50, 1), 1);
        check!(resized.is_null());
    }
    check!(MISUSES.load(Ordering::Relaxed) == misuses + 4);
    check!(live(&heap) == before);
    unsafe {
        heap.dealloc(block, layout(100, 8));
        heap.dealloc(block, layout(100, 8));
    }
    check!(MISUSES.load(Ordering::Relaxed) == misuses + 5);
    check!(heap.check());
}

fn test_a_collection_may_live_in_another_heap() {
    let heap = own_heap(1 << 20);
    let (before, global) = (live(&heap), live(&HEAP));
    {
        let mut vector = Vec::new_in(&heap);
        for i in 0..5000u32 {
            vector.push(i);
        }
        let boxed = Box::new_in([7u64; 100], &heap);
        vector.truncate(10);
        vector.shrink_to_fit();
        check!(vector == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] && boxed[99] == 7);
        check!(live(&heap).0 == before.0 + 2 && live(&HEAP) == global);
        check!(vector.try_reserve(1 << 20).is_err());
    }
    check!(live(&heap) == before);
}

#[no_mangle]
pub extern "C" fn main() -> i32 {
    check!(unsafe { HEAP.init(std::ptr::addr_of_mut!(REGION) as usize, REGION_BYTES) });
    std::alloc::set_alloc_error_hook(|_| fail("FAIL a request was refused\n"));
    test_blocks_are_in_the_region();
    test_collections_are_in_the_heap_and_return_their_memory();
    test_threads_share_the_heap();
    test_every_alignment_and_size_is_served();
    test_realloc_keeps_contents_and_alignment();
    test_a_small_remainder_of_a_small_block_needs_less_memory();
    test_zeroed_memory_is_zero();
    test_exhaustion_is_an_answer();
    test_before_init_every_request_is_refused();
    test_misuse_is_reported_and_changes_nothing();
    test_a_collection_may_live_in_another_heap();
    println!("{} passed, 0 failed", PASSED.load(Ordering::Relaxed));
    0
}
