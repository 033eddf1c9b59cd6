/* SPDX-License-Identifier: MIT
 *
 * posix.c: the provider over mmap where munmap fails, as it does when a process has as many mappings as it may have:
 * nothing is lost, and errno stays as it is. The munmap() and mmap() below stand in front of the C library's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mmap_source.h"

static unsigned passed, failed;
static bool munmap_fails, mmap_fails;
static unsigned munmap_calls;
static size_t mapped_bytes;

int munmap(void *address, size_t bytes)
{
    munmap_calls++;
    if (munmap_fails) {
        errno = ENOMEM;
        return -1;
    }
    mapped_bytes -= bytes;
    errno = EINTR; /* a call that succeeds may leave anything there */
    return (int)syscall(SYS_munmap, address, bytes);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
{
    if (mmap_fails) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    mapped_bytes += bytes;
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, file,
                           offset); /* NOLINT(performance-no-int-to-ptr) */
}

static void check(bool holds, const char *text, int line)
{
    if (!holds)
        printf("FAIL %s:%d: %s\n", __FILE__, line, text);
    failed += !holds;
    passed += holds;
}

#define CHECK(condition) check(condition, #condition, __LINE__)

enum { PIECE = 1 << 20 };

static void test_release_keeps_errno_whether_munmap_fails_or_not(void)
{
    const struct quarry_source source = quarry_mmap_source();
    for (unsigned round = 0; round < 2; round++) {
        void *memory = source.acquire(NULL, PIECE, 4096);
        munmap_fails = round == 1;
        errno = EILSEQ;
        source.release(NULL, memory, PIECE);
        CHECK(errno == EILSEQ);
        CHECK(mapped_bytes == (round == 1 ? PIECE : 0));
        munmap_fails = false;
    }
    source.release(NULL, source.acquire(NULL, PIECE, 4096), PIECE);
    CHECK(mapped_bytes == 0); /* what could not be unmapped was tried again */
}

static void test_memory_that_was_not_unmapped_serves_when_there_is_no_other(void)
{
    const struct quarry_source source = quarry_mmap_source();
    unsigned char *memory = source.acquire(NULL, PIECE, 4096), *longer = source.acquire(NULL, 2 * PIECE, 4096);
    munmap_fails = true;
    source.release(NULL, memory, PIECE);
    source.release(NULL, longer, 2 * PIECE);
    mmap_fails = true;
    errno = EILSEQ;
    CHECK(source.acquire(NULL, 2 * PIECE, 4096) == longer);
    CHECK(errno == EILSEQ);
    CHECK(source.acquire(NULL, 2 * PIECE, 4096) == NULL);
    CHECK(errno == ENOMEM);
    CHECK(source.acquire(NULL, PIECE, 4096) == memory);
    munmap_fails = mmap_fails = false;
    memset(memory, 1, PIECE);
    memset(longer, 2, 2 * PIECE);
    source.release(NULL, memory, PIECE);
    source.release(NULL, longer, 2 * PIECE);
    CHECK(mapped_bytes == 0);
}

static void test_ends_of_an_aligned_mapping_that_were_not_unmapped_are_tried_again(void)
{
    const struct quarry_source source = quarry_mmap_source();
    munmap_fails = true;
    errno = EILSEQ;
    unsigned char *memory = source.acquire(NULL, PIECE, PIECE);
    CHECK(errno == EILSEQ);
    CHECK((uintptr_t)memory % PIECE == 0);
    CHECK(mapped_bytes == 2 * PIECE);
    memset(memory, 1, PIECE);
    munmap_fails = false;
    source.release(NULL, memory, PIECE);
    CHECK(mapped_bytes == 0);
}

static void test_resizing_keeps_errno(void)
{
    const struct quarry_source source = quarry_mmap_source();
    void *memory = source.acquire(NULL, 2 * PIECE, 4096);
    munmap_fails = true;
    errno = EILSEQ;
    CHECK(!source.truncate(NULL, memory, 2 * PIECE, PIECE));
    CHECK(errno == EILSEQ);
    munmap_fails = false;
    CHECK(source.truncate(NULL, memory, 2 * PIECE, PIECE));
    CHECK(errno == EILSEQ);
    const bool extended = source.extend(NULL, memory, PIECE, 2 * PIECE); /* by mremap, which is not counted */
    mapped_bytes += extended ? PIECE : 0;
    CHECK(!source.extend(NULL, memory, extended ? 2 * PIECE : PIECE, SIZE_MAX / 4 & ~(size_t)4095));
    CHECK(errno == EILSEQ);
    source.release(NULL, memory, extended ? 2 * PIECE : PIECE);
    CHECK(mapped_bytes == 0);
}

static void test_free_of_a_huge_block_keeps_errno_and_loses_nothing(void)
{
    const struct quarry_source source = quarry_mmap_source();
    struct quarry_heap *heap = quarry_create_from_source(&source, NULL);
    void *block = quarry_malloc(heap, 8 * PIECE);
    munmap_fails = true;
    errno = EILSEQ;
    quarry_free(heap, block);
    CHECK(errno == EILSEQ);
    CHECK(munmap_calls != 0);
    munmap_fails = false;
    CHECK(quarry_check(heap));
    quarry_destroy(heap);
    CHECK(mapped_bytes == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0); /* so that the C library maps nothing in between */
    test_release_keeps_errno_whether_munmap_fails_or_not();
    test_memory_that_was_not_unmapped_serves_when_there_is_no_other();
    test_ends_of_an_aligned_mapping_that_were_not_unmapped_are_tried_again();
    test_resizing_keeps_errno();
    test_free_of_a_huge_block_keeps_errno_and_loses_nothing();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
