/* SPDX-License-Identifier: MIT
 *
 * linker_ram.c: machine_free_ram() for machines whose memory is known when the image is linked. Test bed only.
 *
 * The linker script of each ARM machine defines two ranges: what the image leaves of its main RAM, and a second memory
 * where the machine has one. A range that does not exist starts and ends at the same address; it must come last.
 */
#include <stdint.h>

#include "../machine.h"

/* Addresses, not objects: linker/<machine>.ld. */
extern char __free_ram0_start[], __free_ram0_end[], __free_ram1_start[], __free_ram1_end[];

struct machine_ram machine_free_ram(unsigned index)
{
    char *const bounds[][2] = {{__free_ram0_start, __free_ram0_end}, {__free_ram1_start, __free_ram1_end}};
    struct machine_ram none = {NULL, 0};

    if (index >= sizeof bounds / sizeof bounds[0] || bounds[index][0] == bounds[index][1]) {
        return none;
    }
    return (struct machine_ram){bounds[index][0], (uintptr_t)bounds[index][1] - (uintptr_t)bounds[index][0]};
}
