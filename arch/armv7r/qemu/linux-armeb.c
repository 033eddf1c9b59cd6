/* SPDX-License-Identifier: MIT
 *
 * linux-armeb.c: a bare Linux process on a big-endian ARM, without a libc: entry, console, memory, exit. Test bed only.
 *
 * QEMU runs it in user mode: none of its machines has a big-endian Cortex-R. A crash is a signal and ends the process.
 */
#include "../../qemu/board.h"

const char machine_name[] = "Linux process, big-endian Cortex-R5";

enum { SYS_EXIT_GROUP = 248, SYS_WRITE = 4 };
enum { RAM_BYTES = 16 << 20 };

static _Alignas(4096) unsigned char ram[RAM_BYTES];

_Noreturn void linux_start(void);

static uintptr_t system_call(uintptr_t number, uintptr_t a, uintptr_t b, uintptr_t c)
{
    register uintptr_t r7 __asm__("r7") = number;
    register uintptr_t r0 __asm__("r0") = a;
    register uintptr_t r1 __asm__("r1") = b;
    register uintptr_t r2 __asm__("r2") = c;

    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

void machine_write(const char *text, size_t bytes)
{
    system_call(SYS_WRITE, 1, (uintptr_t)text, bytes);
}

_Noreturn void machine_exit(int status)
{
    for (;;) {
        system_call(SYS_EXIT_GROUP, (uintptr_t)status & 127, 0, 0);
    }
}

struct machine_ram machine_free_ram(unsigned index)
{
    return index == 0 ? (struct machine_ram){ram, RAM_BYTES} : (struct machine_ram){NULL, 0};
}

_Noreturn void linux_start(void)
{
    machine_exit(main());
}

/* The kernel enters here, with a stack. */
__asm__(".globl _start\n_start:\n\tmov fp, #0\n\tbl linux_start\n");
