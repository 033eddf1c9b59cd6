/* SPDX-License-Identifier: MIT
 *
 * constant.c: emalloc(24) and the end of a request, of the original and of Quarry in one program, to be run under
 * callgrind by instructions.py.
 *
 * Each thing that is measured has a function of its own here, which is not inlined: callgrind tells for every pair of
 * caller and callee how many calls there were and what they cost, all that they called included, so the caller's name
 * says what was measured. The original is loaded so that its names, many of which are Quarry's too, stay its own.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mmap_source.h"
#include "quarry/emalloc.h"

/* So many requests without need let the average forget what the first one needed. */
enum { BLOCKS = 100000, LIVE = 20, FEW = 10, MANY = 10000, SETTLING_REQUESTS = 12 };

/* What the original's macros make of emalloc(24) and of efree_size(block, 24). */
static void *(*original_emalloc_24)(void);
static void (*original_efree_24)(void *block);
static void (*original_end)(bool silent, bool full_shutdown);

static void *blocks[BLOCKS];

/* Through an integer: ISO C has no conversion from an object's pointer to a function's. */
static uintptr_t find(void *library, const char *symbol)
{
    void *found = dlsym(library, symbol);
    if (found == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    return (uintptr_t)found;
}

static void load_original(void)
{
    /* All names are looked up now: the first call of a function must not cost more. */
    void *library = dlopen("libphp8.2.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    original_emalloc_24 = (void *(*)(void))find(library, "_emalloc_24");
    original_efree_24 = (void (*)(void *))find(library, "_efree_24");
    original_end = (void (*)(bool, bool))find(library, "shutdown_memory_manager");
    ((void (*)(void))find(library, "start_memory_manager"))();
}

static void load_quarry(void)
{
    const struct quarry_source source = quarry_mmap_source();
    const struct quarry_memory memory = {.source = &source};
    if (!start_memory_manager(&memory))
        exit(2);
}

/* One block at a time, the one that was freed last: beside no other block, and then beside some that live. */
__attribute__((noinline)) static void original_alone(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        original_efree_24(original_emalloc_24());
}

__attribute__((noinline)) static void quarry_alone(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        efree_size(emalloc(24), 24);
}

__attribute__((noinline)) static void original_warm(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[LIVE] = original_emalloc_24();
        original_efree_24(blocks[LIVE]);
    }
}

__attribute__((noinline)) static void quarry_warm(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[LIVE] = emalloc(24);
        efree_size(blocks[LIVE], 24);
    }
}

/* Blocks that were never used before, in the first request. */
__attribute__((noinline)) static void original_fresh(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = original_emalloc_24();
}

__attribute__((noinline)) static void quarry_fresh(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = emalloc(24);
}

__attribute__((noinline)) static void original_free(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        original_efree_24(blocks[i]);
}

__attribute__((noinline)) static void quarry_free_all(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        efree_size(blocks[i], 24);
}

/* The two do not have the same code, or the compiler would make one function of them. */
__attribute__((noinline)) static void original_end_few(void)
{
    for (size_t i = 0; i < FEW; i++)
        blocks[i] = original_emalloc_24();
    original_end(true, false);
}

__attribute__((noinline)) static void original_end_many(void)
{
    for (size_t i = 0; i < MANY; i++)
        blocks[i] = original_emalloc_24();
    original_end(true, false);
}

__attribute__((noinline)) static void quarry_end_few(void)
{
    for (size_t i = 0; i < FEW; i++)
        blocks[i] = emalloc(24);
    shutdown_memory_manager(true, false);
}

__attribute__((noinline)) static void quarry_end_many(void)
{
    for (size_t i = 0; i < MANY; i++)
        blocks[i] = emalloc(24);
    shutdown_memory_manager(true, false);
}

static void measure_original(void)
{
    original_fresh();
    original_free();
    original_end(true, false);
    original_efree_24(original_emalloc_24());
    original_alone();
    for (size_t i = 0; i < LIVE; i++)
        blocks[i] = original_emalloc_24();
    original_efree_24(original_emalloc_24());
    original_warm();
    for (size_t i = 0; i < SETTLING_REQUESTS; i++)
        original_end(true, false);
    original_end_few();
    original_end_many();
}

static void measure_quarry(void)
{
    quarry_fresh();
    quarry_free_all();
    shutdown_memory_manager(true, false);
    efree(emalloc(24));
    quarry_alone();
    for (size_t i = 0; i < LIVE; i++)
        blocks[i] = emalloc(24);
    efree(emalloc(24));
    quarry_warm();
    for (size_t i = 0; i < SETTLING_REQUESTS; i++)
        shutdown_memory_manager(true, false);
    quarry_end_few();
    quarry_end_many();
}

int main(void)
{
    load_original();
    load_quarry();
    measure_original();
    measure_quarry();
    return 0;
}
