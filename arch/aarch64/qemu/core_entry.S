/* SPDX-License-Identifier: MIT
 *
 * core_entry.S: starts a core of QEMU virt with 64-bit Cortex-A, and where it begins. Test bed only.
 *
 * PSCI's CPU_ON, which QEMU answers at hvc, hands one word to the core, which begins like core 0 (start.S): here the
 * address of a line of core_lines, the core's stack and function.
 */
#define PSCI_CPU_ON 0xc4000003
#define LINE_SHIFT 4
#define CORES_MAX 8

/* bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core)) */
    .section .text.machine_start_core, "ax", %progbits
    .globl machine_start_core
    .type machine_start_core, %function
machine_start_core:
    cmp     w0, #CORES_MAX
    b.hs    1f
    ldr     x3, =core_lines
    add     x3, x3, w0, uxtw #LINE_SHIFT
    stp     x1, x2, [x3]
    dsb     sy
    uxtw    x1, w0
    ldr     x0, =PSCI_CPU_ON
    adr     x2, core_entry
    hvc     #0
    cmp     w0, #0
    cset    w0, eq
    ret
1:  mov     w0, #0
    ret
    .size machine_start_core, . - machine_start_core

core_entry:
    msr     daifset, #15
    ldp     x1, x2, [x0]
    mov     sp, x1
    ldr     x0, =vectors
    msr     vbar_el1, x0
    mrs     x0, sctlr_el1
    orr     x0, x0, #(1 << 1)           /* A: unaligned accesses fault */
    msr     sctlr_el1, x0
    isb
    mrs     x0, mpidr_el1
    and     x0, x0, #0xff
    blr     x2
    .ltorg

    .bss
    .balign 16
core_lines:
    .skip   CORES_MAX << LINE_SHIFT

    .section .note.GNU-stack, "", %progbits
