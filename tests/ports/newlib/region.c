/* SPDX-License-Identifier: MIT
 *
 * region.c: the heap lies where the linker's symbols say. The linker's command line defines those of one convention,
 * and expected_start and expected_bytes. Without memory each request is refused, and a pointer to free is reported.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "libc_heap.h"

/* Weak, so that the compiler believes that an address may be 0. */
extern char expected_start[] __attribute__((weak)), expected_bytes[] __attribute__((weak));

static enum quarry_misuse_kind misuse_kind;
static void *volatile not_a_block = &misuse_kind;

void quarry_panic(const struct quarry_misuse *misuse)
{
    misuse_kind = misuse->kind;
}

static void test_without_memory_each_request_is_refused(void)
{
    errno = 0;
    CHECK(malloc(1) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(1, 1) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(realloc(NULL, 1) == NULL && errno == ENOMEM);
    free(NULL);
    CHECK(misuse_kind == 0);
    free(not_a_block);
    CHECK(misuse_kind == QUARRY_INVALID_POINTER);
    misuse_kind = 0;
    CHECK(realloc(not_a_block, 10) == NULL && misuse_kind == QUARRY_INVALID_POINTER);
}

static void test_the_heap_lies_where_the_symbols_say(void)
{
    struct quarry_stats stats;
    quarry_get_stats(quarry_libc_heap(), &stats);
    CHECK(stats.acquired_bytes == (size_t)expected_bytes);
    char *block = malloc(stats.largest_free_bytes);
    CHECK(block != NULL && block > expected_start);
    CHECK((uintptr_t)block + stats.largest_free_bytes <= (uintptr_t)expected_start + stats.acquired_bytes);
}

int main(void)
{
    if (quarry_libc_heap() == NULL)
        test_without_memory_each_request_is_refused();
    else
        test_the_heap_lies_where_the_symbols_say();
    CHECK((quarry_libc_heap() == NULL) == ((size_t)expected_bytes == 0));
    return report_checks();
}
