/* SPDX-License-Identifier: MIT
 *
 * semihosting_board.c: console and C start of machines without a serial port. Test bed only.
 *
 * The console is semihosting's, a file of the name ":tt". The names and numbers are those of ARM's "Semihosting for
 * AArch32 and AArch64".
 */
#include "board.h"
#include "semihosting.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, MODE_WRITE = 4 };

static uintptr_t console;

void board_init(void)
{
    static const char name[] = ":tt";
    const uintptr_t parameters[3] = {(uintptr_t)name, MODE_WRITE, sizeof name - 1};

    console = semihosting_call(SYS_OPEN, parameters);
}

void board_flush(void)
{
}

void machine_write(const char *text, size_t bytes)
{
    const uintptr_t parameters[3] = {console, (uintptr_t)text, bytes};

    semihosting_call(SYS_WRITE, parameters);
}

/* Called by start.S on the stack, with .bss zeroed. */
_Noreturn void board_start(void)
{
    board_init();
    machine_exit(main());
}
