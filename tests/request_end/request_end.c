/* SPDX-License-Identifier: MIT
 *
 * request_end.c: the image that counts the instructions of a request's end, and fails if they depend on blocks: ten of
 * them, or ten thousand, of one size or many, some freed before, in one chunk or in several.
 *
 * Exact, under QEMU's -icount: see measure.h. Ends with "N passed, N failed".
 */
#include "../../examples/common/print.h"
#include "../bench/instructions/measure.h"
#include "machine.h"
#include "quarry/emalloc.h"

enum { FEW = 10, MANY = 10000, SETTLING_REQUESTS = 12 };

/* Room for the blocks of every case. */
#define REGION_BYTES ((size_t)3 << 20)

static unsigned passed, failed;

static void *find_ram(size_t bytes)
{
    struct machine_ram ram;
    for (unsigned index = 0; (ram = machine_free_ram(index)).bytes != 0; index++) {
        size_t odd = -(uintptr_t)ram.start & 15;
        if (ram.bytes >= odd && ram.bytes - odd >= bytes)
            return (char *)ram.start + odd;
    }
    return NULL;
}

static void judge(bool good, const char *what, uint32_t few, uint32_t many)
{
    passed += good;
    failed += !good;
    print_text(good ? "ok " : "FAIL ");
    print_text(what);
    print_text(": ");
    print_number(few, 0);
    print_text(" instructions, ");
    print_number(many, 0);
    print_text("\n");
}

/* So many blocks, of 24 bytes or of 1 to 64; every third is freed again, if that is wanted. */
static void take(unsigned count, bool mixed, bool frees)
{
    for (unsigned i = 0; i < count; i++) {
        void *block = mixed ? emalloc(1 + i % 64) : emalloc(24);
        if (frees && i % 3 == 0)
            efree(block);
    }
}

static uint32_t end_instructions(void)
{
    uint32_t instructions;
    measure(MEASURED(shutdown_memory_manager), true, false, 0, 0, &instructions);
    return instructions;
}

/* What is kept must be the same in both cases. */
static void settle(void)
{
    for (unsigned i = 0; i < SETTLING_REQUESTS; i++)
        shutdown_memory_manager(true, false);
}

static void compare(const char *what, bool mixed, bool frees)
{
    settle();
    take(FEW, mixed, frees);
    uint32_t few = end_instructions();
    settle();
    take(MANY, mixed, frees);
    uint32_t many = end_instructions();
    judge(few == many, what, few, many);
}

/* Chunks that are full of blocks, and as many that have one each. They need not lie at the same addresses, by which
 * they are found, nor go in the same order; that makes a few instructions for each. */
enum { CHUNK_TOLERANCE = 4 };

static void compare_chunks(size_t chunk_bytes)
{
    settle();
    take(MANY, false, false);
    size_t chunks = zend_memory_usage(true) / chunk_bytes;
    uint32_t many = end_instructions();
    settle();
    for (size_t i = 0; i < chunks; i++)
        emalloc(chunk_bytes / 8 * 5);
    bool is_alike = chunks > 1 && zend_memory_usage(true) == chunks * chunk_bytes;
    uint32_t few = end_instructions();
    uint32_t more = few < many ? many - few : few - many;
    judge(is_alike && more <= CHUNK_TOLERANCE * chunks, "several chunks, with a block each and full of them", few,
          many);
}

static bool start(void *region, size_t chunk_bytes)
{
    const struct quarry_memory memory = {
            .region = region, .region_bytes = REGION_BYTES, .options = {.chunk_bytes = chunk_bytes}};
    return start_memory_manager(&memory);
}

int main(void)
{
    void *region = find_ram(REGION_BYTES);
    if (region == NULL || !measure_start() || !start(region, (size_t)1 << 20)) {
        print_text("cannot start\n");
        return 1;
    }
    compare("10 and 10,000 blocks", false, false);
    compare("10 and 10,000 blocks of many sizes", true, false);
    compare("10 and 10,000 blocks, of which some are freed", true, true);
    shutdown_memory_manager(true, true);
    if (!start(region, (size_t)64 << 10))
        return 1;
    compare_chunks((size_t)64 << 10);
    shutdown_memory_manager(true, true);
    print_number(passed, 0);
    print_text(" passed, ");
    print_number(failed, 0);
    print_text(" failed\n");
    return failed != 0;
}
