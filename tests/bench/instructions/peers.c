/* SPDX-License-Identifier: MIT
 *
 * peers.c: the allocators of newlib, newlib-nano and picolibc beside each other; peer.sh makes their objects.
 */
#include "allocators.h"

#define PEER(name)                                                                                                     \
    void name##_start(char *start, size_t bytes);                                                                      \
    void *name##_malloc(size_t bytes);                                                                                 \
    void name##_free(void *block);                                                                                     \
    void *name##_realloc(void *block, size_t bytes)
#define PEER_CALLS(name) MEASURED(name##_malloc), MEASURED(name##_free), MEASURED(name##_realloc)

PEER(newlib);
PEER(newlib_nano);
PEER(picolibc);
void picolibc_set_tls(void *block);

static void *start_newlib(void *region, size_t bytes)
{
    newlib_start(region, bytes);
    return NULL;
}

static void *start_newlib_nano(void *region, size_t bytes)
{
    newlib_nano_start(region, bytes);
    return NULL;
}

/* Its free() keeps errno, which lies in a thread's own memory. */
static void *start_picolibc(void *region, size_t bytes)
{
    static uintptr_t thread_memory[8];
    picolibc_set_tls(thread_memory);
    picolibc_start(region, bytes);
    return NULL;
}

const struct allocator peers[] = {
        {"newlib", start_newlib, PEER_CALLS(newlib)},
        {"newlib-nano", start_newlib_nano, PEER_CALLS(newlib_nano)},
        {"picolibc", start_picolibc, PEER_CALLS(picolibc)},
        {0},
};
