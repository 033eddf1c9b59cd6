/* SPDX-License-Identifier: MIT
 *
 * riscv32.c: start, console and exit of QEMU's virt with a 32-bit RISC-V, for bare.rs. Test bed only. Memory is zero
 * when the machine starts. Semihosting writes and ends (tests/qemu/run).
 */
#include <stddef.h>
#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

int main(void);
void machine_write(const char *text, size_t bytes);
_Noreturn void machine_exit(int status);
_Noreturn void start(void);

static void semihosting(uintptr_t number, uintptr_t argument)
{
    register uintptr_t a0 __asm__("a0") = number;
    register uintptr_t a1 __asm__("a1") = argument;
    /* These three instructions, uncompressed and in one page, are the call. */
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

void machine_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        const char piece[2] = {text[i], '\0'};
        semihosting(SYS_WRITE0, (uintptr_t)piece);
    }
}

_Noreturn void machine_exit(int status)
{
    const uintptr_t reason[2] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        semihosting(SYS_EXIT_EXTENDED, (uintptr_t)reason);
}

_Noreturn void start(void)
{
    machine_exit(main());
}

__asm__(".section .text.start, \"ax\"\n.globl _start\n_start:\n\tla sp, stack_end\n\tj start\n");
