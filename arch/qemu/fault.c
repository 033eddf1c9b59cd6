/* SPDX-License-Identifier: MIT
 *
 * fault.c: the last words of an image that crashed on a QEMU machine. Test bed only; all machines share it.
 *
 * Prints one line through machine_write() and exits. It needs no heap, no libc and little stack, since the stack may be
 * what broke. A second fault while the first is being told exits at once: printing is then what crashes.
 */
#include "board.h"

#define HEX_DIGITS (2 * sizeof(uintptr_t))

static void write_text(const char *text)
{
    size_t bytes = 0;

    while (text[bytes] != '\0') {
        bytes++;
    }
    machine_write(text, bytes);
}

static void write_hex(uintptr_t value)
{
    char digits[2 + HEX_DIGITS];

    digits[0] = '0';
    digits[1] = 'x';
    for (size_t i = 0; i < HEX_DIGITS; i++) {
        digits[1 + HEX_DIGITS - i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    machine_write(digits, sizeof digits);
}

_Noreturn void machine_fault(const char *what, uintptr_t code, uintptr_t address)
{
    static volatile unsigned faults;

    faults = faults + 1;
    if (faults == 1) {
        write_text("\nfault: ");
        write_text(what);
        write_text(" ");
        write_hex(code);
        write_text(" at ");
        write_hex(address);
        write_text("\n");
    }
    machine_exit(BOARD_FAULT_STATUS);
}
