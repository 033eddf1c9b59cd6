/* SPDX-License-Identifier: MIT
 *
 * mte.h: what a test image for a CPU with memory tags can ask of the test bed: is an access refused?
 */
#ifndef QUARRY_QEMU_MTE_H
#define QUARRY_QEMU_MTE_H

#include <stdbool.h>
#include <stdint.h>

/* Calls access(argument), and goes on after a fault in it. True: a tag was wrong there; the address is noted, with its
 * tag. Any other fault ends the image, as ever. Calls do not nest. */
bool mte_refuses(void (*access)(void *argument), void *argument, uintptr_t *address);

#endif
