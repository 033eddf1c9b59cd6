/* SPDX-License-Identifier: MIT
 *
 * sequence.c: see sequence.h. Memory first, then one call, then steps.
 */
#include "sequence.h"

#include "../../../examples/common/print.h"
#include "../instructions/measure.h"
#include "machine.h"
#include "payload.h"

enum { MOST_PAYLOAD_BYTES = 65536, LEAST_REGION = 4096, AROUND_A_CALL = 400 };

const char *const function_names[FUNCTIONS] = {"malloc",
                                               "calloc",
                                               "realloc",
                                               "aligned_alloc",
                                               "aligned_realloc",
                                               "free",
                                               "free_sized",
                                               "resize",
                                               "usable_size",
                                               "owns",
                                               "get_stats",
                                               "set_limit",
                                               "trim",
                                               "good_size",
                                               "add_region",
                                               "create",
                                               "malloc, NULL",
                                               "calloc, NULL",
                                               "realloc, NULL",
                                               "aligned_alloc, NULL",
                                               "aligned_realloc, NULL",
                                               "resize, false"};

static measured_function *const functions[F_CREATE + 1] = {
        MEASURED(quarry_malloc),        MEASURED(quarry_calloc),          MEASURED(quarry_realloc),
        MEASURED(quarry_aligned_alloc), MEASURED(quarry_aligned_realloc), MEASURED(quarry_free),
        MEASURED(quarry_free_sized),    MEASURED(quarry_resize),          MEASURED(quarry_usable_size),
        MEASURED(quarry_owns),          MEASURED(quarry_get_stats),       MEASURED(quarry_set_limit),
        MEASURED(quarry_trim),          MEASURED(quarry_good_size),       MEASURED(quarry_add_region),
        MEASURED(quarry_create)};

size_t region_bytes[REGION_SIZES + 1];

/* Where the first region lies, and where added ones do. */
static struct machine_ram first_area, added_area;

struct held {
    uint8_t *block;
    size_t bytes; /* as asked */
};

struct run {
    const struct sequence *sequence;
    struct peaks *peaks;
    struct quarry_heap *heap;
    uint32_t random;
    uint32_t stop;
    void (*show)(struct quarry_heap *heap, const struct call *call);
    bool several, stopped;
    unsigned step, index;
    unsigned taken; /* of held[], those in use or used */
};

static struct held held[MOST_CALLS];

/* What a fresh heap on a region has to give. */
static size_t fresh_bytes[REGION_SIZES];

/* --- memory --- */

static bool find_areas(void)
{
    struct machine_ram ram;
    for (unsigned index = 0; (ram = machine_free_ram(index)).bytes != 0; index++) {
        if (ram.bytes > first_area.bytes) {
            added_area = first_area;
            first_area = ram;
        } else if (ram.bytes > added_area.bytes) {
            added_area = ram;
        }
    }
    const size_t most = (size_t)64 << 20;
    if (first_area.bytes > 2 * most) {
        added_area = (struct machine_ram){(uint8_t *)first_area.start + most, first_area.bytes - most};
        first_area.bytes = most;
    }
    unsigned sizes = 0;
    for (size_t bytes = LEAST_REGION; bytes <= first_area.bytes && sizes < REGION_SIZES; bytes *= 4)
        if (bytes >= quarry_min_region_bytes())
            region_bytes[sizes++] = bytes;
    return sizes != 0 && added_area.bytes != 0;
}

bool sequence_init(void)
{
    if (!measure_start() || !find_areas() || !payload_measure(first_area.start, first_area.bytes))
        return false;
    for (unsigned region = 0; region_bytes[region] != 0; region++) {
        struct quarry_stats stats;
        quarry_get_stats(quarry_create(first_area.start, region_bytes[region], NULL), &stats);
        fresh_bytes[region] = stats.free_bytes;
    }
    return true;
}

unsigned payload_copy_instructions(void)
{
    return payload_copy.step;
}

unsigned payload_clear_instructions(void)
{
    return payload_clear.step;
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    print_text("worst: a right call was reported as misuse, kind ");
    print_plain((size_t)misuse->kind);
    print_text("\n");
    machine_exit(1);
}

/* --- one call --- */

/* Payload that a call has copied or cleared is taken off. */
static uint32_t without_payload(const struct call *call, uintptr_t answer, uint32_t instructions)
{
    if (answer == 0)
        return instructions;
    if (call->function == F_CALLOC)
        return payload_take_off(&payload_clear, instructions, call->bytes);
    if ((call->function == F_REALLOC || call->function == F_ALIGNED_REALLOC) && call->block != NULL &&
        answer != (uintptr_t)call->block)
        return payload_take_off(&payload_copy, instructions,
                                call->bytes < call->block_bytes ? call->bytes : call->block_bytes);
    return instructions;
}

static void note(const struct run *run, enum function function, uint32_t instructions)
{
    struct peak *peak = &run->peaks->of[run->several ? HEAPS_SEVERAL : HEAPS_ONE][function];
    if (instructions > peak->instructions)
        *peak = (struct peak){instructions, run->peaks->calls, (uint16_t)run->step, (uint16_t)run->index};
}

static uintptr_t perform(struct run *run, struct call *call)
{
    struct quarry_stats stats;
    uintptr_t arguments[4] = {(uintptr_t)run->heap, (uintptr_t)call->block, call->bytes, 0};
    uintptr_t answer;
    switch (call->function) {
    case F_MALLOC:
    case F_GOOD_SIZE:
    case F_SET_LIMIT:
        arguments[1] = call->bytes;
        break;
    case F_CALLOC:
        arguments[1] = 1;
        break;
    case F_ALIGNED_ALLOC:
        arguments[1] = call->align_bytes;
        break;
    case F_ALIGNED_REALLOC:
        arguments[2] = call->align_bytes;
        arguments[3] = call->bytes;
        break;
    case F_GET_STATS:
        arguments[1] = (uintptr_t)&stats;
        break;
    default:
        break;
    }
    run->peaks->calls++;
    if (run->show != NULL && run->peaks->calls == run->stop) {
        call->several = run->several;
        run->show(run->heap, call);
        run->stopped = true;
        return 0;
    }
    uint32_t instructions;
    answer = measure(functions[call->function], arguments[0], arguments[1], arguments[2], arguments[3], &instructions);
    run->peaks->work += instructions + AROUND_A_CALL;
    bool refused = call->function == F_RESIZE ? (answer & 0xFF) == 0 : answer == 0;
    enum function row = refused ? function_refused(call->function) : call->function;
    note(run, row != FUNCTIONS ? row : call->function, without_payload(call, answer, instructions));
    return answer;
}

static void take(struct run *run, struct call *call)
{
    uint8_t *block = (uint8_t *)perform(run, call);
    if (block != NULL)
        held[run->taken++] = (struct held){block, call->bytes};
}

static void change(struct run *run, struct call *call, struct held *from)
{
    if (call->function == F_RESIZE) {
        if ((perform(run, call) & 0xFF) != 0)
            from->bytes = call->bytes;
        return;
    }
    if (call->block_bytes > MOST_PAYLOAD_BYTES && call->bytes > MOST_PAYLOAD_BYTES)
        return;
    uint8_t *block = (uint8_t *)perform(run, call);
    if (block != NULL)
        *from = (struct held){block, call->bytes};
}

/* --- steps --- */

static size_t size_of(struct run *run, const struct step *step)
{
    static const size_t unit_bytes[UNITS] = {2 * sizeof(void *), QUARRY_PAGE_BYTES};
    size_t unit = step->unit == UNIT_PART ? region_bytes[run->sequence->region] / 256 : unit_bytes[step->unit % UNITS];
    size_t bytes = unit * (step->size + (step->spread != 0 ? random_below(&run->random, step->spread + 1u) : 0));
    return bytes > step->less ? bytes - step->less : bytes;
}

/* The block of a step's call number index; NULL: it is free already. */
static struct held *pick(struct run *run, const struct step *step, unsigned index)
{
    if (run->taken == 0)
        return NULL;
    int32_t taken = (int32_t)run->taken;
    int32_t position = step->stride == STRIDE_RANDOM
                               ? (int32_t)random_below(&run->random, run->taken)
                               : (int32_t)((step->from * run->taken) >> 8) + (int32_t)index * step->stride;
    position %= taken;
    struct held *found = &held[position < 0 ? position + taken : position];
    return found->block != NULL ? found : NULL;
}

/* Regions lie at powers of two from the added area's start, which makes the longest paths in a tree by address bits, or
 * anywhere. */
static void add_region(struct run *run, const struct step *step, unsigned index, struct call *call)
{
    size_t offset = step->stride == STRIDE_RANDOM ? random_below(&run->random, (uint32_t)(added_area.bytes >> 6)) << 6
                                                  : (size_t)1 << (8 + (step->from / 2 + index) % 20);
    if (offset >= added_area.bytes)
        return;
    if (call->bytes > added_area.bytes - offset)
        call->bytes = added_area.bytes - offset;
    call->block = (uint8_t *)added_area.start + offset;
    bool was = run->several;
    run->several = true;
    bool added = (perform(run, call) & 0xFF) != 0;
    run->several = added || was;
}

static void play_one(struct run *run, const struct step *step, unsigned index)
{
    struct call call = {.function = (enum function)step->function,
                        .bytes = size_of(run, step),
                        .align_bytes = (size_t)1 << step->align_shift,
                        .first_bytes = region_bytes[run->sequence->region]};
    if (call.function == F_CALLOC && call.bytes > MOST_PAYLOAD_BYTES)
        return;
    if (call.function == F_MALLOC || call.function == F_CALLOC || call.function == F_ALIGNED_ALLOC) {
        take(run, &call);
        return;
    }
    if (call.function == F_ADD_REGION) {
        add_region(run, step, index, &call);
        return;
    }
    if (call.function >= F_REALLOC && call.function <= F_OWNS) {
        struct held *from = pick(run, step, index);
        if (from == NULL && call.function != F_OWNS)
            return;
        call.block = from != NULL ? from->block : (uint8_t *)run->heap + call.bytes;
        if (call.function == F_FREE_SIZED)
            call.bytes = from->bytes;
        if (from != NULL)
            call.block_bytes = quarry_usable_size(run->heap, from->block);
        if (call.function == F_FREE || call.function == F_FREE_SIZED) {
            perform(run, &call);
            from->block = NULL;
        } else if (call.function == F_USABLE_SIZE || call.function == F_OWNS) {
            perform(run, &call);
        } else {
            change(run, &call, from);
        }
        return;
    }
    perform(run, &call);
}

static void play(struct run *run, const struct step *step)
{
    for (run->index = 0; run->index < step->count; run->index++) {
        if (run->stopped || run->peaks->calls >= MOST_CALLS || run->taken >= MOST_CALLS)
            return;
        play_one(run, step, run->index);
    }
}

/* A block that is never given back takes all of the first region but as much as a fresh smaller one has. */
static void leave_room(struct run *run)
{
    const struct sequence *sequence = run->sequence;
    struct call call = {.function = F_MALLOC, .first_bytes = region_bytes[sequence->region]};
    if (sequence->room >= sequence->region)
        return;
    call.bytes = fresh_bytes[sequence->region] - fresh_bytes[sequence->room];
    perform(run, &call);
}

void sequence_run(const struct sequence *sequence, struct peaks *peaks, uint32_t stop,
                  void (*show)(struct quarry_heap *heap, const struct call *call))
{
    static const struct quarry_options options = {.on_misuse = on_misuse};
    struct run run = {.sequence = sequence, .peaks = peaks, .random = sequence->seed | 1, .stop = stop, .show = show};
    size_t bytes = region_bytes[sequence->region];
    uint32_t instructions;
    *peaks = (struct peaks){.calls = 0};
    run.heap = (struct quarry_heap *)measure(functions[F_CREATE], (uintptr_t)first_area.start, bytes,
                                             (uintptr_t)&options, 0, &instructions);
    note(&run, F_CREATE, instructions);
    peaks->work = peaks->of[HEAPS_ONE][F_CREATE].instructions;
    if (run.heap == NULL) {
        print_text("worst: a heap could not be made\n");
        machine_exit(1);
    }
    leave_room(&run);
    for (run.step = 0; run.step < sequence->steps; run.step++)
        play(&run, &sequence->step[run.step]);
}
