/* SPDX-License-Identifier: MIT
 *
 * aarch64_entry.S: exception vectors for the storm: an interrupt of the code that runs at EL1 goes to storm_entered(),
 * all else is a fault.
 */
    .section .text.storm_vectors, "ax", %progbits
    .globl storm_vectors
    .balign 2048
storm_vectors:
    .rept 5
    .balign 128
    b       fault
    .endr
    .balign 128
    b       interrupt
    .rept 10
    .balign 128
    b       fault
    .endr

/* Registers that a function may change. */
interrupt:
    sub     sp, sp, #176
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x29, [sp, #144]
    str     x30, [sp, #160]
    bl      storm_entered
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x29, [sp, #144]
    ldr     x30, [sp, #160]
    add     sp, sp, #176
    eret

fault:
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    bl      virt_fault

    .section .note.GNU-stack, "", %progbits
