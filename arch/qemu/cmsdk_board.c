/* SPDX-License-Identifier: MIT
 *
 * cmsdk_board.c: console of the boards whose serial port is a CMSDK port. Test bed only.
 *
 * The board's own file says where the port is and what the machine is called.
 */
#include "board.h"
#include "cmsdk_uart.h"

void board_init(void)
{
    cmsdk_uart_init(board_cmsdk_uart);
}

void board_flush(void)
{
    cmsdk_uart_flush(board_cmsdk_uart);
}

void machine_write(const char *text, size_t bytes)
{
    cmsdk_uart_write(board_cmsdk_uart, text, bytes);
}
