/* SPDX-License-Identifier: MIT
 *
 * process_lock.c: threads exclude each other by one mutex, and fork() copies the heap while no thread is inside a call.
 *
 * The thread that forks holds the mutex from before the copy is made until after. Its own calls pass in the meantime:
 * other handlers of fork(), of the parent and of the child, may allocate. The child has that thread alone, under the
 * same pthread_self().
 */
#include "process_lock.h"

#include <pthread.h>

#include "quarry.h"

#if QUARRY_LOCK != QUARRY_LOCK_HOOK
#error "compile the library and this file with -DQUARRY_LOCK=HOOK"
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* Both are changed under the mutex, and read by any thread: only the one that forks finds itself there. */
static bool is_forking;
static pthread_t forking_thread;

static inline bool this_thread_forks(void)
{
    return __atomic_load_n(&is_forking, __ATOMIC_ACQUIRE) &&
           pthread_equal(__atomic_load_n(&forking_thread, __ATOMIC_RELAXED), pthread_self());
}

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    if (this_thread_forks())
        return 0;
    pthread_mutex_lock(&mutex);
    return 1;
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t is_locked)
{
    (void)heap;
    if (is_locked)
        pthread_mutex_unlock(&mutex);
}

void process_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
    __atomic_store_n(&forking_thread, pthread_self(), __ATOMIC_RELAXED);
    __atomic_store_n(&is_forking, true, __ATOMIC_RELEASE);
}

static void after_fork(void)
{
    __atomic_store_n(&is_forking, false, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&mutex);
}

__attribute__((constructor)) static void handle_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}
