/* SPDX-License-Identifier: MIT
 *
 * start.S: entry of QEMU virt with a Cortex-A15. Test bed only.
 *
 * QEMU loads the ELF file, .data included, and enters _start in supervisor mode, A32, MMU off. With the MMU off real
 * CPUs refuse unaligned accesses and QEMU does not: SCTLR.A makes it, so that tests find what a board would.
 */
    .syntax unified
    .arm

    .section .text.start, "ax", %progbits
    .globl _start
    .type _start, %function
_start:
    cpsid   if
    ldr     sp, =__stack_top
    ldr     r0, =vectors
    mcr     p15, 0, r0, c12, c0, 0      /* VBAR */
    mrc     p15, 0, r0, c1, c0, 0       /* SCTLR */
    bic     r0, r0, #(1 << 13)          /* V: vectors where VBAR says */
    orr     r0, r0, #(1 << 1)           /* A: unaligned accesses fault */
    mcr     p15, 0, r0, c1, c0, 0
    isb
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    cpsie   i                           /* nothing interrupts before it is asked to */
    bl      board_start
    .ltorg
    .size _start, . - _start
