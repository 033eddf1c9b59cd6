/* SPDX-License-Identifier: MIT
 *
 * family.c: a process whose allocator LD_PRELOAD replaces: every function, threads, fork() while threads allocate,
 * calls before constructors. With the argument "misuse" it frees a block twice, which must end it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../newlib/check.h"

/* Weak: this C library does not have them yet. */
void free_sized(void *block, size_t bytes) __attribute__((weak));
void free_aligned_sized(void *block, size_t align_bytes, size_t bytes) __attribute__((weak));

/* --- before main() --- */

static char *block_of_preinit;

static void allocate_before_constructors(void)
{
    block_of_preinit = malloc(40);
    strcpy(block_of_preinit, "before constructors");
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = allocate_before_constructors;

/* --- the family --- */

static volatile size_t most_bytes = SIZE_MAX;

static bool is_aligned(const void *block, size_t align_bytes)
{
    return block != NULL && ((uintptr_t)block & (align_bytes - 1)) == 0;
}

static void test_each_function(void)
{
    const size_t before_bytes = mallinfo2().uordblks;
    void *block = NULL;
    CHECK(posix_memalign(&block, 4096, 100) == 0 && is_aligned(block, 4096));
    free_aligned_sized(block, 4096, 100);
    CHECK(is_aligned(block = aligned_alloc(64, 128), 64) && malloc_usable_size(block) >= 128);
    free(block);
    CHECK(is_aligned(block = memalign(1 << 20, 100), 1 << 20));
    free(block);
    CHECK(is_aligned(block = memalign(24, 100), 32)); /* rounded up, as glibc's */
    free(block);
    CHECK(is_aligned(block = valloc(1), 4096));
    free(block);
    CHECK(is_aligned(block = pvalloc(1), 4096) && malloc_usable_size(block) >= 4096);
    free(block);
    CHECK(is_aligned(block = malloc(24), 16) || is_aligned(block, 8));
    free_sized(block, 24);
    CHECK((block = reallocarray(NULL, 10, 10)) != NULL);
    CHECK(realloc(block, 0) == NULL);
    CHECK((block = calloc(1000, 1000)) != NULL && ((char *)block)[999999] == 0);
    CHECK((block = realloc(block, 100)) != NULL);
    free(block);
    CHECK(mallinfo2().uordblks == before_bytes);
    CHECK(mallinfo2().arena >= mallinfo2().uordblks);
    CHECK(mallopt(M_MMAP_THRESHOLD, 1000) == 1);
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *stream = open_memstream(&text, &text_bytes);
    CHECK(malloc_info(0, stream) == 0 && fclose(stream) == 0 && strstr(text, "<malloc version=") == text);
    free(text);
}

static void test_refusals_set_errno(void)
{
    void *block = NULL;
    errno = 0;
    CHECK(malloc(most_bytes / 2) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(most_bytes / 2, 3) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(reallocarray(NULL, most_bytes / 2, 3) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(aligned_alloc(most_bytes / 4 + 1, 100) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(pvalloc(most_bytes) == NULL && errno == ENOMEM);
    errno = EILSEQ;
    CHECK(posix_memalign(&block, 24, 10) == EINVAL && posix_memalign(&block, 64, most_bytes / 2) == ENOMEM);
    free(malloc(5000000));
    CHECK(errno == EILSEQ);
}

/* --- threads and fork() --- */

static volatile bool must_stop;

static void *allocate_all_the_time(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    unsigned char *blocks[32] = {NULL};
    size_t wrong = 0;
    for (unsigned i = 0; i < 20000 || !must_stop; i++) {
        random = random * 1103515245u + 12345u;
        unsigned char **block = &blocks[(random >> 16) % 32];
        wrong += *block != NULL && **block != (unsigned char)(uintptr_t)seed;
        void *resized = realloc(*block, 1 + (random >> 8) % 5000);
        wrong += resized == NULL;
        if (resized == NULL)
            continue;
        *block = resized;
        **block = (unsigned char)(uintptr_t)seed;
    }
    for (unsigned i = 0; i < 32; i++) {
        free(blocks[i]);
    }
    return (void *)wrong; /* NOLINT(performance-no-int-to-ptr) */
}

static unsigned handler_calls;

static void allocate_in_handler(void)
{
    free(malloc(100));
    handler_calls++;
}

/* These handlers are around those of the allocator: registered before them in the child's and the parent's order. */
__attribute__((constructor(101))) static void handle_forks(void)
{
    pthread_atfork(allocate_in_handler, allocate_in_handler, allocate_in_handler);
}

static void test_fork_while_threads_allocate(void)
{
    enum { THREADS = 3, FORKS = 50 };
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, allocate_all_the_time, (void *)(i + 1)) == 0);
    }
    unsigned good_children = 0;
    for (unsigned i = 0; i < FORKS; i++) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(20); /* a child that waits for a lock that no thread holds */
            char *block = realloc(malloc(100), 100000);
            _exit(block != NULL ? 0 : 1);
        }
        int status = 1;
        waitpid(child, &status, 0);
        good_children += status == 0;
    }
    must_stop = true;
    for (unsigned i = 0; i < THREADS; i++) {
        void *wrong = threads;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    CHECK(good_children == FORKS);
    CHECK(handler_calls == 2 * FORKS);
}

int main(int count, char **arguments)
{
    CHECK(strcmp(block_of_preinit, "before constructors") == 0);
    void *neighbour = malloc(40); /* so that their run stays, and the second free is known as one */
    for (int i = 0; i < (count > 1 && strcmp(arguments[1], "misuse") == 0 ? 2 : 1); i++) {
        free(block_of_preinit);
    }
    free(neighbour);
    CHECK(free_sized != NULL && free_aligned_sized != NULL);
    if (checks_failed != 0)
        return report_checks();
    test_each_function();
    test_refusals_set_errno();
    test_fork_while_threads_allocate();
    return report_checks();
}
