/* SPDX-License-Identifier: MIT
 *
 * parts.c: the longest section with masked interrupts of the functions that look at pages: the check and the walk in
 * parts, of one page and of sixteen, and those that go through the whole heap in one section, for comparison.
 *
 * The heap holds small blocks of every size, half of them freed, large ones, and free runs of all lengths; once on one
 * region, and once on several that lie at powers of two, as that makes the longest paths to a chunk.
 * Prints lines like worst.c's: "row", function, heaps, most.
 */
#include "../../../examples/common/print.h"
#include "../instructions/measure.h"
#include "machine.h"
#include "quarry.h"

enum { REGION_BYTES = 64 * 1024, BLOCKS = 1500, REGIONS = 11, LEAST_OFFSET = 4096 };

static struct machine_ram ram;
static void *blocks[BLOCKS];
static uint32_t dice = 1;

static uint32_t below(uint32_t limit)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return dice % limit;
}

static struct quarry_heap *make(bool several)
{
    struct quarry_heap *heap = quarry_create(ram.start, REGION_BYTES, NULL);
    for (unsigned i = 0; several && i < REGIONS; i++)
        quarry_add_region(heap, (uint8_t *)ram.start + REGION_BYTES + ((size_t)LEAST_OFFSET << i), LEAST_OFFSET / 2);
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = quarry_malloc(heap, below(8) == 0 ? below(700) : below(130));
    for (unsigned i = 0; i < BLOCKS; i++)
        if (below(2) == 0)
            quarry_free(heap, blocks[i]);
    return heap;
}

static bool visit(void *context, const struct quarry_block *block)
{
    (void)context, (void)block;
    return true;
}

static void print_row(const char *function, bool several, uint32_t most)
{
    print_text("row\t");
    print_text(function);
    print_text(several ? "\tseveral\t" : "\tone region\t");
    print_field(most);
    print_text("\n");
}

/* The fifth argument of quarry_walk_some() does not fit measure(). */
static uintptr_t walk_some(uintptr_t heap, uintptr_t cursor, uintptr_t pages, uintptr_t unused)
{
    (void)unused;
    return quarry_walk_some((struct quarry_heap *)heap, (struct quarry_cursor *)cursor, pages, visit, NULL);
}

static void measure_parts(const char *function, measured_function *call, struct quarry_heap *heap, size_t pages,
                          bool several)
{
    struct quarry_cursor cursor = {0, 0, 0};
    uint32_t most = 0, instructions;
    uintptr_t progress;
    do {
        progress = measure(call, (uintptr_t)heap, (uintptr_t)&cursor, pages, 0, &instructions);
        most = instructions > most ? instructions : most;
    } while ((progress & 0xFF) == QUARRY_MORE);
    if ((progress & 0xFF) != QUARRY_DONE)
        machine_exit(1);
    print_row(function, several, most);
}

static void measure_all(bool several)
{
    struct quarry_heap *heap = make(several);
    uint32_t instructions;
    measure_parts("check_some, 1 page", MEASURED(quarry_check_some), heap, 1, several);
    measure_parts("check_some, 16 pages", MEASURED(quarry_check_some), heap, 16, several);
    measure_parts("walk_some, 1 page", walk_some, heap, 1, several);
    measure_parts("walk_some, 16 pages", walk_some, heap, 16, several);
    measure(MEASURED(quarry_check), (uintptr_t)heap, 0, 0, 0, &instructions);
    print_row("check, 64 KB", several, instructions);
    measure(MEASURED(quarry_walk), (uintptr_t)heap, (uintptr_t)visit, 0, 0, &instructions);
    print_row("walk, 64 KB", several, instructions);
    measure(MEASURED(quarry_reset), (uintptr_t)heap, 0, 0, 0, &instructions);
    print_row("reset, 64 KB", several, instructions);
}

int main(void)
{
    for (unsigned index = 0; machine_free_ram(index).bytes != 0; index++)
        if (machine_free_ram(index).bytes > ram.bytes)
            ram = machine_free_ram(index);
    if (!measure_start() || ram.bytes < REGION_BYTES + ((size_t)LEAST_OFFSET << REGIONS))
        return 1;
    measure_all(false);
    measure_all(true);
    print_text("searched\t0\n");
    return 0;
}
