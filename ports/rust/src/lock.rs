// SPDX-License-Identifier: MIT
//
//! How calls on a heap exclude each other.

/// Exclusion of all other calls on a heap, with the two functions of the crate critical-section.
///
/// # Safety
/// From `acquire` to `release` no other thread, core or interrupt handler that uses the heap may be between the two.
/// They may nest.
pub unsafe trait Lock {
    /// What `release` must know, e.g. whether interrupts were on.
    type State: Copy;
    /// Begins the exclusion.
    /// # Safety
    /// `release` follows, with the answer, on the same core; nested pairs end in the reverse order.
    unsafe fn acquire() -> Self::State;
    /// Ends it.
    /// # Safety
    /// The state is what the last `acquire` that has not ended yet returned.
    unsafe fn release(state: Self::State);
}

/// Interrupts are masked (one core): the lock of a heap on Cortex-M, and on RISC-V in machine mode.
#[cfg(any(quarry_cpu = "cortex_m", quarry_cpu = "riscv"))]
pub enum Interrupts {}

#[cfg(quarry_cpu = "cortex_m")]
unsafe impl Lock for Interrupts {
    type State = u32;

    unsafe fn acquire() -> u32 {
        let mask: u32;
        // No option nomem: memory accesses do not cross it.
        core::arch::asm!("mrs {}, PRIMASK", "cpsid i", out(reg) mask, options(nostack, preserves_flags));
        mask
    }

    unsafe fn release(mask: u32) {
        if mask & 1 == 0 {
            core::arch::asm!("cpsie i", options(nostack, preserves_flags));
        }
    }
}

#[cfg(quarry_cpu = "riscv")]
const MSTATUS_MIE: usize = 8;

#[cfg(quarry_cpu = "riscv")]
unsafe impl Lock for Interrupts {
    type State = usize;

    unsafe fn acquire() -> usize {
        let status: usize;
        core::arch::asm!("csrrci {}, mstatus, 8", out(reg) status, options(nostack));
        status
    }

    unsafe fn release(status: usize) {
        if status & MSTATUS_MIE != 0 {
            core::arch::asm!("csrsi mstatus, 8", options(nostack));
        }
    }
}

/// Waits for other threads in a loop: for programs on an operating system, tests first of all. It does not nest, and a
/// signal handler must not allocate.
#[cfg(not(target_os = "none"))]
pub enum Spin {}

#[cfg(not(target_os = "none"))]
static IS_HELD: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

#[cfg(not(target_os = "none"))]
unsafe impl Lock for Spin {
    type State = ();

    unsafe fn acquire() {
        use core::sync::atomic::Ordering;
        while IS_HELD.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            core::hint::spin_loop();
        }
    }

    unsafe fn release(_state: ()) {
        IS_HELD.store(false, core::sync::atomic::Ordering::Release);
    }
}

/// The lock of `Heap` without a parameter.
#[cfg(any(quarry_cpu = "cortex_m", quarry_cpu = "riscv"))]
pub type DefaultLock = Interrupts;

/// The lock of `Heap` without a parameter.
#[cfg(not(target_os = "none"))]
pub type DefaultLock = Spin;

/// On this target a `Heap` has no lock of its own: name a type that has the trait `Lock`, as `Heap<MyLock>`.
#[cfg(all(target_os = "none", not(any(quarry_cpu = "cortex_m", quarry_cpu = "riscv"))))]
pub enum DefaultLock {}
