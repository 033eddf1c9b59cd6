/* SPDX-License-Identifier: MIT
 *
 * start.S: entry, exception vectors and semihosting trap of QEMU virt with a Cortex-A15. Test bed only.
 *
 * QEMU loads the ELF file, .data included, and enters _start in supervisor mode, A32, MMU off. With the MMU off real
 * CPUs refuse unaligned accesses and QEMU does not: SCTLR.A makes it, so that tests find what a board would.
 * Each exception mode has a stack pointer of its own, of undefined value: the vectors set it before anything else.
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
    bl      virt_start
    .ltorg
    .size _start, . - _start

/* One entry: offset into the table, and how far the link register is past the instruction. */
    .macro fault_vector offset, distance
    ldr     sp, =__fault_stack_top
    sub     r1, lr, #\distance
    mov     r0, #\offset
    bl      virt_fault
    .endm

    .balign 32
vectors:
    b       _start
    b       undefined_entry
    b       svc_entry
    b       prefetch_entry
    b       data_entry
    b       .
    b       irq_entry
    b       fiq_entry

undefined_entry:
    fault_vector 0x04, 4
svc_entry:
    fault_vector 0x08, 4
prefetch_entry:
    fault_vector 0x0c, 4
data_entry:
    fault_vector 0x10, 8
irq_entry:
    fault_vector 0x18, 4
fiq_entry:
    fault_vector 0x1c, 4
    .ltorg

/* uintptr_t semihosting_call(uintptr_t operation, const void *parameters): the trap overwrites lr. */
    .section .text.semihosting_call, "ax", %progbits
    .globl semihosting_call
    .type semihosting_call, %function
semihosting_call:
    push    {r4, lr}
    svc     #0x123456
    pop     {r4, pc}
    .size semihosting_call, . - semihosting_call
