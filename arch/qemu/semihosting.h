/* SPDX-License-Identifier: MIT
 *
 * semihosting.h: the trap by which an ARM image talks to QEMU, as if to a debugger. Test bed only.
 *
 * Needs qemu -semihosting-config enable=on,target=native; without it the trap is an ordinary exception and the image
 * ends up in its fault handler. Only the exit is used: output goes through the serial port, as on real boards.
 */
#ifndef QUARRY_QEMU_SEMIHOSTING_H
#define QUARRY_QEMU_SEMIHOSTING_H

#include <stdint.h>

/* One operation with its parameter block; the trap instruction differs by profile, so start code provides it. */
uintptr_t semihosting_call(uintptr_t operation, const void *parameters);

#endif
