/* SPDX-License-Identifier: MIT
 *
 * region.c: the smallest region in which a whole trace runs, all control data inside it; a program for the host.
 *
 *   region TRACE.txt...
 *
 * The region starts 8 bytes after a 64-byte boundary, as a C array might. tools/traces/search.h says how its size is
 * found. Sizes are what the traces say (0 counts as 1); nothing is written to the blocks. Prints a row for each trace:
 * name, bits, peak of live bytes, region.
 */
#define _DEFAULT_SOURCE /* mmap */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../tools/traces/search.h"
#include "../region_replay.h"

enum { REGION_MOST_BYTES = 64 << 20 };

int main(int argc, char **argv)
{
    unsigned char *memory = aligned_alloc(64, REGION_MOST_BYTES + 64);
    if (memory == NULL) {
        fprintf(stderr, "region: no memory for a region\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct replay replay = {trace_file_read(argv[i]), NULL, memory + 8};
        replay.blocks = trace_memory(replay.trace.block_count * sizeof *replay.blocks);
        struct search search = {&replay, replay_runs, NULL, 0, SEARCH_TRIES_BELOW};
        size_t region_bytes = search_smallest(&search, 4 * replay.trace.peak_bytes + 4096, REGION_MOST_BYTES);
        if (region_bytes == 0) {
            fprintf(stderr, "region: %s: does not run in %d bytes\n", argv[i], REGION_MOST_BYTES);
            return 1;
        }
        replay_print_name(argv[i]);
        printf("%zu\t%zu\t%zu\n", sizeof(void *) * 8, replay.trace.peak_bytes, region_bytes);
    }
    return 0;
}
