/* SPDX-License-Identifier: MIT
 *
 * locks.c: the C library's own names for what excludes calls of malloc(): __malloc_lock() and __malloc_unlock() of
 * newlib and nano, __retarget_lock_... of picolibc, which locks other things by them too. All are weak: an RTOS may
 * have its own, or some of them.
 *
 * The library calls them if it is built with QUARRY_LOCK_HOOK. A program that then has none of its own stops with a
 * trap instruction at its first lock, since it would run without exclusion. Otherwise nothing here is called for
 * memory, and each does nothing, as those of the C library.
 */
#include "libc_heap.h"

#define WEAK __attribute__((weak))

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
#define NO_LOCK_IS_DEFINED() __builtin_trap()
#else
#define NO_LOCK_IS_DEFINED() ((void)0)
#endif

#ifdef __PICOLIBC__

struct __lock {
    char unused;
};

void __retarget_lock_init(struct __lock **lock);
void __retarget_lock_init_recursive(struct __lock **lock);
void __retarget_lock_close(struct __lock *lock);
void __retarget_lock_close_recursive(struct __lock *lock);
void __retarget_lock_acquire(struct __lock *lock);
void __retarget_lock_acquire_recursive(struct __lock *lock);
int __retarget_lock_try_acquire(struct __lock *lock);
int __retarget_lock_try_acquire_recursive(struct __lock *lock);
void __retarget_lock_release(struct __lock *lock);
void __retarget_lock_release_recursive(struct __lock *lock);
extern struct __lock __lock___libc_recursive_mutex;

WEAK struct __lock __lock___libc_recursive_mutex;

WEAK void __retarget_lock_init(struct __lock **lock)
{
    (void)lock;
}

WEAK void __retarget_lock_init_recursive(struct __lock **lock)
{
    (void)lock;
}

WEAK void __retarget_lock_close(struct __lock *lock)
{
    (void)lock;
}

WEAK void __retarget_lock_close_recursive(struct __lock *lock)
{
    (void)lock;
}

WEAK void __retarget_lock_acquire(struct __lock *lock)
{
    (void)lock;
    NO_LOCK_IS_DEFINED();
}

WEAK void __retarget_lock_acquire_recursive(struct __lock *lock)
{
    (void)lock;
    NO_LOCK_IS_DEFINED();
}

WEAK int __retarget_lock_try_acquire(struct __lock *lock)
{
    (void)lock;
    NO_LOCK_IS_DEFINED();
    return 1;
}

WEAK int __retarget_lock_try_acquire_recursive(struct __lock *lock)
{
    (void)lock;
    NO_LOCK_IS_DEFINED();
    return 1;
}

WEAK void __retarget_lock_release(struct __lock *lock)
{
    (void)lock;
}

WEAK void __retarget_lock_release_recursive(struct __lock *lock)
{
    (void)lock;
}

static inline void acquire_libc_lock(void)
{
    __retarget_lock_acquire_recursive(&__lock___libc_recursive_mutex);
}

static inline void release_libc_lock(void)
{
    __retarget_lock_release_recursive(&__lock___libc_recursive_mutex);
}

#else
#include <reent.h>

void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);

WEAK void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    NO_LOCK_IS_DEFINED();
}

WEAK void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
}

static inline void acquire_libc_lock(void)
{
    __malloc_lock(_REENT);
}

static inline void release_libc_lock(void)
{
    __malloc_unlock(_REENT);
}

#endif

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
WEAK uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    acquire_libc_lock();
    return 0;
}

WEAK void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap, (void)saved;
    release_libc_lock();
}
#endif
