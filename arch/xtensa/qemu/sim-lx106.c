/* SPDX-License-Identifier: MIT
 *
 * sim-lx106.c: console and exit of QEMU's xtensa machine "sim" with an LX106. Test bed only.
 *
 * Both are calls of the simulator, by the instruction simcall. Entry and vectors: start.S; memory:
 * linker/sim-lx106.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU sim, Xtensa LX106";

enum { SYS_EXIT = 1, SYS_WRITE = 4, STDOUT = 1 };

static void simulator_call(uintptr_t number, uintptr_t a, uintptr_t b, uintptr_t c)
{
    register uintptr_t a2 __asm__("a2") = number;
    register uintptr_t a3 __asm__("a3") = a;
    register uintptr_t a4 __asm__("a4") = b;
    register uintptr_t a5 __asm__("a5") = c;

    __asm__ volatile("simcall" : "+a"(a2), "+a"(a3) : "a"(a4), "a"(a5) : "memory");
}

void machine_write(const char *text, size_t bytes)
{
    simulator_call(SYS_WRITE, STDOUT, (uintptr_t)text, bytes);
}

_Noreturn void machine_exit(int status)
{
    for (;;) {
        simulator_call(SYS_EXIT, (uintptr_t)status & 127, 0, 0);
    }
}
