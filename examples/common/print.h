/* SPDX-License-Identifier: MIT
 *
 * print.h: text and numbers on the machine's serial port. No buffer beyond one number, no format strings: an
 * image of a few KB can afford it.
 */
#ifndef EXAMPLES_PRINT_H
#define EXAMPLES_PRINT_H

#include <stddef.h>
#include <stdint.h>

void print_text(const char *text);

/* The same character, count times. */
void print_fill(char character, size_t count);

/* Decimal with a comma every three digits, padded with spaces on the left to width. */
void print_number(size_t number, unsigned width);

/* Hexadecimal with 0x and as many digits as the machine's addresses need: 8, or 12. */
void print_address(uintptr_t address);

#endif
