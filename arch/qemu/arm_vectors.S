/* SPDX-License-Identifier: MIT
 *
 * arm_vectors.S: exception vectors and semihosting trap of the machines with a 32-bit ARM that is no Cortex-M. Test bed
 * only.
 *
 * Each exception mode has a stack pointer of its own, of undefined value: the entries set it before anything else, and
 * call machine_fault("vector", offset in the table, address of the instruction). The offset is 4 for an undefined
 * instruction, 0xc for a prefetch abort, 0x10 for a data abort. CPUs without a register for the table's address have it
 * at address 0: their linker scripts put .text.vectors there.
 */
    .syntax unified
    .arm

    .section .text.vectors, "ax", %progbits
    .balign 32
    .globl vectors
vectors:
    ldr     pc, =_start
    ldr     pc, =undefined_entry
    ldr     pc, =svc_entry
    ldr     pc, =prefetch_entry
    ldr     pc, =data_entry
    b       .
    ldr     pc, =irq_entry
    ldr     pc, =fiq_entry
    .ltorg

/* One entry: offset into the table, and how far the link register is past the instruction. */
    .macro fault_entry name, offset, distance
\name:
    ldr     sp, =__fault_stack_top
    sub     r2, lr, #\distance
    mov     r1, #\offset
    ldr     r0, =vector_text
    bl      machine_fault
    .endm

    .weak   irq_entry                   /* arm_irq.S has another one */

    .section .text.fault_entries, "ax", %progbits
    fault_entry undefined_entry, 0x04, 4
    fault_entry svc_entry, 0x08, 4
    fault_entry prefetch_entry, 0x0c, 4
    fault_entry data_entry, 0x10, 8
    fault_entry irq_entry, 0x18, 4
    fault_entry fiq_entry, 0x1c, 4
    .ltorg

    .section .rodata.vector_text, "a", %progbits
vector_text:
    .asciz  "vector"

/* uintptr_t semihosting_call(uintptr_t operation, const void *parameters): the trap overwrites lr. */
    .section .text.semihosting_call, "ax", %progbits
    .globl semihosting_call
    .type semihosting_call, %function
semihosting_call:
    push    {r4, lr}
    svc     #0x123456
    pop     {r4, pc}
    .size semihosting_call, . - semihosting_call
