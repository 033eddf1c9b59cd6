/* SPDX-License-Identifier: MIT
 *
 * bytes.h: copying and clearing memory, because there is no libc.
 *
 * Both work a word at a time where both ends are word-aligned, which blocks always are, and are written so that no
 * compiler turns them into a call to memcpy or memset. Cost: a few instructions a byte at worst; when aligned two a
 * word (copying) or less than one (clearing). Neither handles overlap.
 */
#ifndef QUARRY_BYTES_H
#define QUARRY_BYTES_H

#include <stddef.h>
#include <stdint.h>

void qi_bytes_copy(void *to, const void *from, size_t bytes);
void qi_bytes_clear(void *at, size_t bytes);

#endif
