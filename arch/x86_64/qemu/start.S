/* SPDX-License-Identifier: MIT
 *
 * start.S: from the PVH entry in 32-bit protected mode to C in long mode, and the exception entries. Test bed only.
 *
 * QEMU's -kernel takes a 64-bit ELF file with a note of type 18, owner Xen, that holds the 32-bit entry address; ebx
 * then points at struct hvm_start_info. Memory is mapped one to one: 64 GB in 2 MB pages, because not every CPU model
 * has 1 GB pages. The first 2 MB are mapped in 4 KB pages so that two can be missing: the page below the stack, and
 * page 0, where NULL points (q35.c unmaps it once it has read the loader's map, which QEMU leaves there).
 * SSE is enabled, since the compiler uses it for copies. Interrupts stay masked.
 */
#define MAPPED_GIB 64
#define PAGE_PRESENT_WRITABLE 0x3
#define PAGE_LARGE 0x80

    .section .note.pvh, "a", @note
    .balign 4
    .long   4, 4, 18                    /* bytes of name, bytes of value, type: PHYS32_ENTRY */
    .asciz  "Xen"
    .long   pvh_entry

    .section .text.start, "ax", @progbits
    .code32
    .globl pvh_entry
    .type pvh_entry, @function
pvh_entry:
    cli
    cld
    movl    $__bss_start, %edi
    movl    $__bss_end, %ecx
    subl    %edi, %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep stosl

    /* 2 MB pages: edx:eax is the entry */
    movl    $page_directories, %edi
    movl    $(PAGE_LARGE | PAGE_PRESENT_WRITABLE), %eax
    xorl    %edx, %edx
1:  movl    %eax, (%edi)
    movl    %edx, 4(%edi)
    addl    $0x200000, %eax
    adcl    $0, %edx
    addl    $8, %edi
    cmpl    $page_directories_end, %edi
    jne     1b

    /* the directories, one per GB */
    movl    $directory_pointers, %edi
    movl    $(page_directories + PAGE_PRESENT_WRITABLE), %eax
    movl    $MAPPED_GIB, %ecx
2:  movl    %eax, (%edi)
    addl    $4096, %eax
    addl    $8, %edi
    loop    2b
    movl    $(directory_pointers + PAGE_PRESENT_WRITABLE), page_map

    /* the first 2 MB, without the page below the stack */
    movl    $low_pages, %edi
    movl    $PAGE_PRESENT_WRITABLE, %eax
    movl    $512, %ecx
3:  movl    %eax, (%edi)
    addl    $4096, %eax
    addl    $8, %edi
    loop    3b
    movl    $__stack_bottom, %eax
    shrl    $12, %eax
    movl    $0, (low_pages - 8)(, %eax, 8)
    movl    $(low_pages + PAGE_PRESENT_WRITABLE), page_directories

    movl    $long_mode_start, %esi

/* Goes on at esi in long mode, with the page tables as they are. */
enter_long_mode:
    movl    $page_map, %eax
    movl    %eax, %cr3
    movl    $0x620, %eax                /* PAE, OSFXSR, OSXMMEXCPT */
    movl    %eax, %cr4
    movl    $0xc0000080, %ecx           /* EFER */
    rdmsr
    orl     $0x100, %eax                /* LME */
    wrmsr
    movl    $0x80010033, %eax           /* PG, WP, NE, ET, MP, PE; EM off */
    movl    %eax, %cr0
    lgdt    gdt_pointer
    ljmp    $0x08, $long_mode_entry
    .size pvh_entry, . - pvh_entry

/* Another core (arch/qemu/pc_core_code.S): 32-bit mode, flat segments. It has no vectors: an exception on it resets the
 * machine, which ends QEMU. */
    .globl pc_core_entry
pc_core_entry:
    movl    $0x10, %eax
    movl    %eax, %ds
    movl    $long_mode_core, %esi
    jmp     enter_long_mode

    .code64
long_mode_entry:
    movl    $0x10, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    xorl    %eax, %eax
    movl    %eax, %fs
    movl    %eax, %gs
    xorl    %ebp, %ebp
    jmp     *%rsi

long_mode_start:
    movq    $__stack_top, %rsp
    movl    %ebx, %edi
    call    q35_start
    ud2

long_mode_core:
    movl    $0xfee00020, %eax           /* the core's number, in its local interrupt controller */
    movl    (%rax), %edi
    shrl    $24, %edi
    movl    %edi, %eax
    shll    $4, %eax
    movq    pc_cores(%rax), %rsp
    call    pc_core_enter
    ud2

/* From pc_traps.S: vector, error code and rip lie on the stack. */
    .globl trap_common
trap_common:
    popq    %rdi
    movq    8(%rsp), %rsi               /* rip, above the error code */
    andq    $-16, %rsp
    call    q35_trap
    ud2

    .data
    .balign 16
    .globl gdt
gdt:
    .quad   0
    .quad   0x00af9a000000ffff          /* 0x08: 64-bit code */
    .quad   0x00cf92000000ffff          /* 0x10: data */
    .quad   0, 0                        /* 0x18: task state, filled in by traps.c */
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt

    .bss
    .balign 4096
page_map:
    .skip   4096
directory_pointers:
    .skip   4096
    .globl low_pages
low_pages:
    .skip   4096
page_directories:
    .skip   4096 * MAPPED_GIB
page_directories_end:

    .section .note.GNU-stack, "", @progbits
