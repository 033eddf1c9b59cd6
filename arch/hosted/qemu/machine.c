/* SPDX-License-Identifier: MIT
 *
 * machine.c: the test bed's machine.h in a normal process, so that one test source runs on the host and in QEMU.
 *
 * Test bed only. There is no start code: the C library calls main(), and its return value is the exit status anyway.
 * Free RAM is one static array; the operating system backs with memory only what is touched. A crash is a signal, which
 * sanitizers and debuggers like better than a handler of ours.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../machine.h"

#define FREE_RAM_BYTES ((size_t)64 << 20)

const char machine_name[] = "hosted process";

static _Alignas(4096) unsigned char free_ram[FREE_RAM_BYTES];

void machine_write(const char *text, size_t bytes)
{
    fwrite(text, 1, bytes, stdout);
    if (bytes != 0 && text[bytes - 1] == '\n') /* a test may be ended from outside: show how far it came */
        fflush(stdout);
}

_Noreturn void machine_exit(int status)
{
    fflush(stdout);
    exit(status & 127);
}

struct machine_ram machine_free_ram(unsigned index)
{
    struct machine_ram none = {NULL, 0};

    return index == 0 ? (struct machine_ram){free_ram, sizeof free_ram} : none;
}
