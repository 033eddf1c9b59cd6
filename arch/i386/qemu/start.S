/* SPDX-License-Identifier: MIT
 *
 * start.S: entry of QEMU's pc in 32-bit protected mode, exception and interrupt entries, other cores. Test bed only.
 *
 * QEMU's -kernel takes a 32-bit ELF file with a multiboot header, and so does GRUB; ebx then points at the loader's
 * structure. Memory is mapped one to one in pages of 4 MB, the first 4 MB in pages of 4 KB so that two can be missing:
 * the page below the stack, and page 0, where NULL points (pc32.c unmaps it). Interrupts stay masked until main().
 */
#include "pc32.h"

#define PAGE_PRESENT_WRITABLE 0x3
#define PAGE_LARGE            0x80
#define PAGES                 1024

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x3             /* modules in whole pages, a memory map */

    .section .text.start, "ax", @progbits
    .balign 4
    .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .globl multiboot_entry
    .type multiboot_entry, @function
multiboot_entry:
    cli
    cld
    movl    %eax, %esi
    movl    $__bss_start, %edi
    movl    $__bss_end, %ecx
    subl    %edi, %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep stosl

    movl    $page_directory, %edi
    movl    $(PAGE_LARGE | PAGE_PRESENT_WRITABLE), %eax
    movl    $PAGES, %ecx
1:  stosl
    addl    $0x400000, %eax
    loop    1b

    /* the first 4 MB, without the page below the stack */
    movl    $low_pages, %edi
    movl    $PAGE_PRESENT_WRITABLE, %eax
    movl    $PAGES, %ecx
2:  stosl
    addl    $4096, %eax
    loop    2b
    movl    $__stack_bottom, %eax
    shrl    $12, %eax
    movl    $0, (low_pages - 4)(, %eax, 4)
    movl    $(low_pages + PAGE_PRESENT_WRITABLE), page_directory

    movl    $__stack_top, %esp
    call    enter_c_mode
    xorl    %ebp, %ebp
    pushl   $0                          /* keeps the stack aligned at the call */
    pushl   $0
    pushl   %ebx
    pushl   %esi
    call    pc32_start
    ud2
    .size multiboot_entry, . - multiboot_entry

/* Segments, floating point, paging: what any core needs. */
enter_c_mode:
    lgdt    gdt_pointer
    movl    $0x10, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    xorl    %eax, %eax
    movl    %eax, %fs
    movl    %eax, %gs
    ljmp    $0x08, $3f
3:  movl    $page_directory, %eax
    movl    %eax, %cr3
    movl    $0x610, %eax                /* PSE, OSFXSR, OSXMMEXCPT */
    movl    %eax, %cr4
    movl    $0x80010033, %eax           /* PG, WP, NE, ET, MP, PE; EM off */
    movl    %eax, %cr0
    fninit
    ret

/* From pc_cores.S. The core's number comes from its local interrupt controller. */
    .globl pc_core_entry
pc_core_entry:
    movl    $0x10, %eax
    movl    %eax, %ds
    movl    0xfee00020, %ebx
    shrl    $24, %ebx
    movl    %eax, %ss
    movl    pc_cores(, %ebx, 8), %esp
    call    enter_c_mode
    xorl    %ebp, %ebp
    subl    $12, %esp
    pushl   %ebx
    call    pc32_core_start
    ud2

/* From pc_traps.S: vector, error code and eip lie on the stack. */
    .globl trap_common
trap_common:
    popl    %eax
    movl    4(%esp), %edx
    andl    $-16, %esp
    subl    $8, %esp
    pushl   %edx
    pushl   %eax
    call    pc32_trap
    ud2

    .globl timer_entry
timer_entry:
    pushal
    cld
    movl    %esp, %ebx
    andl    $-16, %esp
    call    pc32_timer
    movl    %ebx, %esp
    popal
    iretl

    .globl spurious_entry
spurious_entry:
    iretl

    .data
    .balign 16
    .globl gdt
gdt:
    .quad   0
    .quad   0x00cf9a000000ffff          /* 0x08: 32-bit code */
    .quad   0x00cf92000000ffff          /* 0x10: data */
    .fill   GDT_ENTRIES - GDT_TASKS, 8, 0 /* task states, filled in by traps.c */
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt

    .bss
    .balign 4096
    .globl page_directory
page_directory:
    .skip   4096
    .globl low_pages
low_pages:
    .skip   4096

    .section .note.GNU-stack, "", @progbits
