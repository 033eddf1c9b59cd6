/* SPDX-License-Identifier: MIT
 *
 * zephyr.c: Zephyr's spin lock, which does not nest, and with CONFIG_QUARRY_NESTED_HEAPS its irq_lock(); and the malloc
 * family of ports/zephyr/malloc.c, whose names are zephyr_malloc and so on here.
 */
#define POSTURE_IS_MASKED 0x20u
#define POSTURE_IS_OPEN   0u
#include "posture.h"

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>

#ifdef CONFIG_QUARRY_NESTED_HEAPS
const bool rtos_nests = true;
#else
const bool rtos_nests = false;
#endif

int stub_sys_init(void);
struct quarry_heap *quarry_zephyr_heap(void);
void *zephyr_malloc(size_t bytes);
void *zephyr_calloc(size_t count, size_t bytes);
void *zephyr_realloc(void *block, size_t bytes);
void *zephyr_reallocarray(void *block, size_t count, size_t bytes);
void *zephyr_aligned_alloc(size_t align_bytes, size_t bytes);
void *zephyr_memalign(size_t align_bytes, size_t bytes);
int zephyr_posix_memalign(void **block, size_t align_bytes, size_t bytes);
void zephyr_free(void *block);
size_t zephyr_malloc_usable_size(void *block);

k_spinlock_key_t k_spin_lock(struct k_spinlock *lock)
{
    CHECK(lock->holder == 0);
    lock->holder = 1;
    return (k_spinlock_key_t){(int)posture_mask()};
}

void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key)
{
    CHECK(lock->holder == 1);
    lock->holder = 0;
    posture_restore((unsigned)key.key);
}

unsigned int irq_lock(void)
{
    return posture_mask();
}

void irq_unlock(unsigned int key)
{
    posture_restore(key);
}

static unsigned misuses;

void quarry_panic(const struct quarry_misuse *misuse)
{
    (void)misuse;
    misuses++;
}

static bool sets_no_memory(void *block)
{
    const bool is_set = block == NULL && errno == ENOMEM;
    errno = 0;
    return is_set;
}

static void test_family(void)
{
    void *block, *other = NULL;

    char foreign[16];
    errno = 0;
    CHECK(sets_no_memory(zephyr_malloc(10)) && sets_no_memory(zephyr_realloc(NULL, 10)));
    CHECK(zephyr_posix_memalign(&block, 16, 10) == ENOMEM && zephyr_malloc_usable_size(foreign) == 0);
    zephyr_free(NULL);
    zephyr_free(foreign);
    CHECK(misuses == 1 && sets_no_memory(zephyr_realloc(foreign, 10)) && misuses == 2);
    CHECK(stub_sys_init() == 0);
    for (unsigned i = 0; i < 300; i++) {
        block = zephyr_malloc(i);
        other = zephyr_calloc(3, i);
        CHECK(block != NULL && other != NULL && zephyr_malloc_usable_size(block) >= i);
        CHECK(other == NULL || i == 0 || (((char *)other)[0] == 0 && ((char *)other)[3 * i - 1] == 0));
        if (block != NULL)
            memset(block, 7, i);
        block = zephyr_realloc(block, 2 * i + 1);
        CHECK(block != NULL && (i == 0 || ((char *)block)[i - 1] == 7));
        zephyr_free(block);
        zephyr_free(other);
    }
    block = zephyr_aligned_alloc(256, 100);
    CHECK(block != NULL && (uintptr_t)block % 256 == 0);
    CHECK(zephyr_posix_memalign(&other, 512, 10) == 0 && (uintptr_t)other % 512 == 0);
    CHECK(zephyr_posix_memalign(&other, 24, 10) == EINVAL && zephyr_posix_memalign(&other, 16, SIZE_MAX) == ENOMEM);
    CHECK(zephyr_realloc(block, 0) == NULL && errno == 0);
    zephyr_free(other);
    zephyr_free(zephyr_memalign(64, 64));
    zephyr_free(zephyr_reallocarray(NULL, 10, 10));
    CHECK(sets_no_memory(zephyr_reallocarray(NULL, SIZE_MAX / 2, 3)) && sets_no_memory(zephyr_calloc(SIZE_MAX / 2, 3)));
    CHECK(sets_no_memory(zephyr_malloc(SIZE_MAX)) && sets_no_memory(zephyr_realloc(NULL, SIZE_MAX)));
    CHECK(zephyr_aligned_alloc(3, 10) == NULL && errno == EINVAL);
    char *wrong = zephyr_malloc(100);
    zephyr_free(wrong + 16);
    zephyr_free(foreign);
    zephyr_free(wrong);
    zephyr_free(wrong);
    CHECK(misuses == 5);
    CHECK(quarry_check(quarry_zephyr_heap()));
    struct quarry_stats stats;
    quarry_get_stats(quarry_zephyr_heap(), &stats);
    CHECK(stats.blocks == 0);
}

void rtos_own_tests(void)
{
    test_masked_caller();
    test_family();
}
