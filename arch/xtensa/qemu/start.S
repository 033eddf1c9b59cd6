/* SPDX-License-Identifier: MIT
 *
 * start.S: entry and exception vectors of QEMU's xtensa machine "sim" with an LX106. Test bed only.
 *
 * QEMU loads the ELF file, .data included, and starts at the reset vector, in another memory. The stack starts at the bottom of RAM, so that an overflow
 * faults. Interrupts stay masked. Unaligned accesses fault by themselves.
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
    movi    a2, 0x0f                    /* all levels masked, no exception being served */
    wsr     a2, ps
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

/* The fault may be that the stack ran out, so a fresh one is taken. */
    .section .text.fault_entry, "ax", @progbits
    .literal_position
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
    j       fault_entry
    .org    vectors + 0x50
    j       fault_entry
    .org    vectors + 0x70
    j       fault_entry

    .section .rodata.exception_text, "a", @progbits
exception_text:
    .asciz  "exception"
