/* SPDX-License-Identifier: MIT
 *
 * arm_classic_start.S: entry of the machines with an ARM926 or an ARM1176. Test bed only.
 *
 * QEMU loads the ELF file, .data and vectors included, and enters _start in supervisor mode, MMU off. Below the stack
 * there is RAM, and the machines ignore accesses to where nothing is: so the MMU is switched on, with a table of 1 MB
 * sections in ARMv5's format that maps every address to itself but the megabyte below the stack, which faults.
 * SCTLR.A has unaligned accesses fault, as they do, or worse, before a firmware switches its MMU on.
 */
    .syntax unified
    .arm

    .section .text.start, "ax", %progbits
    .globl _start
    .type _start, %function
_start:
    msr     cpsr_c, #0xd3               /* supervisor mode, IRQ and FIQ masked */
    ldr     sp, =__stack_top
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b

    ldr     r0, =sections
    ldr     r1, =0xc12                  /* a section of domain 0 that all may read and write */
    mov     r2, #0
2:  str     r1, [r0, r2, lsl #2]
    add     r1, r1, #(1 << 20)
    add     r2, r2, #1
    cmp     r2, #4096
    blo     2b
    ldr     r1, =__stack_bottom
    mov     r1, r1, lsr #20
    sub     r1, r1, #1
    mov     r2, #0
    str     r2, [r0, r1, lsl #2]
    mcr     p15, 0, r0, c2, c0, 0       /* TTBR0 */
    mov     r0, #1
    mcr     p15, 0, r0, c3, c0, 0       /* DACR: domain 0 as its sections say */
    mcr     p15, 0, r2, c8, c7, 0       /* no old translation */
    mrc     p15, 0, r0, c1, c0, 0       /* SCTLR */
    bic     r0, r0, #(1 << 13)          /* V: vectors at 0 */
    orr     r0, r0, #3                  /* A: unaligned accesses fault; M: the MMU is on */
    mcr     p15, 0, r0, c1, c0, 0
    msr     cpsr_c, #0x13               /* interrupts are open: nothing interrupts before it is asked to */
    bl      board_start
    .ltorg
    .size _start, . - _start

    .section .bss.sections, "aw", %nobits
    .balign 16384
sections:
    .space  16384
