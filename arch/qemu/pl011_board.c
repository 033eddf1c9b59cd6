/* SPDX-License-Identifier: MIT
 *
 * pl011_board.c: console and C start of the boards whose serial port is a PL011. Test bed only.
 *
 * The board's own file says where the port is and what the machine is called; start code and vectors are in assembler;
 * exit and memory are arch/qemu/'s and the linker script's.
 */
#include "board.h"
#include "pl011.h"

void board_init(void)
{
    pl011_init(board_pl011);
}

void board_flush(void)
{
    pl011_flush(board_pl011);
}

void machine_write(const char *text, size_t bytes)
{
    pl011_write(board_pl011, text, bytes);
}

/* Called by start.S on the stack, with .bss zeroed. */
_Noreturn void board_start(void)
{
    board_init();
    machine_exit(main());
}
