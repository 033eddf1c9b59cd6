/* SPDX-License-Identifier: MIT
 *
 * print.c: text and numbers on the machine's serial port. A number is built backwards in a buffer on the stack
 * and sent with one call.
 */
#include "print.h"

#include "machine.h"

/* 20 digits of a 64-bit number and 6 commas. */
#define NUMBER_CHARACTERS 26

void print_text(const char *text)
{
    size_t bytes = 0;
    while (text[bytes] != '\0') {
        bytes++;
    }
    machine_write(text, bytes);
}

void print_fill(char character, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        machine_write(&character, 1);
    }
}

void print_number(size_t number, unsigned width)
{
    char text[NUMBER_CHARACTERS];
    unsigned start = NUMBER_CHARACTERS;
    unsigned digits = 0;
    do {
        if (digits != 0 && digits % 3 == 0) {
            text[--start] = ',';
        }
        text[--start] = (char)('0' + number % 10);
        number /= 10;
        digits++;
    } while (number != 0);
    unsigned used = NUMBER_CHARACTERS - start;
    if (width > used) {
        print_fill(' ', width - used);
    }
    machine_write(text + start, used);
}

void print_address(uintptr_t address)
{
    unsigned digits = sizeof(address) > 4 ? 12 : 8;
    char text[2 + 12] = {'0', 'x'};
    for (unsigned i = 0; i < digits; i++) {
        text[2 + digits - 1 - i] = "0123456789abcdef"[address >> (4 * i) & 15];
    }
    machine_write(text, 2 + digits);
}
