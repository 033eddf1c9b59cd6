/* SPDX-License-Identifier: MIT
 *
 * calls.c: a C program on newlib, nano or picolibc whose allocator is Quarry: every function of the family, what the
 * libc itself allocates, errors, exhaustion, misuse, and use before main().
 *
 * Each block is looked up in Quarry's heap, so the program fails with the libc's own allocator.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "libc_heap.h"

#ifdef __PICOLIBC__
#define IS_PICOLIBC 1
#else
#define IS_PICOLIBC 0
#include <reent.h>
#endif
#if IS_PICOLIBC || defined(_NANO_FORMATTED_IO)
#define REALLOC_0_FREES 1
#else
#define REALLOC_0_FREES 0
#endif

/* What headers of these versions do not declare. */
void free_sized(void *block, size_t bytes);
void free_aligned_sized(void *block, size_t align_bytes, size_t bytes);
int posix_memalign(void **block, size_t align_bytes, size_t bytes);
void *aligned_alloc(size_t align_bytes, size_t bytes);
void *reallocarray(void *block, size_t count, size_t bytes);
void *reallocf(void *block, size_t bytes);
int malloc_trim(size_t pad_bytes);
void *pvalloc(size_t bytes);
void *valloc(size_t bytes);
void cfree(void *block);
int asprintf(char **text, const char *format, ...);
char *strndup(const char *text, size_t bytes);

/* --- misuse --- */

static enum quarry_misuse_kind misuse_kind;
static const void *misuse_pointer;

void quarry_panic(const struct quarry_misuse *misuse)
{
    misuse_kind = misuse->kind;
    misuse_pointer = misuse->pointer;
}

static bool reported(enum quarry_misuse_kind kind, const void *pointer)
{
    const bool holds = misuse_kind == kind && misuse_pointer == pointer;
    misuse_kind = 0;
    misuse_pointer = NULL;
    return holds;
}

/* The compiler knows that a use after free is one, and warns; it does not know what passes through here. */
static void *hide(void *block)
{
    __asm__("" : "+r"(block));
    return block;
}

/* So the compiler does not know either how much is asked for. */
static volatile size_t most_bytes = SIZE_MAX;

/* --- use before main() --- */

static char *block_of_preinit, *block_of_constructor;

static void allocate_before_constructors(void)
{
    block_of_preinit = malloc(40);
    strcpy(block_of_preinit, "before constructors");
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = allocate_before_constructors;

__attribute__((constructor(101))) static void allocate_in_constructor(void)
{
    block_of_constructor = realloc(malloc(10), 300);
    strcpy(block_of_constructor, "in a constructor");
}

/* --- helpers --- */

static bool is_from_heap(const void *block)
{
    return block != NULL && quarry_owns(quarry_libc_heap(), block);
}

static size_t used_bytes(void)
{
    struct quarry_stats stats;
    quarry_get_stats(quarry_libc_heap(), &stats);
    return stats.used_bytes;
}

static bool is_filled(const unsigned char *bytes, size_t count, unsigned char value)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != value)
            return false;
    }
    return true;
}

static bool is_aligned(const void *block, size_t align_bytes)
{
    return ((uintptr_t)block & (align_bytes - 1)) == 0;
}

/* --- tests --- */

static void test_blocks_from_before_main_are_live(void)
{
    CHECK(is_from_heap(block_of_preinit));
    CHECK(strcmp(block_of_preinit, "before constructors") == 0);
    CHECK(is_from_heap(block_of_constructor));
    CHECK(strcmp(block_of_constructor, "in a constructor") == 0);
    free(block_of_preinit);
    free(block_of_constructor);
    CHECK(!quarry_owns(quarry_libc_heap(), hide(block_of_preinit)));
}

static void test_each_function_of_the_family_uses_the_heap(void)
{
    const size_t before_bytes = used_bytes();
    void *blocks[16] = {malloc(100),      calloc(10, 20),          realloc(NULL, 30),       reallocf(NULL, 40),
                        memalign(64, 10), aligned_alloc(256, 100), reallocarray(NULL, 5, 8)};
    CHECK(posix_memalign(&blocks[7], 128, 500) == 0);
    for (unsigned i = 0; i < 8; i++) {
        CHECK(is_from_heap(blocks[i]));
    }
    CHECK(is_filled(blocks[1], 200, 0));
    CHECK(is_aligned(blocks[4], 64) && is_aligned(blocks[5], 256) && is_aligned(blocks[7], 128));
    CHECK(malloc_usable_size(blocks[0]) >= 100);
    CHECK(malloc_usable_size(NULL) == 0);
    CHECK(mallinfo().uordblks == used_bytes());
    CHECK(mallinfo().arena >= mallinfo().uordblks + mallinfo().fordblks);
    CHECK(mallinfo().ordblks >= 1);
    CHECK(mallopt(-1, 1000) == 0);
    CHECK(malloc_trim(0) == 0);
    free(blocks[0]);
    cfree(blocks[1]);
    free_sized(blocks[2], 30);
    free(blocks[3]);
    free(blocks[4]);
    free_aligned_sized(blocks[5], 256, 100);
    free(blocks[6]);
    free(blocks[7]);
    CHECK(used_bytes() == before_bytes);
    CHECK(misuse_kind == 0);
}

static void test_page_aligned_blocks(void)
{
    const size_t before_bytes = used_bytes();
    void *block = valloc(100), *pages = pvalloc(4097);
    CHECK(is_from_heap(block) && is_aligned(block, 4096));
    CHECK(is_from_heap(pages) && is_aligned(pages, 4096) && malloc_usable_size(pages) >= 8192);
    free(block);
    free(pages);
    errno = 0;
    CHECK(pvalloc(most_bytes) == NULL && errno == ENOMEM);
    CHECK(used_bytes() == before_bytes);
}

static void test_realloc_keeps_contents_and_frees_what_the_libc_frees(void)
{
    const size_t before_bytes = used_bytes();
    unsigned char *block = malloc(50);
    memset(block, 7, 50);
    for (size_t bytes = 100; bytes <= 6400; bytes *= 2) {
        block = realloc(block, bytes);
        CHECK(is_from_heap(block));
        if (block == NULL)
            return;
        CHECK(is_filled(block, bytes / 2 < 50 ? 50 : bytes / 2, 7));
        memset(block, 7, bytes);
    }
    errno = 0;
    unsigned char *smallest = realloc(block, 0);
    CHECK((smallest == NULL) == REALLOC_0_FREES);
    CHECK(errno == 0);
    free(smallest);
    CHECK(reallocf(malloc(10), most_bytes / 4) == NULL);
    free(reallocf(malloc(10), 0));
    CHECK(used_bytes() == before_bytes);
    CHECK(misuse_kind == 0);
}

static void test_the_libc_allocates_from_the_heap(void)
{
    const size_t before_bytes = used_bytes();
    char *text = NULL, *copy = strdup("boiler"), *part = strndup("boiler", 4);
    CHECK(is_from_heap(copy) && is_from_heap(part) && strcmp(part, "boil") == 0);
    CHECK(asprintf(&text, "%.3f %s %g", 3.14159, copy, 1e30) == 18);
    CHECK(is_from_heap(text) && strcmp(text, "3.142 boiler 1e+30") == 0);
    free(text);
    free(copy);
    free(part);
    CHECK(used_bytes() == before_bytes);
}

#if !IS_PICOLIBC
static void test_streams_in_memory(void)
{
    char *text = NULL, *line = NULL, source[] = "one\ntwo and three\n";
    size_t bytes = 0, line_bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    for (int i = 0; i < 100; i++) {
        CHECK(fprintf(stream, "%d;", i) > 0);
    }
    CHECK(fclose(stream) == 0);
    CHECK(is_from_heap(text) && bytes == 290);
    free(text);
    stream = fmemopen(source, sizeof source - 1, "r");
    CHECK(stream != NULL);
    CHECK(__getline(&line, &line_bytes, stream) == 4 && strcmp(line, "one\n") == 0);
    CHECK(__getline(&line, &line_bytes, stream) == 14 && is_from_heap(line));
    fclose(stream);
    free(line);
}

static void test_reentrant_names_set_the_errno_they_get(void)
{
    struct _reent reent;
    memset(&reent, 0, sizeof reent);
    errno = 0;
    CHECK(_malloc_r(&reent, most_bytes / 2) == NULL);
    CHECK(reent._errno == ENOMEM && errno == 0);
    reent._errno = 0;
    CHECK(_memalign_r(&reent, 24, 8) == NULL);
    CHECK(reent._errno == EINVAL && errno == 0);
    reent._errno = 0;
    void *block = _calloc_r(&reent, 3, 5);
    block = _realloc_r(&reent, block, 100);
    CHECK(is_from_heap(block) && _malloc_usable_size_r(&reent, block) >= 100);
    _free_r(&reent, block);
    CHECK(_reallocf_r(&reent, _malloc_r(&reent, 9), most_bytes / 2) == NULL && reent._errno == ENOMEM);
    reent._errno = 0;
    CHECK(_mallopt_r(&reent, 1, 1) == 0 && _malloc_trim_r(&reent, 0) == 0);
    CHECK(_mallinfo_r(&reent).uordblks == used_bytes());
    CHECK(reent._errno == 0);
}
#endif

static void test_what_cannot_be_is_null_with_errno(void)
{
    const size_t before_bytes = used_bytes();
    unsigned char *block = malloc(64);
    void *untouched = block;
    memset(block, 5, 64);
    errno = 0;
    CHECK(malloc(most_bytes / 2) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(most_bytes / 2, 3) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(realloc(hide(block), most_bytes - 5) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(reallocarray(hide(block), most_bytes / 4, 5) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(aligned_alloc(24, 48) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(memalign(0, 48) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(memalign(16, most_bytes / 2) == NULL && errno == ENOMEM);
    errno = EILSEQ;
    CHECK(posix_memalign(&untouched, 2, 8) == EINVAL && posix_memalign(&untouched, 24, 8) == EINVAL);
    CHECK(posix_memalign(&untouched, 8, most_bytes / 2) == ENOMEM);
    CHECK(untouched == block && is_filled(block, 64, 5));
    free(block);
    free(NULL);
    CHECK(errno == EILSEQ);
    CHECK(used_bytes() == before_bytes);
}

static void test_exhaustion_ends_and_memory_comes_back(void)
{
    struct quarry_stats before, after;
    quarry_get_stats(quarry_libc_heap(), &before);
    void **list = NULL;
    size_t count = 0;
    const size_t bytes = before.largest_free_bytes / 200; /* so that some 200 blocks fit */
    for (void **block; (block = malloc(bytes)) != NULL; count++) {
        *block = list;
        list = block;
    }
    CHECK(errno == ENOMEM);
    CHECK(count > 150);
    while (list != NULL) {
        void **next = *list;
        free(list);
        list = next;
    }
    quarry_get_stats(quarry_libc_heap(), &after);
    CHECK(after.used_bytes == before.used_bytes && after.largest_free_bytes == before.largest_free_bytes);
    void *largest = malloc(before.largest_free_bytes);
    CHECK(is_from_heap(largest));
    free(largest);
}

static void test_misuse_is_reported_and_changes_nothing(void)
{
    static char never_a_block[64];
    const size_t before_bytes = used_bytes();
    char *block = malloc(100), *freed = malloc(200);
    free(freed);
    CHECK(misuse_kind == 0);
    free(hide(freed));
    CHECK(reported(QUARRY_DOUBLE_FREE, hide(freed)));
    free((char *)hide(block) + 8);
    CHECK(reported(QUARRY_INVALID_POINTER, block + 8));
    free(hide(never_a_block));
    CHECK(reported(QUARRY_INVALID_POINTER, never_a_block));
    CHECK(realloc(hide(never_a_block), 10) == NULL && reported(QUARRY_INVALID_POINTER, never_a_block));
    CHECK(malloc_usable_size(hide(never_a_block)) == 0 && reported(QUARRY_INVALID_POINTER, never_a_block));
    CHECK(quarry_check(quarry_libc_heap()) && is_from_heap(block));
    free(block);
    CHECK(used_bytes() == before_bytes);
}

/* More than a hundred requests, and each must be served. */
static void test_many_blocks(void)
{
    const size_t before_bytes = used_bytes();
    enum { BLOCKS = 64 };
    char *texts[BLOCKS] = {NULL};
    unsigned random = 1;
    for (unsigned i = 0; i < 2000; i++) {
        random = random * 1103515245u + 12345u;
        char **text = &texts[(random >> 16) % BLOCKS];
        if (*text != NULL) {
            CHECK((*text)[0] == 'q');
            free(*text);
        }
        *text = (random & 0x8000) != 0 ? strdup("quarry") : malloc(1 + (random >> 20) % 200);
        CHECK(is_from_heap(*text));
        if (*text != NULL)
            (*text)[0] = 'q';
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(texts[i]);
    }
    CHECK(used_bytes() == before_bytes);
    CHECK(quarry_check(quarry_libc_heap()));
}

int main(void)
{
    printf("%.2f and a first line, for which the libc may allocate\n", 0.25);
    test_blocks_from_before_main_are_live();
    test_each_function_of_the_family_uses_the_heap();
    test_page_aligned_blocks();
    test_realloc_keeps_contents_and_frees_what_the_libc_frees();
    test_the_libc_allocates_from_the_heap();
#if !IS_PICOLIBC
    test_streams_in_memory();
    test_reentrant_names_set_the_errno_they_get();
#endif
    test_what_cannot_be_is_null_with_errno();
    test_many_blocks();
    if (checks_failed != 0)
        return report_checks(); /* an allocator that is not Quarry would not survive what comes now */
    test_exhaustion_ends_and_memory_comes_back();
    test_misuse_is_reported_and_changes_nothing();
    malloc_stats();
    return report_checks();
}
