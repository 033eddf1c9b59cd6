/* SPDX-License-Identifier: MIT
 *
 * worst.c: looks for the most expensive single call of every public function.
 *
 * Hill climbing over sequences of calls. The best few of each function, on one region and on several, are kept, cut
 * off behind their expensive call; one of them is changed at random, run on some region size, and kept wherever it is
 * better, or as good and shorter. It begins with the states written by hand and goes on with random ones now and then.
 * At the end the best are made as short as they can be, run on every region size, and shown. All choices come from one
 * seed, and what ends the search is a number of instructions, so the same image always finds the same.
 *
 * Prints one line a function and kind of heap, fields set apart by tabs: "row", function, heaps, most, region, most on
 * the smallest region, most on the largest, state. "steps" lines tell how to get there.
 */
#include "../../../examples/common/print.h"
#include "machine.h"
#include "sequence.h"

enum { KEPT = 4, SHORTEN_ROUNDS = 3, NEW_IN = 10, SIZE_IN = 3, GRAFT_IN = 6, RELATIVE_IN = 12 };

struct kept {
    struct sequence sequence;
    struct peak peak;
};

/* The linker's: an address that is how many million instructions to search for, about, and one that is the seed. */
extern char WORST_MILLIONS[], WORST_SEED[];

static struct kept kept[HEAPS][FUNCTIONS][KEPT]; /* best first */
static uint32_t most_on[HEAPS][FUNCTIONS][REGION_SIZES];
static unsigned region_count;
static uint32_t dice;
static uint64_t calls_made, work_done, work_most;

static const char *const heaps_names[HEAPS] = {"one region", "several"};

/* How much of the search each function is worth: those whose cost depends on the heap's state. */
static const uint8_t weights[FUNCTIONS] = {[F_MALLOC] = 10,
                                           [F_FREE] = 10,
                                           [F_CALLOC] = 1,
                                           [F_FREE_SIZED] = 1,
                                           [F_REALLOC] = 4,
                                           [F_ALIGNED_ALLOC] = 4,
                                           [F_ALIGNED_REALLOC] = 4,
                                           [F_RESIZE] = 3,
                                           [F_GET_STATS] = 1,
                                           [F_TRIM] = 1,
                                           [F_USABLE_SIZE] = 1,
                                           [F_OWNS] = 1,
                                           [F_MALLOC_REFUSED] = 3,
                                           [F_REALLOC_REFUSED] = 1,
                                           [F_ALIGNED_ALLOC_REFUSED] = 1,
                                           [F_ALIGNED_REALLOC_REFUSED] = 1};

/* Those that take and give back like another one. */
static const uint8_t relatives[] = {F_MALLOC,     F_CALLOC,  F_ALIGNED_ALLOC,  F_FREE,
                                    F_FREE_SIZED, F_REALLOC, F_ALIGNED_REALLOC};

static uint32_t below(uint32_t limit)
{
    return random_below(&dice, limit);
}

/* --- keeping --- */

/* Is a better than b: more, or as much after fewer calls? */
static bool is_better(const struct peak *a, const struct peak *b)
{
    return a->instructions > b->instructions || (a->instructions == b->instructions && a->call < b->call);
}

static void keep(struct kept list[KEPT], const struct sequence *sequence, const struct peak *peak)
{
    unsigned place = KEPT;
    while (place != 0 && is_better(peak, &list[place - 1].peak))
        place--;
    if (place == KEPT)
        return;
    /* One of the same cost is replaced, so that the list stays varied. */
    unsigned last = place;
    while (last < KEPT - 1 && list[last].peak.instructions != peak->instructions)
        last++;
    for (unsigned i = last; i > place; i--)
        list[i] = list[i - 1];
    list[place] = (struct kept){*sequence, *peak};
    struct sequence *own = &list[place].sequence;
    if (peak->step < own->steps) {
        own->steps = (uint8_t)(peak->step + 1);
        own->step[peak->step].count = (uint16_t)(peak->index + 1);
    }
}

static void try(const struct sequence *sequence)
{
    static struct peaks peaks;
    sequence_run(sequence, &peaks, 0, NULL);
    calls_made += peaks.calls;
    work_done += peaks.work;
    for (unsigned heaps = 0; heaps < HEAPS; heaps++)
        for (unsigned function = 0; function < FUNCTIONS; function++) {
            const struct peak *peak = &peaks.of[heaps][function];
            uint32_t *most = &most_on[heaps][function][sequence->region];
            if (peak->instructions > *most)
                *most = peak->instructions;
            if (peak->instructions != 0)
                keep(kept[heaps][function], sequence, peak);
        }
}

/* With all of each, and with as much as the sequence has now. */
static void try_on_all_regions(struct sequence sequence)
{
    unsigned room = sequence.room < sequence.region ? sequence.room : sequence.region;
    for (sequence.region = 0; sequence.region < region_count; sequence.region++) {
        sequence.room = sequence.region;
        try(&sequence);
        if (room >= sequence.region)
            continue;
        sequence.room = (uint8_t)room;
        try(&sequence);
    }
}

/* --- changing --- */

static void random_step(struct step *step)
{
    static const uint8_t likely[] = {F_MALLOC,  F_MALLOC, F_MALLOC, F_MALLOC, F_FREE,          F_FREE,
                                     F_FREE,    F_FREE,   F_FREE,   F_CALLOC, F_ALIGNED_ALLOC, F_ALIGNED_REALLOC,
                                     F_REALLOC, F_RESIZE, F_RESIZE, F_FREE,   F_FREE_SIZED,    F_ADD_REGION,
                                     F_MALLOC,  F_FREE};
    unsigned pick = below(sizeof likely + 3);
    step->function = pick < sizeof likely ? likely[pick] : (uint8_t)below(F_CREATE);
    step->unit = (uint8_t)(below(8) == 0 ? UNIT_PART : below(2));
    step->size = (uint8_t)(below(2) == 0 ? 1 + below(20) : below(256));
    step->spread = (uint8_t)(below(2) == 0 ? 0 : below(1u << (1 + below(8))));
    step->less = (uint8_t)(below(4) != 0 ? 0 : 1 + below(QUARRY_PAGE_BYTES / 2 - 1));
    step->align_shift = (uint8_t)below(15);
    step->stride = (int8_t)(below(4) == 0 ? STRIDE_RANDOM : (int)below(9) - 4);
    step->from = (uint8_t)(below(3) == 0 ? 0 : below(3) == 0 ? 255 : below(256));
    step->count = (uint16_t)(below(3) == 0 ? 1 : 1 + below(1u << (1 + below(9))));
}

static void random_sequence(struct sequence *sequence)
{
    sequence->seed = random_next(&dice);
    sequence->steps = (uint8_t)(2 + below(8));
    for (unsigned i = 0; i < sequence->steps; i++)
        random_step(&sequence->step[i]);
}

static void insert_step(struct sequence *sequence, unsigned at, const struct step *step)
{
    if (sequence->steps == MOST_STEPS)
        return;
    for (unsigned i = sequence->steps++; i > at; i--)
        sequence->step[i] = sequence->step[i - 1];
    sequence->step[at] = *step;
}

static void remove_step(struct sequence *sequence, unsigned at)
{
    sequence->steps--;
    for (unsigned i = at; i < sequence->steps; i++)
        sequence->step[i] = sequence->step[i + 1];
}

/* One field of a step, a little or at random. */
static void change_step(struct step *step)
{
    struct step other;
    random_step(&other);
    int little = (int)below(5) - 2;
    switch (below(11)) {
    case 0:
        step->function = other.function;
        break;
    case 1:
        step->unit = other.unit;
        break;
    case 2:
        step->size = other.size;
        break;
    case 3:
        step->size = (uint8_t)(step->size + little);
        break;
    case 4:
        step->spread = other.spread;
        break;
    case 5:
        step->less = other.less;
        break;
    case 6:
        step->align_shift = other.align_shift;
        break;
    case 7:
        step->stride = other.stride;
        break;
    case 8:
        step->from = below(2) == 0 ? other.from : (uint8_t)(step->from + little);
        break;
    case 9:
        step->count = other.count;
        break;
    default:
        step->count = (uint16_t)(step->count + little > 0 ? step->count + little : 1);
        break;
    }
}

static void change(struct sequence *sequence)
{
    for (unsigned times = 1 + below(4); times != 0; times--) {
        struct step step;
        unsigned at = below(sequence->steps);
        switch (below(8)) {
        case 0:
            sequence->seed = random_next(&dice);
            break;
        case 1:
            random_step(&step);
            insert_step(sequence, below(sequence->steps + 1u), &step);
            break;
        case 2: /* the same once more, somewhere */
            step = sequence->step[at];
            insert_step(sequence, below(sequence->steps + 1u), &step);
            break;
        case 3:
            if (sequence->steps > 1)
                remove_step(sequence, at);
            break;
        default:
            change_step(&sequence->step[at]);
            break;
        }
    }
}

/* Steps of another sequence are put behind. */
static void graft(struct sequence *sequence, const struct sequence *other)
{
    for (unsigned i = below(other->steps); i < other->steps; i++)
        insert_step(sequence, sequence->steps, &other->step[i]);
}

/* The last step by a function that does much the same, of the least alignment. */
static void change_last(struct sequence *sequence, uint8_t function)
{
    struct step *last = &sequence->step[sequence->steps - 1];
    if (last->function == F_MALLOC || last->function == F_CALLOC || last->function == F_REALLOC)
        last->align_shift = 0;
    last->function = function;
}

static void change_region(struct sequence *sequence)
{
    unsigned room = sequence->room < sequence->region ? sequence->room : sequence->region;
    sequence->region = (uint8_t)below(region_count);
    sequence->room = (uint8_t)(room < sequence->region && below(4) != 0 ? room : below(sequence->region + 1u));
}

/* --- searching --- */

static enum function pick_function(void)
{
    unsigned sum = 0;
    for (unsigned function = 0; function < FUNCTIONS; function++)
        sum += weights[function];
    unsigned left = below(sum), function = 0;
    for (; left >= weights[function]; function++)
        left -= weights[function];
    return (enum function)function;
}

/* One of the kept; NULL if there is none at the place that chance chose. */
static const struct sequence *pick_kept(void)
{
    const struct kept *one = &kept[below(3) == 0 ? HEAPS_SEVERAL : HEAPS_ONE][pick_function()][below(KEPT)];
    return one->peak.instructions != 0 && one->sequence.steps != 0 ? &one->sequence : NULL;
}

static void search(void)
{
    for (unsigned state = 0; state < state_count; state++)
        try_on_all_regions(states[state]);
    while (work_done < work_most / 4 * 3) {
        static struct sequence sequence;
        const struct sequence *parent = below(NEW_IN) == 0 ? NULL : pick_kept();
        const struct sequence *other = pick_kept();
        if (parent != NULL) {
            sequence = *parent;
            if (below(GRAFT_IN) == 0 && other != NULL)
                graft(&sequence, other);
            if (below(RELATIVE_IN) == 0)
                change_last(&sequence, relatives[below(sizeof relatives)]);
            change(&sequence);
        } else {
            random_sequence(&sequence);
        }
        if (parent == NULL || below(SIZE_IN) == 0)
            change_region(&sequence);
        try(&sequence);
    }
}

/* What is bad for one function may be as bad for another. */
static void try_relatives(enum heaps heaps, enum function function)
{
    static struct sequence sequence;
    for (unsigned i = 0; i < sizeof relatives; i++) {
        if (kept[heaps][function][0].sequence.steps == 0)
            return;
        sequence = kept[heaps][function][0].sequence;
        change_last(&sequence, relatives[i]);
        try(&sequence);
    }
}

/* --- showing --- */

/* Steps and calls that the best do not need are left out. */
static void shorten(enum heaps heaps, enum function function)
{
    static struct sequence sequence;
    const struct kept *best = &kept[heaps][function][0];
    for (unsigned round = 0; round < SHORTEN_ROUNDS; round++)
        for (unsigned at = best->sequence.steps; at-- > 0;) {
            if (at >= best->sequence.steps)
                continue;
            if (work_done > work_most)
                return;
            sequence = best->sequence;
            if (sequence.steps > 1) {
                remove_step(&sequence, at);
                try(&sequence);
            }
            for (unsigned part = 2; part <= 16 && at < best->sequence.steps; part *= 2) {
                sequence = best->sequence;
                unsigned count = sequence.step[at].count;
                sequence.step[at].count = (uint16_t)(count - count / part);
                if (sequence.step[at].count != count)
                    try(&sequence);
            }
        }
}

static void show(enum heaps heaps, enum function function)
{
    static struct peaks peaks;
    const struct kept *best = &kept[heaps][function][0];
    if (best->peak.instructions == 0)
        return;
    sequence_run(&best->sequence, &peaks, 0, NULL);
    if (peaks.of[heaps][function].instructions != best->peak.instructions) {
        print_text("worst: a sequence did not take the same a second time\n");
        machine_exit(1);
    }
    print_text("row\t");
    print_text(function_names[function]);
    print_text("\t");
    print_text(heaps_names[heaps]);
    print_text("\t");
    print_plain(best->peak.instructions);
    print_text("\t");
    print_plain(region_bytes[best->sequence.region]);
    print_text("\t");
    print_plain(most_on[heaps][function][0]);
    print_text("\t");
    print_plain(most_on[heaps][function][region_count - 1]);
    print_text("\t");
    if (best->peak.call == 0)
        print_text("no heap yet");
    else
        sequence_run(&best->sequence, &peaks, best->peak.call, describe_call);
    print_text("\nsteps\t");
    print_text(function_names[function]);
    print_text("\t");
    print_text(heaps_names[heaps]);
    print_text("\tseed ");
    print_plain(best->sequence.seed);
    print_text(": ");
    describe_steps(&best->sequence);
    print_text("\n");
}

int main(void)
{
    if (!sequence_init()) {
        print_text("worst: no memory, or copying and clearing do not grow evenly with the bytes\n");
        return 1;
    }
    while (region_bytes[region_count] != 0)
        region_count++;
    dice = (uint32_t)(uintptr_t)WORST_SEED * 2 + 1;
    work_most = (uint64_t)(uintptr_t)WORST_MILLIONS * 1000000;
    search();
    for (unsigned heaps = 0; heaps < HEAPS; heaps++)
        for (unsigned function = 0; function < FUNCTIONS; function++)
            try_relatives((enum heaps)heaps, (enum function)function);
    for (unsigned heaps = 0; heaps < HEAPS; heaps++)
        for (unsigned function = 0; function < FUNCTIONS; function++)
            if (kept[heaps][function][0].peak.instructions != 0)
                shorten((enum heaps)heaps, (enum function)function);
    for (unsigned heaps = 0; heaps < HEAPS; heaps++)
        for (unsigned function = 0; function < FUNCTIONS; function++)
            try_on_all_regions(kept[heaps][function][0].sequence);
    for (unsigned function = 0; function <= F_CREATE; function++) {
        enum function refused = function_refused((enum function)function);
        for (unsigned heaps = 0; heaps < HEAPS; heaps++)
            show((enum heaps)heaps, (enum function)function);
        for (unsigned heaps = 0; heaps < HEAPS && refused != FUNCTIONS; heaps++)
            show((enum heaps)heaps, refused);
    }
    print_text("payload\t");
    print_plain(payload_clear_instructions());
    print_text("\t");
    print_plain(payload_copy_instructions());
    print_text("\nsearched\t");
    print_plain((size_t)calls_made);
    print_text("\n");
    return 0;
}
