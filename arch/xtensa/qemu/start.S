/* SPDX-License-Identifier: MIT
 *
 * start.S: entry and exception vectors of QEMU's xtensa machine "sim" with an LX106. Test bed only.
 *
 * QEMU loads the ELF file, .data included, and starts at the reset vector, in another memory. The stack starts at the bottom of RAM, so that an overflow
 * faults. Interrupts are open in main(): nothing interrupts before it is asked to. Unaligned accesses fault by themselves.
 */
    .section .text.reset, "ax", @progbits
    .globl reset
reset:
    j       1f
    .align  4
start_address:
    .word   _start
1:  l32r    a0, start_address
    jx      a0

    .section .text.start, "ax", @progbits
    .literal_position
    .globl _start
    .type _start, @function
    .align 4
_start:
    movi    a2, vectors
    wsr     a2, vecbase
    movi    a1, __stack_top
    movi    a2, 0
    wsr     a2, intenable
    wsr     a2, ps                      /* no level masked, no exception being served */
    rsync
    movi    a2, __bss_start
    movi    a3, __bss_end
    movi    a4, 0
1:  bgeu    a2, a3, 2f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       1b
2:  movi    a0, main
    callx0  a0
    movi    a0, machine_exit
    callx0  a0
    .size _start, . - _start

/* An interrupt of level 1 is an exception with the cause 4: it is served on the stack of what it interrupts, of which
 * C code may change a0, a2 to a11 and the shift amount. Any other exception is a fault, which may be that the stack ran
 * out, so a fresh one is taken. */
    .section .text.exception_entry, "ax", @progbits
    .literal_position
    .align 4
exception_entry:
    wsr     a0, excsave1
    rsr     a0, exccause
    bnei    a0, 4, fault_entry
    addi    a1, a1, -64
    s32i    a2, a1, 0
    s32i    a3, a1, 4
    s32i    a4, a1, 8
    s32i    a5, a1, 12
    s32i    a6, a1, 16
    s32i    a7, a1, 20
    s32i    a8, a1, 24
    s32i    a9, a1, 28
    s32i    a10, a1, 32
    s32i    a11, a1, 36
    rsr     a2, excsave1
    s32i    a2, a1, 40
    rsr     a2, sar
    s32i    a2, a1, 44
    movi    a0, board_interrupt
    callx0  a0
    l32i    a2, a1, 44
    wsr     a2, sar
    l32i    a0, a1, 40
    l32i    a2, a1, 0
    l32i    a3, a1, 4
    l32i    a4, a1, 8
    l32i    a5, a1, 12
    l32i    a6, a1, 16
    l32i    a7, a1, 20
    l32i    a8, a1, 24
    l32i    a9, a1, 28
    l32i    a10, a1, 32
    l32i    a11, a1, 36
    addi    a1, a1, 64
    rfe

    .align 4
fault_entry:
    movi    a1, __fault_stack_top
    movi    a2, exception_text
    rsr     a3, exccause
    rsr     a4, epc1
    movi    a0, machine_fault
    callx0  a0

/* Debug, NMI, exceptions in the kernel's mode, in the user's, and a second one while one is served. */
    .section .text.vectors, "ax", @progbits
    .balign 4096
    .globl vectors
vectors:
    .org    vectors + 0x10
    j       fault_entry
    .org    vectors + 0x20
    j       fault_entry
    .org    vectors + 0x30
    j       exception_entry
    .org    vectors + 0x50
    j       exception_entry
    .org    vectors + 0x70
    j       fault_entry

    .section .rodata.exception_text, "a", @progbits
exception_text:
    .asciz  "exception"
