/* SPDX-License-Identifier: MIT
 *
 * peer_region.c: where a peer's memory comes from: a region, handed out from its start on. Linked once into each peer's
 * object, before its C library (peer.sh). -DPEER_SBRK: what the library calls sbrk.
 */
#include <stddef.h>

void peer_start(char *start, size_t bytes);
void *PEER_SBRK(ptrdiff_t bytes);

static char *region, *next, *end;

void peer_start(char *start, size_t bytes)
{
    region = next = start;
    end = start + bytes;
}

void *PEER_SBRK(ptrdiff_t bytes)
{
    char *old = next;
    if (bytes > end - next || bytes < region - next) {
        return (void *)-1;
    }
    next += bytes;
    return old;
}
