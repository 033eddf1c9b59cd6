/* SPDX-License-Identifier: MIT
 *
 * semihosting_exit.c: machine_exit() of all ARM machines. Test bed only.
 *
 * SYS_EXIT_EXTENDED, unlike SYS_EXIT, carries a status on 32-bit machines too. The names and numbers are those of ARM's
 * "Semihosting for AArch32 and AArch64".
 */
#include "board.h"
#include "semihosting.h"

#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

_Noreturn void machine_exit(int status)
{
    const uintptr_t parameters[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)status & 127};

    board_flush();
    for (;;) {
        semihosting_call(SYS_EXIT_EXTENDED, parameters);
    }
}
