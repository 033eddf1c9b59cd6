/* SPDX-License-Identifier: MIT
 *
 * pc_traps.S: where the CPU's exceptions enter on a PC, 32 or 64 bits. Test bed only.
 *
 * Entry of exception n at trap_entries + 16 n. Each goes on at trap_common of the machine's start.S with the vector and an
 * error code on the stack; some CPU exceptions push that themselves: the mask says which.
 */
#define HAS_ERROR_CODE 0x60227d00

    .text
    .globl trap_entries
    .balign 16
trap_entries:
    .set    vector, 0
    .rept   32
    .balign 16
    .if     !((HAS_ERROR_CODE >> vector) & 1)
    push    $0
    .endif
    push    $vector
    jmp     trap_common
    .set    vector, vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
