/* SPDX-License-Identifier: MIT
 *
 * arm_irq.S: the interrupt entry of a 32-bit ARM that is no Cortex-M, for machines whose timer interrupts. Test bed only.
 *
 * Linked beside arm_vectors.S, it stands for the entry there, which reports a fault. It runs on a stack of its own, with
 * interrupts masked, and calls board_interrupt().
 */
    .syntax unified
    .arm

    .section .text.irq_entry, "ax", %progbits
    .globl irq_entry
irq_entry:
    ldr     sp, =irq_stack_top
    sub     lr, lr, #4
    push    {r0-r3, r12, lr}
    bl      board_interrupt
    ldm     sp!, {r0-r3, r12, pc}^
    .ltorg

    .section .bss.irq_stack, "aw", %nobits
    .balign 8
    .space  4096
irq_stack_top:
