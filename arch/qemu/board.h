/* SPDX-License-Identifier: MIT
 *
 * board.h: what the files of the QEMU test bed need of each other, below machine.h. Test bed only.
 *
 * A board file (arch/<isa>/qemu/<machine>.c) implements machine_name, machine_write and the two board functions.
 * Start code calls board_init() once .data and .bss are ready, then main(), then machine_exit() with its result.
 * Exception entries end in machine_fault(), so that a crash ends QEMU instead of hanging it.
 */
#ifndef QUARRY_QEMU_BOARD_H
#define QUARRY_QEMU_BOARD_H

#include <stdint.h>

#include "../machine.h"

/* Exit status of an image that crashed. */
#define BOARD_FAULT_STATUS 125

/* Makes machine_write() work. */
void board_init(void);

/* Returns when everything written has left the serial port. */
void board_flush(void);

/* Prints "fault: <what> 0x<code> at 0x<address>" and exits with BOARD_FAULT_STATUS. code is the CPU's own number for
 * the cause, address that of the instruction. */
_Noreturn void machine_fault(const char *what, uintptr_t code, uintptr_t address);

/* What pl011_board.c has for start code, and what it needs of the board's own file: the address of the serial port. */
_Noreturn void board_start(void);
extern const uintptr_t board_pl011;

/* The same for cmsdk_board.c. */
extern const uintptr_t board_cmsdk_uart;

/* What arm_irq.S and the Xtensa's start code need of the board's own file: an interrupt is served. */
void board_interrupt(void);

int main(void);

#endif
