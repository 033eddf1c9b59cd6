/* SPDX-License-Identifier: MIT
 *
 * allocators.h: the allocators that the host's tables compare, each loaded as a shared object into a process of its own
 * and called through function pointers, ours too.
 *
 *   quarry-WORD[:CHUNK]  build/bench/host/libquarry-WORD.so, on a provider over mmap; CHUNK: chunk_bytes
 *   kept-WORD[:CHUNK]    the same on a provider that keeps what is released for the next acquire
 *   zend, mimalloc, jemalloc, tcmalloc, glibc
 *   nothing              answers always the same block: what a replay itself costs
 */
#ifndef BENCH_ALLOCATORS_H
#define BENCH_ALLOCATORS_H

#include <stdbool.h>
#include <stddef.h>

struct quarry_heap;

/* Ours take the heap as first argument, the others have one for the process. */
struct allocator {
    struct quarry_heap *heap; /* NULL: not ours */
    union {
        void *(*malloc)(size_t bytes);
        void *(*heap_malloc)(struct quarry_heap *heap, size_t bytes);
    };
    union {
        void *(*calloc)(size_t count, size_t bytes);
        void *(*heap_calloc)(struct quarry_heap *heap, size_t count, size_t bytes);
    };
    union {
        void *(*aligned)(size_t align_bytes, size_t bytes); /* NULL: there is none */
        void *(*heap_aligned)(struct quarry_heap *heap, size_t align_bytes, size_t bytes);
    };
    union {
        void *(*realloc)(void *block, size_t bytes);
        void *(*heap_realloc)(struct quarry_heap *heap, void *block, size_t bytes);
    };
    union {
        void (*free)(void *block);
        void (*heap_free)(struct quarry_heap *heap, void *block);
    };
    /* Bytes acquired from the system, by the allocator's own figures: now, or the peak so far where it keeps one. */
    size_t (*acquired)(void);
};

/* Loads the library of that name and looks its calls up; ends the program, saying why, if that fails. */
struct allocator allocator_load(const char *name);

/* Makes the heap, for those that are started by a call. */
void allocator_start(struct allocator *allocator);

/* mmap and munmap calls of our provider so far. */
extern size_t provider_acquires, provider_releases;

#endif
