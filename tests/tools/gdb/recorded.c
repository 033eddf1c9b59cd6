/* SPDX-License-Identifier: MIT
 *
 * recorded.c: a process that makes every kind of event, and writes its ring and its stream to the files that are named.
 * record.sh compares the traces made of them with what is called here.
 */
#include <stdio.h>

#include "quarry.h"
#include "quarry_ring.h"

static unsigned char region[16 * 1024];

static void put(void *context, const void *data, size_t bytes)
{
    fwrite(data, bytes, 1, context);
}

static void misuse(void *context, const struct quarry_misuse *found)
{
    (void)context, (void)found;
}

int main(int argc, char **argv)
{
    const struct quarry_options options = {.on_misuse = misuse};
    struct quarry_heap *heap = quarry_create(region, sizeof region, &options);
    uintptr_t next = 0;
    if (argc != 3)
        return 2;
    FILE *stream = fopen(argv[2], "wb"), *ring = fopen(argv[1], "wb");
    if (stream == NULL || ring == NULL)
        return 2;
    void *first = quarry_malloc(heap, 100);            /* a 0 100 */
    void *second = quarry_calloc(heap, 3, 7);          /* a 1 21 */
    quarry_free(heap, first);                          /* f 0 */
    quarry_free(heap, first);                          /* a misuse: no event */
    quarry_free(heap, NULL);                           /* nothing */
    void *third = quarry_aligned_alloc(heap, 64, 200); /* a 0 200 */
    second = quarry_realloc(heap, second, 3000);       /* r 1 3000 */
    quarry_ring_drain(&next, put, stream);
    quarry_malloc(heap, 1000000);                        /* x 1000000 */
    quarry_realloc(heap, second, 2000000);               /* x 2000000 */
    second = quarry_realloc(heap, second, 50);           /* r 1 50 */
    void *fourth = quarry_realloc(heap, NULL, 10);       /* a 2 10 */
    fourth = quarry_aligned_realloc(heap, fourth, 8, 9); /* r 2 9 */
    quarry_resize(heap, third, 190);                     /* r 0 190 */
    quarry_resize(heap, third, 100000);                  /* false: no event */
    quarry_free_sized(heap, fourth, 9);                  /* f 2 */
    quarry_ring_drain(&next, put, stream);
    fclose(stream);
    fwrite(&quarry_ring, sizeof quarry_ring, 1, ring);
    return fclose(ring) == 0 && quarry_check(heap) && second != NULL ? 0 : 1;
}
