/* SPDX-License-Identifier: MIT
 *
 * start.S: entry of a Cortex-R5. Test bed only.
 *
 * QEMU loads the ELF file, .data and vectors included, and enters _start in supervisor mode, MPU off. The MPU is switched
 * on for one region, the megabyte below the stack, which nothing may access; all else is as without an MPU. SCTLR.A has
 * unaligned accesses fault, as they do on a board where the MPU is off.
 */
    .syntax unified
    .arm

    .section .text.start, "ax", %progbits
    .globl _start
    .type _start, %function
_start:
    cpsid   if
    ldr     sp, =__stack_top
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    ldr     r0, =__stack_bottom
    sub     r0, r0, #(1 << 20)
    mcr     p15, 0, r2, c6, c2, 0       /* region 0 */
    mcr     p15, 0, r0, c6, c1, 0       /* its address */
    mcr     p15, 0, r2, c6, c1, 4       /* no access */
    mov     r0, #((20 - 1) << 1 | 1)
    mcr     p15, 0, r0, c6, c1, 2       /* 2^20 bytes, enabled */
    mrc     p15, 0, r0, c1, c0, 0       /* SCTLR */
    bic     r0, r0, #(1 << 13)          /* V: vectors at 0 */
    orr     r0, r0, #(1 << 17)          /* BR: what no region has is as without an MPU */
    orr     r0, r0, #3                  /* A: unaligned accesses fault; M: the MPU is on */
    dsb
    mcr     p15, 0, r0, c1, c0, 0
    isb
    bl      board_start
    .ltorg
    .size _start, . - _start
