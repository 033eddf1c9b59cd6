/* SPDX-License-Identifier: MIT
 *
 * storm.c: a thread and its interrupt handlers use one heap, while a clock interrupts them as often as it can.
 *
 * Each worker has blocks of its own, and hands some to the others, which free them. A block holds a pattern of its
 * owner's. The thread checks the whole heap again and again, and at the end all blocks are freed and all memory must be
 * there again. The time by which an interrupt is late says how long the lock masks it: the longest is held to a budget,
 * apart from the checks, which grow with the heap. The test fails, too, if no interrupt came while the thread was in a
 * call, or none was held back by the lock: then nothing was tried.
 *
 * Symbols that the linker defines: STORM_OPERATIONS of each worker, STORM_BUDGET in instructions.
 * Prints "row", the machine's figures, and "storm: ..." with what was wrong.
 */
#include "storm.h"

#include "../../examples/common/print.h"
#include "machine.h"
#include "quarry.h"

enum {
    REGION_BYTES = 2048 * sizeof(void *),
    HELD = 16,
    MOST_OPERATIONS = 8,      /* at once */
    CHECK_EVERY = 256,        /* times of the thread's */
    HELD_BACK = 100,          /* instructions: an interrupt that is later was masked; entering a handler takes less */
    STUCK_INTERRUPTS = 200000 /* without an operation of the thread */
};

/* Numbers, not addresses. */
extern const char STORM_OPERATIONS[], STORM_BUDGET[];

struct held {
    uintptr_t *block; /* NULL: none */
    size_t bytes;
    uintptr_t pattern; /* of its first word */
};

struct worker {
    struct held held[HELD];
    struct held handed; /* to the next worker, which frees it; only the owner sets it, only the next one empties it */
    uint32_t random, patterns;
    volatile uint32_t operations;
    volatile bool calls; /* is in a call on the heap */
};

static unsigned char region[REGION_BYTES] __attribute__((aligned(16)));
static struct quarry_heap *heap;
static struct worker workers[STORM_WORKERS];
static const char *const names[STORM_WORKERS] = {"thread", "handler", "nested"};

/* What the clock's interrupt counts. */
static uint32_t interrupts, in_calls[STORM_WORKERS], held_back, most_late, stuck, refused, checks;
static uint32_t operations_seen, clock_random = 1;
static volatile bool is_checking;

static _Noreturn void fail(const char *what, const char *whose)
{
    storm_end();
    print_text("storm: ");
    print_text(what);
    print_text(", ");
    print_text(whose);
    print_text("\n");
    machine_exit(1);
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    storm_end();
    print_text("storm: misuse ");
    print_number((size_t)misuse->kind, 0);
    print_text(" is reported\n");
    machine_exit(1);
}

static uint32_t random_below(uint32_t *state, uint32_t power_of_two)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state >> 8 & (power_of_two - 1);
}

/* --- the clock's interrupt --- */

static void count_late(uint32_t late)
{
    if (is_checking)
        return;
    if (late > HELD_BACK)
        held_back++;
    if (late > most_late)
        most_late = late;
}

static void see_that_thread_works(void)
{
    stuck = operations_seen == workers[STORM_THREAD].operations ? stuck + 1 : 0;
    operations_seen = workers[STORM_THREAD].operations;
    if (stuck == STUCK_INTERRUPTS)
        fail("a call does not end", names[STORM_THREAD]);
}

uint32_t storm_interrupt(uint32_t late_instructions)
{
    interrupts++;
    for (unsigned i = 0; i < storm_workers; i++)
        if (workers[i].calls)
            in_calls[i]++;
    count_late(late_instructions);
    see_that_thread_works();
    /* Some very close together: what is masked for a few instructions is hit too. */
    return 1 + random_below(&clock_random, random_below(&clock_random, 4) == 0 ? 32 : 4096);
}

/* --- operations --- */

static uint32_t some_bytes(struct worker *self)
{
    static const uint16_t limits[] = {32, 32, 64, 64, 64, 128, 128, 512};
    return random_below(&self->random, limits[random_below(&self->random, 8)]);
}

static unsigned char *last_byte(const struct held *held)
{
    return (unsigned char *)held->block + held->bytes - 1;
}

static void fill(struct worker *self, struct held *held)
{
    held->pattern = (uintptr_t)(++self->patterns * (uint32_t)STORM_WORKERS + (uint32_t)(self - workers));
    if (held->bytes > sizeof(uintptr_t))
        *last_byte(held) = (unsigned char)held->pattern;
    *held->block = held->pattern;
}

static void look(const struct worker *self, const struct held *held)
{
    if (*held->block != held->pattern ||
        (held->bytes > sizeof(uintptr_t) && *last_byte(held) != (unsigned char)held->pattern))
        fail("a block does not hold what its owner wrote", names[self - workers]);
}

static void *ask(struct worker *self, size_t bytes)
{
    switch (random_below(&self->random, 8)) {
    case 0:
        return quarry_calloc(heap, 1, bytes);
    case 1:
        return quarry_aligned_alloc(heap, (size_t)8 << random_below(&self->random, 4), bytes);
    default:
        return quarry_malloc(heap, bytes);
    }
}

static void allocate(struct worker *self, struct held *held)
{
    const size_t bytes = some_bytes(self) + sizeof(uintptr_t);
    self->calls = true;
    void *block = ask(self, bytes);
    self->calls = false;
    held->block = block;
    held->bytes = bytes;
    if (block != NULL)
        fill(self, held);
    else
        refused++;
}

static void change(struct worker *self, struct held *held)
{
    const size_t bytes = some_bytes(self) + sizeof(uintptr_t);
    self->calls = true;
    uintptr_t *block = quarry_realloc(heap, held->block, bytes);
    self->calls = false;
    if (block == NULL)
        return;
    if (*block != held->pattern)
        fail("realloc loses what its owner wrote", names[self - workers]);
    held->block = block;
    held->bytes = bytes;
    fill(self, held);
}

/* What another worker reads or writes is so before the block's address says so. */
static void keep_order(void)
{
    __asm__ volatile("" : : : "memory");
}

static void free_held(struct worker *self, struct held *held)
{
    look(self, held);
    uintptr_t *block = held->block;
    keep_order();
    held->block = NULL;
    self->calls = true;
    quarry_free(heap, block);
    self->calls = false;
}

static void hand_on(struct held *from, struct held *to)
{
    uintptr_t *block = from->block;
    to->bytes = from->bytes;
    to->pattern = from->pattern;
    from->block = NULL;
    keep_order();
    to->block = block;
}

static bool is_there(const struct held *held)
{
    keep_order();
    const bool is = held->block != NULL;
    keep_order();
    return is;
}

static void work(struct worker *self, struct worker *next)
{
    struct held *held = &self->held[random_below(&self->random, HELD)];
    const uint32_t what = random_below(&self->random, 16);
    if (is_there(&self->handed) && what < 8)
        free_held(self, &self->handed);
    else if (held->block == NULL)
        allocate(self, held);
    else if (what == 0 && !is_there(&next->handed))
        hand_on(held, &next->handed);
    else if (what < 4)
        change(self, held);
    else
        free_held(self, held);
    self->operations++;
}

void storm_work(enum storm_worker worker)
{
    struct worker *self = &workers[worker], *next = &workers[worker + 1u == storm_workers ? 0 : worker + 1u];
    for (uint32_t left = 1 + random_below(&self->random, MOST_OPERATIONS); left != 0; left--)
        work(self, next);
}

/* --- the thread --- */

static void check_heap(void)
{
    checks++;
    is_checking = true;
    const bool is_whole = quarry_check(heap);
    is_checking = false;
    if (!is_whole)
        fail("the heap is not whole", names[STORM_THREAD]);
}

static bool goes_on(void)
{
    for (unsigned i = 0; i < storm_workers; i++)
        if (workers[i].operations < (uint32_t)(uintptr_t)STORM_OPERATIONS)
            return true;
    return false;
}

static void free_everything(void)
{
    for (unsigned i = 0; i < STORM_WORKERS; i++) {
        for (unsigned j = 0; j < HELD; j++)
            if (workers[i].held[j].block != NULL)
                free_held(&workers[i], &workers[i].held[j]);
        if (workers[i].handed.block != NULL)
            free_held(&workers[i], &workers[i].handed);
    }
}

static void print_figure(const char *name, uint32_t figure)
{
    print_text(name);
    print_number(figure, 0);
}

static void print_figures(void)
{
    print_text("storm:");
    for (unsigned i = 0; i < storm_workers; i++) {
        print_text(i == 0 ? " " : ", ");
        print_text(names[i]);
        print_figure(" ", workers[i].operations);
    }
    print_figure(" operations; interrupts ", interrupts);
    for (unsigned i = 0; i + 1 < storm_workers; i++) {
        print_text(", in a call of the ");
        print_text(names[i]);
        print_figure(" ", in_calls[i]);
    }
    print_figure(", held back ", held_back);
    print_figure("; at most ", most_late);
    print_figure(" instructions; refused ", refused);
    print_figure(", checks ", checks);
    print_text("\n");
}

/* Was there what the storm is for? */
static void judge(void)
{
    for (unsigned i = 0; i + 1 < storm_workers; i++)
        if (in_calls[i] == 0)
            fail("no interrupt came during a call", names[i]);
    if ((held_back == 0) != storm_clock_is_urgent)
        fail(storm_clock_is_urgent ? "an urgent interrupt was held back" : "no interrupt was held back", "clock");
    if (most_late > (uint32_t)(uintptr_t)STORM_BUDGET)
        fail("an interrupt was held back for longer than the budget", "clock");
}

int main(void)
{
    const struct quarry_options options = {.on_misuse = on_misuse};
    struct quarry_stats before, after;
    heap = quarry_create(region, sizeof region, &options);
    quarry_get_stats(heap, &before);
    for (unsigned i = 0; i < STORM_WORKERS; i++)
        workers[i].random = 2463534242u + i * 77777u;
    storm_begin();
    for (uint32_t times = 1; goes_on(); times++) {
        storm_work(STORM_THREAD);
        if (times % CHECK_EVERY == 0)
            check_heap();
    }
    storm_end();
    free_everything();
    check_heap();
    quarry_get_stats(heap, &after);
    if (after.blocks != 0 || after.used_bytes != 0 || after.largest_free_bytes != before.largest_free_bytes)
        fail("memory is lost at the end", names[STORM_THREAD]);
    print_figures();
    judge();
    return 0;
}
