/* SPDX-License-Identifier: MIT
 *
 * masks.c: on a bare machine whose timer interrupts, the port masks what it says, and calls on a heap with
 * QUARRY_LOCK_IRQ or QUARRY_LOCK_SMP hold the interrupt back. Test images on the machines of arch/qemu/interrupts.h.
 *
 * A wait is a number of steps of a loop that is long enough for many interrupts: the first test finds that out.
 */
#include "arch.h"
#include "qemu/interrupts.h"
#include "quarry.h"
#include "test.h"

enum { TICKS = 1000, STEPS_PER_INTERRUPT_MAX = 1 << 20, HEAP_BYTES = 8192 };

static volatile unsigned interrupts;

void machine_timer_interrupt(void)
{
    interrupts++;
}

static void wait_steps(unsigned steps)
{
    for (volatile unsigned step = 0; step < steps; step++) {
    }
}

/* Steps until the timer has interrupted, 0: it has not. */
static unsigned steps_to_interrupt(void)
{
    const unsigned before = interrupts;
    for (unsigned step = 1; step < STEPS_PER_INTERRUPT_MAX; step++) {
        wait_steps(1);
        if (interrupts != before)
            return step;
    }
    return 0;
}

/* Long enough for a few interrupts. */
static unsigned long_wait(void)
{
    unsigned longest = 0;
    for (unsigned i = 0; i < 4; i++) {
        const unsigned steps = steps_to_interrupt();
        if (steps == 0)
            return 0;
        longest = steps > longest ? steps : longest;
    }
    return 4 * longest;
}

TEST(test_interrupt_comes_while_nothing_masks_it)
{
    machine_timer_start(TICKS);
    CHECK(long_wait() != 0);
    machine_timer_start(0);
    CHECK_EQ(steps_to_interrupt(), 0);
}

TEST(test_irq_save_holds_interrupt_back_until_restore)
{
    machine_timer_start(TICKS);
    const unsigned steps = long_wait();
    REQUIRE(steps != 0);
    const uintptr_t saved = arch_irq_save();
    const unsigned before = interrupts;
    wait_steps(steps);
    CHECK_EQ(interrupts, before);
    arch_irq_restore(saved);
    CHECK(steps_to_interrupt() != 0);
    machine_timer_start(0);
}

TEST(test_irq_restore_of_inner_pair_leaves_interrupts_masked)
{
    machine_timer_start(TICKS);
    const unsigned steps = long_wait();
    REQUIRE(steps != 0);
    const uintptr_t outer = arch_irq_save();
    const unsigned before = interrupts;
    const uintptr_t inner = arch_irq_save();
    arch_irq_restore(inner);
    wait_steps(steps);
    CHECK_EQ(interrupts, before);
    arch_irq_restore(outer);
    CHECK(steps_to_interrupt() != 0);
    machine_timer_start(0);
}

/* A provider whose acquire lasts for some interrupts. */
static unsigned acquire_steps, acquire_interrupts;
static unsigned char memory[HEAP_BYTES] __attribute__((aligned(4096)));

static void *acquire_slowly(void *context, size_t bytes, size_t align_bytes)
{
    unsigned char **const at = context;
    unsigned char *const answer = *at;
    const unsigned before = interrupts;
    (void)align_bytes;
    wait_steps(acquire_steps);
    acquire_interrupts += interrupts - before;
    if (bytes > (size_t)(memory + HEAP_BYTES - answer))
        return NULL;
    *at += bytes;
    return answer;
}

TEST(test_call_holds_interrupt_back_until_it_returns)
{
    unsigned char *at = memory;
    const struct quarry_source source = {.acquire = acquire_slowly, .context = &at};
    const struct quarry_options options = {.chunk_bytes = HEAP_BYTES / 2};
    acquire_steps = 0;
    struct quarry_heap *const heap = quarry_create_from_source(&source, &options);
    REQUIRE(heap != NULL);

    machine_timer_start(TICKS);
    acquire_steps = long_wait();
    acquire_interrupts = 0;
    const unsigned before = interrupts;
    CHECK(acquire_steps != 0);
    CHECK(quarry_malloc(heap, HEAP_BYTES / 4) != NULL);
    CHECK(quarry_malloc(heap, HEAP_BYTES / 4) != NULL);
    CHECK(at == memory + HEAP_BYTES);
    CHECK_EQ(acquire_interrupts, 0);
    CHECK(interrupts != before || steps_to_interrupt() != 0);
    machine_timer_start(0);
    CHECK(quarry_check(heap));
}
