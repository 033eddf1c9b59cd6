/* SPDX-License-Identifier: MIT
 *
 * caps_test.h: what the tests of quarry/caps.h share: a set of three memories, whose heaps lie in one test region each.
 *
 *   memory     bits               preference   blocks
 *   fast       FAST                        2   as the heap has them
 *   dma        DMA | INTERNAL              1   whole lines of LINE_BYTES
 *   external   EXTERNAL                    0   as the heap has them
 *
 * ON_SET(name) { ... } is a test whose body gets struct scene *s. When it ends, blocks of all memories have been freed,
 * or the body says s->leaves_blocks.
 */
#ifndef QUARRY_CAPS_TEST_H
#define QUARRY_CAPS_TEST_H

#include "quarry/caps.h"

#include "test_heap.h"

enum { FAST = 1, DMA = 2, EXTERNAL = 4, INTERNAL = 8, RETAINED = 0x8000 };
enum { MEMORIES = 3 };
enum { MEMORY_BYTES = sizeof(void *) > 4 ? 24576 : 6144 };
enum { LINE_BYTES = 64 };

struct scene {
    struct quarry_caps caps;
    struct quarry_caps_memory memory[MEMORIES]; /* fast, dma, external */
    size_t largest_bytes[MEMORIES];             /* of the fresh heaps */
    bool leaves_blocks;
};

/* A memory whose heap lies in fresh test memory. heap NULL: the test has been marked as skipped or failed. */
struct quarry_caps_memory caps_memory(uint32_t bits, int preference, size_t bytes);

/* Are all heaps as they should be, with all blocks where their memory says? */
#define check_set(scene) (test_called_from(__LINE__), check_set_(scene))
void check_set_(struct scene *s);

/* Allocates blocks of bytes until the memory has no room for one more. */
void fill_memory(const struct quarry_caps_memory *memory, size_t bytes);

typedef void (*scene_body)(struct scene *s);
void scene_run(scene_body body);

#define ON_SET(name)                                                                                                   \
    static void name##_body(struct scene *s);                                                                          \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        scene_run(name##_body);                                                                                        \
    }                                                                                                                  \
    static void name##_body(__attribute__((unused)) struct scene *s)

#endif
