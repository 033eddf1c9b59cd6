/* SPDX-License-Identifier: MIT
 *
 * start.S: entry, exception vectors and semihosting trap of QEMU virt with a 64-bit Cortex-A. Test bed only.
 *
 * QEMU loads the ELF file, .data included, and enters _start at EL1, MMU off. With the MMU off real CPUs refuse
 * unaligned accesses and QEMU does not: SCTLR_EL1.A makes it, so that tests find what a board would.
 * FP and SIMD registers stay disabled: the images are built with -mgeneral-regs-only.
 */
    .weak virt_cpu_init

    .section .text.start, "ax", %progbits
    .globl _start
    .type _start, %function
_start:
    msr     daifset, #15
    ldr     x0, =__stack_top
    mov     sp, x0
    ldr     x0, =vectors
    msr     vbar_el1, x0
    mrs     x0, sctlr_el1
    orr     x0, x0, #(1 << 1)           /* A: unaligned accesses fault */
    msr     sctlr_el1, x0
    isb
    ldr     x0, =__bss_start
    ldr     x1, =__bss_end
1:  cmp     x0, x1
    b.hs    2f
    str     xzr, [x0], #8
    b       1b
2:  ldr     x0, =virt_cpu_init          /* what a machine has to set up besides, if anything */
    cbz     x0, 3f
    blr     x0
3:  bl      board_start
    .ltorg
    .size _start, . - _start

/* Sixteen entries of 128 bytes. They do the same: take a fresh stack, since the old one may be what broke; report. */
    .balign 2048
    .globl vectors
vectors:
    .rept 16
    .balign 128
    ldr     x2, =__fault_stack_top
    mov     sp, x2
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    bl      virt_fault
    .endr
    .balign 128
    .ltorg

/* uintptr_t semihosting_call(uintptr_t operation, const void *parameters) */
    .section .text.semihosting_call, "ax", %progbits
    .globl semihosting_call
    .type semihosting_call, %function
semihosting_call:
    hlt     #0xf000
    ret
    .size semihosting_call, . - semihosting_call

    .section .note.GNU-stack, "", %progbits
