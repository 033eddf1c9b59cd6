/* SPDX-License-Identifier: MIT
 *
 * machine.h: what a test image or example needs of the QEMU machine that it boots on. Test bed only: the library
 * never includes it. Implemented by arch/<isa>/qemu/ for machines, by arch/hosted/qemu/ for a normal process.
 * The start code zeroes .bss, copies .data where it must, gives main() a stack, and exits with what main returns.
 */
#ifndef QUARRY_MACHINE_H
#define QUARRY_MACHINE_H

#include <stddef.h>

struct machine_ram {
    void *start;
    size_t bytes;
};

/* E.g. "QEMU mps2-an386, Cortex-M4". */
extern const char machine_name[];

/* Writes text to the machine's first serial port. */
void machine_write(const char *text, size_t bytes);

/* Ends QEMU (or the process) with an exit status from 0 to 127. */
_Noreturn void machine_exit(int status);

/* Free RAM that image, stack and start code do not use: range number index; bytes 0 after the last one. On
 * x86_64 from the memory map that the loader passes, otherwise from the linker script. */
struct machine_ram machine_free_ram(unsigned index);

#endif
