/* SPDX-License-Identifier: MIT
 *
 * pc_core_code.S: the first instructions of another core of a PC: from real mode to 32-bit protected mode. Test bed only.
 *
 * pc_cores.c copies them to a page below 1 MB, where a core that was sent there starts. They end in pc_core_entry, which
 * start.S of the machine has: 32-bit mode, flat segments, no paging, no stack, interrupts masked.
 */
#define PC_CORE_START 0x8000            /* pc_cores.c */
#define AT(label) (PC_CORE_START + label - pc_core_code)

    .section .rodata.pc_core_code, "a", @progbits
    .globl pc_core_code, pc_core_code_end
    .code16
pc_core_code:
    cli
    xorw    %ax, %ax
    movw    %ax, %ds
    lgdtl   AT(pc_core_table_pointer)
    movl    %cr0, %eax
    orl     $1, %eax
    movl    %eax, %cr0
    ljmpl   $0x08, $pc_core_entry
    .balign 8
pc_core_table:
    .quad   0
    .quad   0x00cf9a000000ffff          /* 0x08: 32-bit code */
    .quad   0x00cf92000000ffff          /* 0x10: data */
pc_core_table_pointer:
    .word   pc_core_table_pointer - pc_core_table - 1
    .long   AT(pc_core_table)
pc_core_code_end:

    .section .note.GNU-stack, "", @progbits
