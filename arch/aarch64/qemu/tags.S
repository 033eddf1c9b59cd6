/* SPDX-License-Identifier: MIT
 *
 * tags.S: switches memory tags on, on QEMU virt with mte=on and -cpu max. Test bed only, and the example of what start
 * code has to do for QUARRY_MARK_MTE. start.S calls it at EL1, before C code runs.
 *
 * Tags need the MMU: memory has them where it is mapped "Tagged Normal" (MAIR attribute 0xF0). The map is flat, of two
 * blocks of 1 GB: devices, and RAM. Pointers with tag 0 are compared like any others (TCR_EL1.TCMA0 is 0), and a tag
 * that differs faults at the access (SCTLR_EL1.TCF is 1). With a higher exception level, SCR_EL3.ATA or HCR_EL2.ATA
 * would have to be set there.
 */
    .arch   armv8.5-a+memtag

    .section .text.virt_cpu_init, "ax", %progbits
    .globl virt_cpu_init
    .type virt_cpu_init, %function
virt_cpu_init:
    ldr     x0, =0xF000                     /* MAIR: attribute 0 device, attribute 1 tagged normal */
    msr     mair_el1, x0
    ldr     x0, =tables
    ldr     x1, =0x0060000000000401         /* addresses 0 to 1 GB: device, no code */
    str     x1, [x0]
    ldr     x1, =0x0000000040000705         /* 1 to 2 GB: RAM */
    str     x1, [x0, #8]
    msr     ttbr0_el1, x0
    /* TCR: 39 bits of address, of which the top byte is ignored (TBI0), 40 bits of physical address */
    ldr     x0, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32 | 1 << 37)
    msr     tcr_el1, x0
    mov     x0, #1                          /* GCR: IRG never answers tag 0 */
    msr     gcr_el1, x0
    ldr     x0, =(0x5eed << 8)              /* RGSR: where its random numbers begin */
    msr     rgsr_el1, x0
    tlbi    vmalle1
    dsb     nsh
    isb
    mrs     x0, sctlr_el1
    orr     x0, x0, #(1 << 0)               /* M: MMU */
    orr     x0, x0, #(1 << 2)               /* C */
    orr     x0, x0, #(1 << 12)              /* I */
    orr     x0, x0, #(1 << 40)              /* TCF: a wrong tag faults */
    orr     x0, x0, #(1 << 43)              /* ATA: instructions may set tags */
    msr     sctlr_el1, x0
    isb
    msr     tco, #0
    ret
    .ltorg
    .size virt_cpu_init, . - virt_cpu_init

    .section .bss.tables, "aw", %nobits
    .balign 4096
tables:
    .skip 4096

    .section .note.GNU-stack, "", %progbits
