/* SPDX-License-Identifier: MIT
 *
 * quarry_ring.h: records what happens to blocks in a ring in memory, from which tools/record makes a trace.
 *
 *   struct quarry_ring                                       word: as long as a pointer, in the CPU's byte order
 *   +------------+------------+----------+---------+----------+----------+-- ... --+
 *   | "QRYRING1" | word_bytes | capacity | written | record 0 | record 1 |         |
 *   | 8 bytes    | word       | word     | word    | 5 words each, see below       |
 *   +------------+------------+----------+---------+----------+----------+-- ... --+
 *   record number n, counted from 0, lies at n modulo capacity; the last capacity records are there
 *
 *   record  +---------------------+-----------+-----------+-------+--------+
 *           | kind + 8 * (n + 1)  | old block | new block | bytes | caller |       0 where there is none
 *           +---------------------+-----------+-----------+-------+--------+
 *
 * Compile the library with -DQUARRY_CONFIG_HEADER='"quarry_ring_config.h"' -Iports/trace, and quarry_ring.c with it. A
 * record is written in some 20 instructions. Where interrupts allocate too, define QUARRY_RING_ENTER() and
 * QUARRY_RING_LEAVE(saved), which mask them.
 */
#ifndef QUARRY_RING_H
#define QUARRY_RING_H

#include <stddef.h>
#include <stdint.h>

#ifndef QUARRY_RING_RECORDS
#define QUARRY_RING_RECORDS 1024 /* any number above 0; 20 bytes (32-bit) or 40 bytes each */
#endif

enum quarry_ring_kind { QUARRY_RING_ALLOC = 1, QUARRY_RING_FREE, QUARRY_RING_RESIZE, QUARRY_RING_FAIL };

struct quarry_ring_record {
    uintptr_t kind_and_number, old_block, new_block, bytes, caller;
};

struct quarry_ring {
    char magic[8];
    uintptr_t word_bytes, capacity, written;
    struct quarry_ring_record records[QUARRY_RING_RECORDS];
};

/* In C++, too, it has this name, so that a debugger finds it: dump binary value ring.bin quarry_ring */
#ifdef __cplusplus
extern "C" {
#endif

extern struct quarry_ring quarry_ring;

/** Write a record.
 *  Returns    nothing.
 *  Units      bytes as asked for.
 *  Owner      blocks stay their owners'; nothing at them is read.
 *  Time       some 20 instructions.
 *  Context    any; where calls may interrupt each other, QUARRY_RING_ENTER() masks them.
 *  Misuse     none.
 *  Contents   untouched. */
void quarry_ring_write(enum quarry_ring_kind kind, const void *old_block, const void *new_block, size_t bytes,
                       const void *caller);

/** Hand over, record by record, what was written since the last call: to a UART, a debugger's channel, a file. What was
 *  overwritten meanwhile is left out. The receiver's file begins with the ring's magic, word_bytes, 0 and 0, which put
 *  gets first, when *next is 0.
 *  Returns    how many records were handed over.
 *  Units      bytes.
 *  Owner      next is the caller's, 0 before the first call.
 *  Time       grows with what was written, and put's time.
 *  Context    thread.
 *  Misuse     none.
 *  Contents   put must not keep the pointer that it gets. */
size_t quarry_ring_drain(uintptr_t *next, void (*put)(void *context, const void *data, size_t bytes), void *context);

#ifdef __cplusplus
}
#endif

#endif
