/* SPDX-License-Identifier: MIT
 *
 * main.c: all cores of a QEMU machine work on one heap (work.c), CORES_OPERATIONS operations each; then the heap must
 * be whole and empty. Cores that never waited for each other would prove nothing, so that is a failure too.
 *
 * CORES_COUNT and CORES_OPERATIONS are set by the linker.
 */
#include "quarry.h"
#include "quarry/emalloc.h"

#include "../../examples/common/print.h"
#include "cores.h"
#include "machine.h"

/* Numbers, not objects. */
extern char CORES_COUNT[], CORES_OPERATIONS[];

struct quarry_heap *cores_heap;

static unsigned failed, meeting;

static unsigned cores(void)
{
    return (unsigned)(uintptr_t)CORES_COUNT;
}

_Noreturn void cores_fail(const char *what)
{
    while (__atomic_exchange_n(&failed, 1, __ATOMIC_ACQUIRE) != 0) {
    }
    print_text("FAIL ");
    print_text(what);
    print_text("\n");
    machine_exit(1);
}

void cores_meet(unsigned count)
{
    const unsigned number = __atomic_fetch_add(&meeting, 1, __ATOMIC_ACQ_REL);
    const unsigned all_are_here = number - number % count + count;

    while (__atomic_load_n(&meeting, __ATOMIC_ACQUIRE) < all_are_here) {
    }
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context, (void)misuse;
    cores_fail("a right call was reported as misuse");
}

static void work(unsigned core)
{
    cores_work(core, cores(), (unsigned long)(uintptr_t)CORES_OPERATIONS);
}

static bool begin(void)
{
    const struct machine_ram ram = machine_free_ram(0);
    const struct quarry_memory memory = {
            .region = ram.start,
            .region_bytes = ram.bytes < 4u << 20 ? ram.bytes : 4u << 20,
            .options = {.chunk_bytes = 65536, .on_misuse = on_misuse},
    };

    if (!start_memory_manager(&memory))
        return false;
    cores_heap = quarry_persistent_heap();
    return true;
}

/* What is left is the first core's request heap. */
static void look_at_the_end(void)
{
    struct quarry_stats stats;

    if (!quarry_check(cores_heap))
        cores_fail("the heap is damaged at the end");
    quarry_get_stats(cores_heap, &stats);
    if (stats.blocks != 1)
        cores_fail("a block was lost, or freed twice");
    shutdown_memory_manager(true, true);
}

static struct waits sum_of_waits(void)
{
    struct waits sum = {0, 0};

    for (unsigned core = 0; core < cores(); core++) {
        const struct waits one = cores_waits(core);

        sum.locks += one.locks;
        sum.waits += one.waits;
    }
    return sum;
}

static void say(const char *text, uint64_t number)
{
    print_text(text);
    print_number((size_t)number, 0);
}

int main(void)
{
    if (!begin())
        cores_fail("there is no heap");
    if (machine_start_cores(cores(), work) != cores())
        cores_fail("a core does not start");
    say("cores: ", cores());
    say(", operations of each: ", (uintptr_t)CORES_OPERATIONS);
    print_text("\n");
    work(0);
    look_at_the_end();
    const struct waits sum = sum_of_waits();
    say("locks: ", sum.locks);
    say(", of which another core held: ", sum.waits);
    print_text("\n");
    if (sum.waits == 0)
        cores_fail("no core waited for another");
    return 0;
}
