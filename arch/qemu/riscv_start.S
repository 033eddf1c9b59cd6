/* SPDX-License-Identifier: MIT
 *
 * riscv_start.S: entry, trap entry and semihosting trap of the RISC-V machines, 32 and 64 bits. Test bed only.
 *
 * Each hart enters riscv_reset in machine mode. Hart 0 makes .data and .bss ready and goes on with riscv_start(); the
 * others sleep until cores.h's machine_start_core() wakes them. With ARCH_RISCV_SUPERVISOR both go on in supervisor
 * mode, as a kernel does behind its firmware: all exceptions and interrupts are delegated, tp holds the hart's number,
 * and the timer is Sstc's. Interrupts are open in main(), as on a Cortex-M; no device has one before it is asked for it.
 *
 * Entry 0 of the physical memory protection refuses what lies right below the stack, so that an overflow faults: on
 * QEMU's virt there is other memory. The linker script has the entry's address word; 0: the machine faults by itself.
 */
    .option arch, +zicsr

#if __riscv_xlen == 64
#define WORD_BYTES 8
#define LOAD       ld
#define STORE      sd
#else
#define WORD_BYTES 4
#define LOAD       lw
#define STORE      sw
#endif

#if ARCH_RISCV_SUPERVISOR
#define CSR(name) s##name
#define TRAP_RETURN sret
#else
#define CSR(name) m##name
#define TRAP_RETURN mret
#endif

#define STATUS_FLOAT     (1 << 13)      /* mstatus.FS: initial */
#define STATUS_SIE       2
#define STATUS_MIE       8
#define STATUS_MPP       (3 << 11)
#define STATUS_MPP_S     (1 << 11)
#define SOFTWARE_ENABLE  8              /* mie.MSIE */
#define PMP_NOTHING      0x98           /* locked, a power of two, no access */
#define PMP_ALL          0x1f           /* a power of two, all accesses */
#define ENVCFG_STCE_BIT  63

    .section .boot, "ax", @progbits
    .globl riscv_reset
    .type riscv_reset, @function
riscv_reset:
    la      t0, trap_entry
    csrw    mtvec, t0
    lui     t0, %hi(__stack_guard_pmp)
    addi    t0, t0, %lo(__stack_guard_pmp)
    beqz    t0, 1f
    csrw    pmpaddr0, t0
    li      t0, -1
    csrw    pmpaddr1, t0
    li      t0, PMP_ALL << 8 | PMP_NOTHING
    csrw    pmpcfg0, t0
1:
#if __riscv_flen
    li      t0, STATUS_FLOAT
    csrs    mstatus, t0
#endif
#if ARCH_RISCV_SUPERVISOR
    la      t0, trap_entry
    csrw    stvec, t0
    li      t0, 0xffff
    csrw    medeleg, t0
    csrw    mideleg, t0
    li      t0, 1
    slli    t0, t0, ENVCFG_STCE_BIT
    csrw    0x30a, t0                   /* menvcfg */
    li      t0, 7                       /* cycle, time and instret */
    csrw    mcounteren, t0
#endif
    csrr    a0, mhartid
    bnez    a0, other_hart

    la      sp, __stack_top
    la      t0, __data_load
    la      t1, __data_start
    la      t2, __data_end
2:  beq     t1, t2, 3f
    lw      t3, (t0)
    sw      t3, (t1)
    addi    t0, t0, 4
    addi    t1, t1, 4
    j       2b
3:  la      t0, __bss_start
    la      t1, __bss_end
4:  beq     t0, t1, 5f
    sw      zero, (t0)
    addi    t0, t0, 4
    j       4b
5:  la      t0, riscv_start
    j       enter

/* Sleeps until its line of riscv_cores[], a stack and a function, is written and its software interrupt is raised. */
other_hart:
    csrsi   mie, SOFTWARE_ENABLE
    la      t1, riscv_cores
    li      t2, 2 * WORD_BYTES
    mul     t2, a0, t2
    add     t1, t1, t2
6:  wfi
    LOAD    t0, WORD_BYTES(t1)
    beqz    t0, 6b
    fence
    LOAD    sp, (t1)
    csrci   mie, SOFTWARE_ENABLE

/* Calls t0 with a0, in the mode that the image runs in. */
enter:
    la      ra, returned
#if ARCH_RISCV_SUPERVISOR
    mv      tp, a0
    csrw    mepc, t0
    li      t0, STATUS_MPP
    csrc    mstatus, t0
    li      t0, STATUS_MPP_S
    csrs    mstatus, t0
    csrsi   sstatus, STATUS_SIE
    mret
#else
    csrsi   mstatus, STATUS_MIE
    jr      t0
#endif
returned:
    ebreak
    .size riscv_reset, . - riscv_reset

/* An interrupt saves what a C function may change, floating point apart, and calls riscv_interrupt(cause). An exception
 * takes a fresh stack, since the old one may be what broke, and calls riscv_fault(cause, address). */
    .section .text.trap_entry, "ax", @progbits
    .balign 4
    .type trap_entry, @function
trap_entry:
    csrw    CSR(scratch), t0
    csrr    t0, CSR(cause)
    bltz    t0, 7f
    la      sp, __fault_stack_top
    mv      a0, t0
    csrr    a1, CSR(epc)
    call    riscv_fault
7:  csrr    t0, CSR(scratch)
    addi    sp, sp, -16 * WORD_BYTES
    .set    slot, 0
    .irp    register, ra, t0, t1, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
    STORE   \register, slot * WORD_BYTES(sp)
    .set    slot, slot + 1
    .endr
    csrr    a0, CSR(cause)
    call    riscv_interrupt
    .set    slot, 0
    .irp    register, ra, t0, t1, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
    LOAD    \register, slot * WORD_BYTES(sp)
    .set    slot, slot + 1
    .endr
    addi    sp, sp, 16 * WORD_BYTES
    TRAP_RETURN
    .size trap_entry, . - trap_entry

/* uintptr_t semihosting_call(uintptr_t operation, const void *parameters): these three instructions, uncompressed and
 * in one page, are the trap. */
    .section .text.semihosting_call, "ax", @progbits
    .globl semihosting_call
    .type semihosting_call, @function
    .option push
    .option norvc
    .balign 16
semihosting_call:
    slli    x0, x0, 0x1f
    ebreak
    srai    x0, x0, 7
    ret
    .option pop
    .size semihosting_call, . - semihosting_call

    .section .note.GNU-stack, "", @progbits
