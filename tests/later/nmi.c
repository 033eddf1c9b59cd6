/* SPDX-License-Identifier: MIT
 *
 * nmi.c: quarry_free_later() from where no mask reaches, on a CPU without atomic instructions: an NMI and a HardFault
 * handler of ARMv6-M, each of which has lists of its own. Both come where the test asks for them: in a thread, in the
 * middle of a call that frees what waits, and the NMI in the middle of the HardFault. Other machines have no such test.
 */
#include "later.h"

#ifdef __ARM_ARCH_6M__

#define ICSR       (*(volatile uint32_t *)0xE000ED04u)
#define NMIPENDSET 0x80000000u

enum { UDF = 0xDE7F /* an instruction that is none: udf #127 */ };

static struct quarry_heap *heap_of_handlers;
static void *for_nmi[2], *for_fault;

void NMI_Handler(void);
void HardFault_Handler(void);
void hard_fault(uint32_t *frame);
void fault_entry(void);

void NMI_Handler(void)
{
    unsigned i;

    for (i = 0; i < 2; i++)
        hand_in(heap_of_handlers, for_nmi[i]);
}

static void run_nmi(void *first, void *second)
{
    for_nmi[0] = first;
    for_nmi[1] = second;
    ICSR = NMIPENDSET;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
}

/* An NMI interrupts it. Goes on behind the instruction. */
__attribute__((used)) void hard_fault(uint32_t *frame)
{
    uint16_t *const instruction = (uint16_t *)frame[6];

    if (*instruction != UDF)
        fault_entry();
    hand_in(heap_of_handlers, for_fault);
    if (for_nmi[0] != NULL)
        run_nmi(for_nmi[0], for_nmi[1]);
    frame[6] += 2;
}

__attribute__((naked)) void HardFault_Handler(void)
{
    __asm__ volatile("mrs r0, msp\n\tldr r1, =hard_fault\n\tbx r1\n\t.ltorg");
}

ON_HEAP_EMPTIED(test_later_from_an_nmi_in_a_thread, SOME_BYTES, 3)
{
    heap_of_handlers = heap;
    run_nmi(quarry_malloc(heap, 20), quarry_malloc(heap, 200));
    call(heap);
    CHECK_EQ(live_blocks(heap), 0);
}

ON_HEAP_EMPTIED(test_later_from_an_nmi_in_a_hard_fault, SOME_BYTES, 3)
{
    heap_of_handlers = heap;
    for_fault = quarry_malloc(heap, 30);
    for_nmi[0] = quarry_malloc(heap, 20);
    for_nmi[1] = quarry_malloc(heap, 200);
    __asm__ volatile("udf #127" : : : "memory");
    call(heap);
    call(heap);
    CHECK_EQ(live_blocks(heap), 0);
}

/* More than there are entries, so some are linked. */
ON_HEAP_EMPTIED(test_later_many_from_an_nmi, SOME_BYTES, 3)
{
    unsigned i;

    heap_of_handlers = heap;
    for (i = 0; i < BLOCKS; i++)
        run_nmi(hand_in(heap, quarry_malloc(heap, 20)), NULL); /* each is handed in twice */
    let_all_be_freed(heap, 3 * BLOCKS);
    CHECK(test_log.count >= BLOCKS / 2); /* links were written over by the second time */
    test_log.count = 0;
    check_heap(heap);
    quarry_reset(heap);
}

static void *blocks_of_nmi[2];

static void run_nmi_from_hook(void *context, const struct quarry_misuse *misuse)
{
    test_on_misuse(context, misuse);
    run_nmi(blocks_of_nmi[0], blocks_of_nmi[1]);
}

/* While the thread's list is being emptied, and then while the NMI's own is. */
TEST(test_later_from_an_nmi_in_the_middle_of_freeing)
{
    struct quarry_options options = test_options();
    void *const region = test_memory(4096, 0);
    struct quarry_heap *heap = NULL;

    options.on_misuse = run_nmi_from_hook;
    if (region != NULL)
        heap = quarry_create(region, 4096, &options);
    REQUIRE(heap != NULL);
    heap_of_handlers = heap;
    blocks_of_nmi[0] = quarry_malloc(heap, 20);
    blocks_of_nmi[1] = region; /* no block: reported */
    hand_in(heap, region);
    call(heap);
    CHECK_EQ(test_log.count, 1); /* then the NMI's block was freed */
    let_all_be_freed(heap, 2);
    CHECK_EQ(live_blocks(heap), 0);
    CHECK(test_log.count > 1); /* each report's NMI hands both in again */
    blocks_of_nmi[0] = blocks_of_nmi[1] = NULL;
    let_all_be_freed(heap, 4);
    test_log.count = 0;
    check_heap(heap);
}

#endif
