/* SPDX-License-Identifier: MIT
 *
 * riscv.h: what the ports to RISC-V share; each adds its name.
 *
 * The library runs in machine mode, or, with -DARCH_RISCV_SUPERVISOR=1, in supervisor mode, where kernels run. The
 * compiler cannot tell the two apart, and the registers of one mode trap in the other.
 * Interrupts are masked by mstatus.MIE or sstatus.SIE, which stop all interrupts of the mode, but no exception and no
 * NMI. Cost: one instruction to mask, two to restore.
 * Bit scans are instructions with Zbb, atomics with A: the compiler says what -march names. M is needed: without it a
 * multiplication is a call of the compiler's library.
 */
#ifndef QUARRY_RISCV_H
#define QUARRY_RISCV_H

#include <stdint.h>

#ifndef ARCH_RISCV_SUPERVISOR
#define ARCH_RISCV_SUPERVISOR 0
#endif

#ifndef __riscv
#error "this port is for RISC-V: another CPU is compiled for"
#endif

#ifndef __riscv_mul
#error "Quarry multiplies: -march must name the extension M"
#endif

#ifdef __riscv_zbb
#define ARCH_HAS_BIT_SCAN 1
#else
#define ARCH_HAS_BIT_SCAN 0
#endif

#ifdef __riscv_atomic
#define ARCH_HAS_ATOMICS 1
#else
#define ARCH_HAS_ATOMICS 0
#endif

/* The register of the mode that holds the bit, and the bit. */
#if ARCH_RISCV_SUPERVISOR
#define ARCH_RISCV_STATUS "sstatus"
#define ARCH_RISCV_ENABLE 2
#else
#define ARCH_RISCV_STATUS "mstatus"
#define ARCH_RISCV_ENABLE 8
#endif

/* Every CPU with interrupts has Zicsr; gcc's assembler wants it named, which -march=rv32imac does not do. */
#ifdef __clang__
#define ARCH_RISCV_CSR(text) text
#else
#define ARCH_RISCV_CSR(text) ".option push\n\t.option arch, +zicsr\n\t" text "\n\t.option pop"
#endif

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t status;

    __asm__ volatile(ARCH_RISCV_CSR("csrrci %0, " ARCH_RISCV_STATUS ", %1")
                     : "=r"(status)
                     : "i"(ARCH_RISCV_ENABLE)
                     : "memory");
    return status;
}

/* Sets the bit if it was set; the others stay as they are. */
static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile(ARCH_RISCV_CSR("csrs " ARCH_RISCV_STATUS ", %0") : : "r"(saved & ARCH_RISCV_ENABLE) : "memory");
}

/* The hint "pause" of Zihintpause by its number: CPUs without it take it for a fence that does nothing. */
static inline void arch_spin_pause(void)
{
    __asm__ volatile(".4byte 0x0100000F" : : : "memory");
}

/* The hart's number, which counts from 0 without gaps on most chips. Supervisor mode has no register for it: there tp
 * must hold it, as it does in many kernels, or the kernel defines QUARRY_CORE_INDEX(). */
static inline unsigned arch_core_index(void)
{
    uintptr_t hart;

#if ARCH_RISCV_SUPERVISOR
    __asm__("mv %0, tp" : "=r"(hart));
#else
    __asm__(ARCH_RISCV_CSR("csrr %0, mhartid") : "=r"(hart));
#endif
    return (unsigned)hart;
}

#endif
