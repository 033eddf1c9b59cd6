/* SPDX-License-Identifier: MIT
 *
 * main.c: two threads of ThreadX share a heap, in which their stacks are too. To start your own, copy this folder.
 */
#include "quarry.h"
#include "tx_api.h"

enum { STACK_BYTES = 1024 };
QUARRY_HEAP_DEFINE(heap, 16 * 1024);
static TX_THREAD one, other;

static void work(ULONG bytes)
{
    for (;; bytes = bytes % 500 + 1) {
        void *block = quarry_malloc(heap(), bytes);
        tx_thread_sleep(1);
        quarry_free(heap(), block);
    }
}

static void start(TX_THREAD *thread, ULONG bytes)
{
    void *stack = quarry_malloc(heap(), STACK_BYTES);
    tx_thread_create(thread, "work", work, bytes, stack, STACK_BYTES, 1, 1, TX_NO_TIME_SLICE, TX_AUTO_START);
}

void tx_application_define(void *first_unused)
{
    (void)first_unused;
    start(&one, 1);
    start(&other, 250);
}

int main(void)
{
    tx_kernel_enter();
    return 0;
}
